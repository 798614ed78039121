"""LISAS: response time with a penalty for errors, in ms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.measures import registry
from analysis.measures._speed_accuracy import speed_and_accuracy

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Lisas(Measure):
    """Linear integrated speed-accuracy score: T_c + PE S_T / S_PE, of each participant.

    T_c: mean time of right decisions; PE: share of errors; S_T, S_PE: standard deviations (divisor n -
    1) of the times of right decisions and of the errors (0 or 1).

    Notes
    -----
    Without errors it is T_c. Missing without a right decision, and with errors but fewer than two right
    decisions. It does not cancel a trade-off of speed against accuracy, only `bis` nearly does. Times
    are those in which the page could be seen.

    References
    ----------
    .. [1] Vandierendonck (2017). A comparison of methods to combine speed and accuracy measures of
       performance. Behav. Res. Methods 49, 653-673. https://doi.org/10.3758/s13428-016-0721-5

    Examples
    --------
    >>> import pandas as pd
    >>> answers = {"rt_ms": [1000.0, 3000.0, 500.0], "correct": [True, True, False]}
    >>> Lisas.compute(pd.DataFrame({"participant_id": "p1", **answers})).round(6).tolist()
    [2816.496581]
    """

    name = "lisas"
    version = "1"
    label = "LISAS"
    family = "speed"
    level = "trial"
    unit = "ms"
    bounds = (0.0, None)
    higher_is_better = False
    requires = ("participant_id", "rt_ms", "correct")
    reference = "Vandierendonck 2017, https://doi.org/10.3758/s13428-016-0721-5"

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        check_columns(cls, table)
        found = speed_and_accuracy(table)
        penalty = found["errors"] * found["ms_sd"] / found["errors_sd"].where(found["errors_sd"] > 0)
        score = found["ms"] + penalty.where(found["errors"] > 0, 0.0)
        return score.reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        check_columns(cls, table)
        counts = speed_and_accuracy(table)["trials"]
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)
