"""Cases per hour: how fast the work goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialSummary
from analysis.core.selection import seen_ms
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class CasesPerHour(TrialSummary):
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
    unit = "cases per hour"
    bounds = (0.0, None)
    higher_is_better = True
    requires = ("participant_id", "rt_ms")
    reference = "Vandierendonck 2017, https://doi.org/10.3758/s13428-016-0721-5"
    scale = "log"

    @classmethod
    def usable(cls, trials: pd.DataFrame) -> pd.DataFrame:
        known = trials[["participant_id"]].assign(gain=1.0, hours=seen_ms(trials) / 3_600_000)
        # Sorted, because the last digit of a sum depends on the order of its terms.
        return known.dropna().sort_values(["hours", "gain"])

    @classmethod
    def summarise(cls, usable: pd.DataFrame) -> pd.Series[float]:
        sums = usable.groupby("participant_id")[["gain", "hours"]].sum()
        return sums["gain"] / sums["hours"]
