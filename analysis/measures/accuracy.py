"""Accuracy: the share of decisions that are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Accuracy(TrialRate):
    """Share of answered decision trials in which the final decision is the truth: mean of 1[response = truth].

    Notes
    -----
    The mix of cases fixes the level: compare conditions only on the same mix. Accuracy may rise only because
    people follow the AI more: read it beside `agreement`. Trials of simulation protocols never count: there
    ``correct`` means agreement with the AI.

    References
    ----------
    .. [1] Bansal et al. (2021). Does the whole exceed its parts? CHI '21. https://doi.org/10.1145/3411764.3445717

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": ["p1", "p1", "p2"], "correct": [True, False, None]})
    >>> Accuracy.compute(trials).tolist()
    [0.5, nan]
    """

    name = "accuracy"
    version = "1"
    label = "Accuracy"
    family = "decision quality"
    higher_is_better = True
    requires = ("participant_id", "correct")
    reference = "Bansal et al. 2021, https://doi.org/10.1145/3411764.3445717"

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct"].astype(bool)
