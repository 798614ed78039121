"""Response time: the geometric mean of the time in which the page could be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import counted, seen_ms
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class ResponseTime(Measure):
    """Geometric mean, over decision trials, of the time from first paint to the final decision less hidden time.

    ``exp(mean(log(rt_ms - hidden_ms)))`` for each participant; contrasts are taken on the log scale and
    reported as ratios of geometric means.

    Notes
    -----
    A trial whose remaining time is missing or not above 0 ms is no opportunity. Speed alone is not utility:
    over-reliance is fast. Read it beside accuracy.

    References
    ----------
    .. [1] Whelan (2008). Effective analysis of reaction time data. The Psychological Record 58, 475-482.
       https://doi.org/10.1007/BF03395630

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": ["p1", "p1"], "rt_ms": [1000.0, 4500.0], "hidden_ms": [0.0, 500.0]})
    >>> ResponseTime.compute(trials).round(6).tolist()
    [2000.0]
    """

    name = "rt_ms"
    version = "1"
    label = "Response time"
    family = "speed"
    level = "trial"
    unit = "ms"
    bounds = (0.0, None)
    higher_is_better = False
    requires = ("participant_id", "rt_ms")
    reference = "Whelan 2008, https://doi.org/10.1007/BF03395630"
    scale = "log"

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        import numpy as np

        times = cls._times(table)
        # Sorted, because the last digit of a sum depends on the order of its terms.
        times = times.sort_values("seen_ms")
        logs: pd.Series[float] = np.log(times["seen_ms"]).groupby(times["participant_id"]).mean()
        return logs.map(np.exp).reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        counts = cls._times(table).groupby("participant_id").size()
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)

    @classmethod
    def _times(cls, table: pd.DataFrame) -> pd.DataFrame:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        seen = seen_ms(trials)
        return trials[["participant_id"]].assign(seen_ms=seen)[seen.notna()]
