"""BIS: speed and accuracy with equal weight, in standard deviations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.measures import registry
from analysis.measures._speed_accuracy import speed_and_accuracy

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Bis(Measure):
    """Balanced integration score: z(share right) - z(mean time of right decisions), over all participants.

    Both are standardised (divisor n) over the participants of the table who have both, whatever their
    condition.

    Notes
    -----
    A relative score: it changes with who else is in the table, so that values of different tables
    cannot be compared. Missing without a right decision, and for all when either part does not vary. It
    was the least sensitive of its kind to trade-offs of speed against accuracy.

    References
    ----------
    .. [1] Liesefeld & Janczyk (2019). Combining speed and accuracy to control for speed-accuracy
       trade-offs(?). Behav. Res. Methods 51, 40-60. https://doi.org/10.3758/s13428-018-1076-x

    Examples
    --------
    >>> import pandas as pd
    >>> answers = {"rt_ms": [1000.0, 1000.0, 2000.0, 900.0], "correct": [True, True, True, False]}
    >>> Bis.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2", "p2"], **answers})).tolist()
    [2.0, -2.0]
    """

    name = "bis"
    version = "1"
    label = "Balanced integration score"
    family = "speed"
    level = "trial"
    unit = "standard deviations"
    bounds = (None, None)
    higher_is_better = True
    requires = ("participant_id", "rt_ms", "correct")
    reference = "Liesefeld & Janczyk 2019, https://doi.org/10.3758/s13428-018-1076-x"

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        check_columns(cls, table)
        known = speed_and_accuracy(table).dropna(subset=["ms", "errors"]).sort_index()
        right, time = 1 - known["errors"], known["ms"]
        spread = [part.std(ddof=0) if part.nunique() > 1 else float("nan") for part in (right, time)]
        score = (right - right.mean()) / spread[0] - (time - time.mean()) / spread[1]
        return score.reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        check_columns(cls, table)
        counts = speed_and_accuracy(table)["trials"]
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)
