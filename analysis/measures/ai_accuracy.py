"""Accuracy of the AI alone, on the cases that a participant judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class AiAccuracy(TrialRate):
    """Share of answered decision trials in which the AI is right, whether or not it was shown: P(a = y).

    Notes
    -----
    A property of the cases, not of people: conditions can only be compared where it is alike. It is the
    AI that `synergy` is held against.

    References
    ----------
    .. [1] Vaccaro, Almaatouq & Malone (2024). When combinations of humans and AI are useful. Nat.
       Hum. Behav. 8, 2293-2303. https://doi.org/10.1038/s41562-024-02024-1

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": ["p1", "p1", "p2"], "ai_correct": [True, False, None]})
    >>> AiAccuracy.compute(trials).tolist()
    [0.5, nan]
    """

    name = "ai_accuracy"
    version = "1"
    label = "Accuracy of the AI alone"
    family = "decision quality"
    higher_is_better = None
    requires = ("participant_id", "ai_correct")
    reference = "Vaccaro et al. 2024, https://doi.org/10.1038/s41562-024-02024-1"

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["ai_correct"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["ai_correct"].astype(bool)
