"""Speed and accuracy together: one point for each condition."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.tabulation import Tabulation, groups
from analysis.measures import tabulations
from analysis.measures._comparison import mean_interval
from analysis.measures.accuracy import Accuracy
from analysis.measures.rt_ms import ResponseTime

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class SpeedAccuracy(Tabulation):
    """Accuracy and geometric mean response time of each condition, with intervals, and how the two go together.

    Notes
    -----
    Speed alone is not utility: following the AI blindly is fast. Participants with both values count.
    ``correlation`` is that of accuracy and log time over participants; above 0 those who take time
    decide better. Missing intervals: fewer than two participants or no variance.

    References
    ----------
    .. [1] Liesefeld & Janczyk (2019). Combining speed and accuracy to control for speed-accuracy
       trade-offs(?). Behav. Res. Methods 51, 40-60. https://doi.org/10.3758/s13428-018-1076-x

    Examples
    --------
    >>> import pandas as pd
    >>> who = {"participant_id": ["p1", "p2"], "condition": "ai"}
    >>> found = SpeedAccuracy.compute(pd.DataFrame({**who, "rt_ms": [1000.0, 4000.0], "correct": [False, True]}))
    >>> found[["accuracy", "rt_ms", "n"]].round(6).to_dict("records")
    [{'accuracy': 0.5, 'rt_ms': 2000.0, 'n': 2}]
    """

    name = "speed_accuracy"
    version = "1"
    label = "Speed and accuracy"
    family = "speed"
    unit = "proportion and ms"
    requires = ("participant_id", "rt_ms", "correct")
    reference = "Liesefeld & Janczyk 2019, https://doi.org/10.3758/s13428-018-1076-x"
    columns = {
        "accuracy": "mean over participants, proportion",
        "accuracy_low": "lower 95 % limit",
        "accuracy_high": "upper 95 % limit",
        "rt_ms": "geometric mean over participants, ms",
        "rt_ms_low": "lower 95 % limit, ms",
        "rt_ms_high": "upper 95 % limit, ms",
        "correlation": "of accuracy and log time over participants",
        "n": "participants with both",
        "n_undefined": "participants without",
    }

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str) -> Iterator[dict[str, Any]]:
        import numpy as np

        for group, rows in groups(table, by=by):
            right, time = Accuracy.compute(rows), ResponseTime.compute(rows).map(np.log)
            known = right.notna() & time.notna()
            accuracy, log_ms = mean_interval(right[known]), mean_interval(time[known])
            vary = bool(known.sum() > 2 and right[known].nunique() > 1 and time[known].nunique() > 1)
            yield {
                by: group,
                "accuracy": accuracy["value"],
                "accuracy_low": accuracy["low"],
                "accuracy_high": accuracy["high"],
                "rt_ms": math.exp(log_ms["value"]),
                "rt_ms_low": math.exp(log_ms["low"]),
                "rt_ms_high": math.exp(log_ms["high"]),
                "correlation": float(right[known].corr(time[known])) if vary else math.nan,
                "n": int(known.sum()),
                "n_undefined": int((~known).sum()),
            }
