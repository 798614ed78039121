"""Inverse efficiency: time of right decisions divided by the share that is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.measures import registry
from analysis.measures._speed_accuracy import speed_and_accuracy

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Ies(Measure):
    """Inverse efficiency score: T_c / PC, mean time of right decisions over the share right, of each participant.

    Notes
    -----
    Use it only where the share right is above 0.9: below, errors weigh far too much, and it is harder
    to interpret than its parts. `bis` and `lisas` are better. Missing without a right decision. Times
    are those in which the page could be seen.

    References
    ----------
    .. [1] Bruyer & Brysbaert (2011). Combining speed and accuracy in cognitive psychology: is the
       inverse efficiency score (IES) a better dependent variable than the mean reaction time (RT)
       and the percentage of errors (PE)? Psychol. Belg. 51, 5-13. https://doi.org/10.5334/pb-51-1-5

    Examples
    --------
    >>> import pandas as pd
    >>> answers = {"rt_ms": [1000.0, 3000.0, 500.0, 500.0], "correct": [True, True, False, False]}
    >>> Ies.compute(pd.DataFrame({"participant_id": "p1", **answers})).tolist()
    [4000.0]
    """

    name = "ies"
    version = "1"
    label = "Inverse efficiency score"
    family = "speed"
    level = "trial"
    unit = "ms"
    bounds = (0.0, None)
    higher_is_better = False
    requires = ("participant_id", "rt_ms", "correct")
    reference = "Bruyer & Brysbaert 2011, https://doi.org/10.5334/pb-51-1-5"
    scale = "log"

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        check_columns(cls, table)
        found = speed_and_accuracy(table)
        right = 1 - found["errors"]
        return (found["ms"] / right.where(right > 0)).reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        check_columns(cls, table)
        counts = speed_and_accuracy(table)["trials"]
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)
