"""Payoff per minute: what a minute of deciding yields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialSummary
from analysis.core.selection import seen_ms
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class PayoffPerMinute(TrialSummary):
    """All payoff over all decision trials divided by all time in which their page could be seen, in minutes.

    Notes
    -----
    A ratio of sums, not a mean of ratios: a short trial does not weigh more than its time. Trials
    without a score or a time above 0 are left out of both sums. With a payoff of 1 for right and 0 for
    wrong it is the rate-correct score.

    References
    ----------
    .. [1] Vandierendonck (2017). A comparison of methods to combine speed and accuracy measures of
       performance. Behav. Res. Methods 49, 653-673. https://doi.org/10.3758/s13428-016-0721-5

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": "p1", "score": [1.0, 0.0, 1.0], "rt_ms": [30000.0, 30000.0, None]})
    >>> PayoffPerMinute.compute(trials).tolist()
    [1.0]
    """

    name = "payoff_per_minute"
    version = "1"
    label = "Payoff per minute"
    family = "speed"
    unit = "points of the payoff per minute"
    bounds = (None, None)
    higher_is_better = True
    requires = ("participant_id", "score", "rt_ms")
    reference = "Vandierendonck 2017, https://doi.org/10.3758/s13428-016-0721-5"

    @classmethod
    def usable(cls, trials: pd.DataFrame) -> pd.DataFrame:
        known = trials[["participant_id"]].assign(
            gain=trials["score"].astype(float), minutes=seen_ms(trials) / 60_000
        )
        # Sorted, because the last digit of a sum depends on the order of its terms.
        return known.dropna().sort_values(["minutes", "gain"])

    @classmethod
    def summarise(cls, usable: pd.DataFrame) -> pd.Series[float]:
        sums = usable.groupby("participant_id")[["gain", "minutes"]].sum()
        return sums["gain"] / sums["minutes"]
