"""Cases per hour: how fast the work goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import counted, seen_ms
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class CasesPerHour(Measure):
    """Decision trials divided by all time in which their page could be seen, in hours.

    Notes
    -----
    Only trials with a time above 0 count. Speed alone is not utility: following the AI blindly is the
    fastest way to work.

    References
    ----------
    .. [1] Vandierendonck (2017). A comparison of methods to combine speed and accuracy measures of
       performance. Behav. Res. Methods 49, 653-673. https://doi.org/10.3758/s13428-016-0721-5

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": "p1", "rt_ms": [20000.0, 40000.0, None]})
    >>> CasesPerHour.compute(trials).round(6).tolist()
    [120.0]
    """

    name = "cases_per_hour"
    version = "1"
    label = "Cases per hour"
    family = "speed"
    level = "trial"
    unit = "cases per hour"
    bounds = (0.0, None)
    higher_is_better = True
    requires = ("participant_id", "rt_ms")
    reference = "Vandierendonck 2017, https://doi.org/10.3758/s13428-016-0721-5"
    scale = "log"

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        sums = cls._known(table).groupby("participant_id")[["gain", "hours"]].sum()
        return (sums["gain"] / sums["hours"]).reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        counts = cls._known(table).groupby("participant_id").size()
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)

    @classmethod
    def _known(cls, table: pd.DataFrame) -> pd.DataFrame:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        known = trials[["participant_id"]].assign(gain=1.0, hours=seen_ms(trials) / 3_600_000)
        # Sorted, because the last digit of a sum depends on the order of its terms.
        return known.dropna().sort_values(["hours", "gain"])
