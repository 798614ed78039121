"""Distinction task: picking the right one among several explained outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import DISTINCTION_PROTOCOLS
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class DistinctionAccuracy(TrialRate):
    """Share of right picks among several explained outputs of the AI.

    Notes
    -----
    Chance is 1 / (number of outputs), 1/4 in the source; `against_chance` tests against it and reports
    right and wrong predictions apart.

    References
    ----------
    .. [1] Kim, Meister, Ramaswamy, Fong & Russakovsky (2022). HIVE: evaluating the human
       interpretability of visual explanations. ECCV. https://doi.org/10.1007/978-3-031-19775-8_17

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"protocol": "distinction", "correct": [True, False, None]}
    >>> DistinctionAccuracy.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **trials})).tolist()
    [0.5, nan]
    """

    name = "distinction_accuracy"
    version = "1"
    label = "Distinction-task accuracy"
    family = "understanding"
    higher_is_better = True
    requires = ("participant_id", "protocol", "correct")
    reference = "Kim et al. 2022, https://doi.org/10.1007/978-3-031-19775-8_17"
    protocols = DISTINCTION_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct"].astype(bool)
