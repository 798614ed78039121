"""Payoff per minute: what a minute of deciding yields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import counted, seen_ms
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class PayoffPerMinute(Measure):
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
    level = "trial"
    unit = "points of the payoff per minute"
    bounds = (None, None)
    higher_is_better = True
    requires = ("participant_id", "score", "rt_ms")
    reference = "Vandierendonck 2017, https://doi.org/10.3758/s13428-016-0721-5"

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        sums = cls._known(table).groupby("participant_id")[["gain", "minutes"]].sum()
        return (sums["gain"] / sums["minutes"]).reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        counts = cls._known(table).groupby("participant_id").size()
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)

    @classmethod
    def _known(cls, table: pd.DataFrame) -> pd.DataFrame:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        known = trials[["participant_id"]].assign(
            gain=trials["score"].astype(float), minutes=seen_ms(trials) / 60_000
        )
        # Sorted, because the last digit of a sum depends on the order of its terms.
        return known.dropna().sort_values(["minutes", "gain"])
