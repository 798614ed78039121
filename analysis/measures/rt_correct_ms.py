"""Response time of right decisions: the sensitivity analysis of the response time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import counted, is_true, seen_ms
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class ResponseTimeCorrect(Measure):
    """Geometric mean of the time in which the page could be seen, over right decisions only.

    ``exp(mean(log(rt_ms - hidden_ms)))`` over decision trials with h1 = y; contrasts are ratios of
    geometric means.

    Notes
    -----
    Which trials are right is a result of the condition: this is a sensitivity analysis beside `rt_ms`,
    never the primary. A trial without time left above 0 ms is no opportunity.

    References
    ----------
    .. [1] Whelan (2008). Effective analysis of reaction time data. The Psychological Record 58,
       475-482. https://doi.org/10.1007/BF03395630

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": "p1", "rt_ms": [1000.0, 4000.0, 9.0], "correct": [True, True, False]})
    >>> ResponseTimeCorrect.compute(trials).round(6).tolist()
    [2000.0]
    """

    name = "rt_correct_ms"
    version = "1"
    label = "Response time of right decisions"
    family = "speed"
    level = "trial"
    unit = "ms"
    bounds = (0.0, None)
    higher_is_better = False
    requires = ("participant_id", "rt_ms", "correct")
    reference = "Whelan 2008, https://doi.org/10.1007/BF03395630"
    scale = "log"

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        import numpy as np

        times = cls._times(table)
        logs: pd.Series[float] = np.log(times["ms"]).groupby(times["participant_id"]).mean()
        return logs.map(np.exp).reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        counts = cls._times(table).groupby("participant_id").size()
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)

    @classmethod
    def _times(cls, table: pd.DataFrame) -> pd.DataFrame:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        found = trials[["participant_id"]].assign(ms=seen_ms(trials))[is_true(trials, "correct")]
        # Sorted, because the last digit of a sum depends on the order of its terms.
        return found[found["ms"].notna()].sort_values("ms")
