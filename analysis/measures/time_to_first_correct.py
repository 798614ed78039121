"""Time to first correct: how long until the first right decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import counted, is_true, seen_ms
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class TimeToFirstCorrect(Measure):
    """Time in which pages could be seen, summed over decision trials up to and with the first right one, in s.

    Notes
    -----
    Trials are taken in the order of ``block_index`` and ``trial_index``. A participant who is never
    right, or has an unknown time on the way, is missing: such a mean looks better than it is, so read
    the count of the missing.

    References
    ----------
    .. [1] Vandierendonck (2017). A comparison of methods to combine speed and accuracy measures of
       performance. Behav. Res. Methods 49, 653-673. https://doi.org/10.3758/s13428-016-0721-5

    Examples
    --------
    >>> import pandas as pd
    >>> order = {"participant_id": "p1", "block_index": 1, "trial_index": [0, 1, 2]}
    >>> trials = pd.DataFrame({**order, "correct": [False, True, True], "rt_ms": [4000.0, 2000.0, 9000.0]})
    >>> TimeToFirstCorrect.compute(trials).tolist()
    [6.0]
    """

    name = "time_to_first_correct"
    version = "1"
    label = "Time to first right decision"
    family = "speed"
    level = "participant"
    unit = "s"
    bounds = (0.0, None)
    higher_is_better = False
    requires = ("participant_id", "block_index", "trial_index", "correct", "rt_ms")
    reference = "Vandierendonck 2017, https://doi.org/10.3758/s13428-016-0721-5"
    scale = "log"

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        trials = trials.sort_values(["participant_id", "block_index", "trial_index"])
        right = is_true(trials, "correct")
        person = trials["participant_id"]
        before = right.astype(int).groupby(person).cumsum() - right.astype(int) == 0
        way = (seen_ms(trials) / 1000)[before]
        total = way.groupby(person[before]).agg(lambda times: times.sum(skipna=False))
        ever = right.groupby(person).any()
        return total.where(ever.reindex(total.index)).reindex(everybody(table)).astype(float).rename(cls.name)
