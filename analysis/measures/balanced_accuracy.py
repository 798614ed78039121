"""Balanced accuracy: every class of truth weighs the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialSummary
from analysis.core.selection import truths
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class BalancedAccuracy(TrialSummary):
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
    unit = "proportion"
    bounds = (0.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "ground_truth", "correct")
    reference = "Brodersen et al. 2010, https://doi.org/10.1109/ICPR.2010.764"

    @classmethod
    def usable(cls, trials: pd.DataFrame) -> pd.DataFrame:
        return trials[trials["correct"].notna() & trials["ground_truth"].notna()]

    @classmethod
    def summarise(cls, usable: pd.DataFrame) -> pd.Series[float]:
        recall = truths(usable["correct"]).groupby([usable["participant_id"], usable["ground_truth"]]).mean()
        return recall.unstack().mean(axis=1, skipna=False)
