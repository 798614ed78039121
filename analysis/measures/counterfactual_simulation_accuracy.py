"""Counterfactual simulation: saying what the AI will say of a changed case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import COUNTERFACTUAL_PROTOCOLS, same
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class CounterfactualSimulationAccuracy(TrialRate):
    """Share of right guesses of the AI's prediction for a changed case: P(guess = f(x')).

    Notes
    -----
    Trials of the protocol ``counterfactual_simulation``: people see x, f(x) and the explanation and
    predict f(x'); ``ai_prediction`` is f(x'). If few changes flip the prediction, "it stays the same"
    scores high: half of them must flip, or take `counterfactual_simulation_balanced`.

    References
    ----------
    .. [1] Doshi-Velez & Kim (2017). Towards a rigorous science of interpretable machine learning.
       https://doi.org/10.48550/arXiv.1702.08608
    .. [2] Chen et al. (2023). Do models explain themselves? Counterfactual simulatability of
       natural language explanations. https://doi.org/10.48550/arXiv.2307.08678

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"protocol": "counterfactual_simulation", "response": ["a", "b", None], "ai_prediction": "a"}
    >>> CounterfactualSimulationAccuracy.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **said})).tolist()
    [0.5, nan]
    """

    name = "counterfactual_simulation_accuracy"
    version = "1"
    label = "Counterfactual-simulation accuracy"
    family = "understanding"
    higher_is_better = True
    requires = ("participant_id", "protocol", "response", "ai_prediction")
    reference = "Doshi-Velez & Kim 2017, https://doi.org/10.48550/arXiv.1702.08608"
    protocols = COUNTERFACTUAL_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["response"].notna() & trials["ai_prediction"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return same(trials["response"], trials["ai_prediction"])
