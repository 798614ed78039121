"""Balanced accuracy: every class of truth weighs the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import counted, truths
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class BalancedAccuracy(Measure):
    """Mean over the classes of truth of the share of their cases that are decided rightly.

    ``(1/K) sum_k P(h1 = y | y = k)``; with two classes (sensitivity + specificity) / 2.

    Notes
    -----
    The classes are those that occur among the counted trials of the table. A participant who judged no
    case of a class is missing: the mean of the other classes would be another quantity. Guessing one
    class always gives 1 / K.

    References
    ----------
    .. [1] Brodersen, Ong, Stephan & Buhmann (2010). The balanced accuracy and its posterior
       distribution. ICPR, 3121-3124. https://doi.org/10.1109/ICPR.2010.764

    Examples
    --------
    >>> import pandas as pd
    >>> who = {"participant_id": ["p1", "p1", "p1", "p2"], "ground_truth": ["a", "a", "b", "a"]}
    >>> BalancedAccuracy.compute(pd.DataFrame({**who, "correct": [True, False, True, True]})).tolist()
    [0.75, nan]
    """

    name = "balanced_accuracy"
    version = "1"
    label = "Balanced accuracy"
    family = "decision quality"
    level = "trial"
    unit = "proportion"
    bounds = (0.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "ground_truth", "correct")
    reference = "Brodersen et al. 2010, https://doi.org/10.1109/ICPR.2010.764"

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        known = cls._known(table)
        recall = truths(known["correct"]).groupby([known["participant_id"], known["ground_truth"]]).mean()
        mean = recall.unstack().mean(axis=1, skipna=False)
        return mean.reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        counts = cls._known(table).groupby("participant_id").size()
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)

    @classmethod
    def _known(cls, table: pd.DataFrame) -> pd.DataFrame:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        return trials[trials["correct"].notna() & trials["ground_truth"].notna()]
