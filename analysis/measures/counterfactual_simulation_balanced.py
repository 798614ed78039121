"""Counterfactual simulation, balanced: flips and stays of the prediction weigh the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialSummary
from analysis.core.selection import COUNTERFACTUAL_PROTOCOLS, same
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class CounterfactualSimulationBalanced(TrialSummary):
    """Mean of the shares of right guesses among changes that flip the prediction and among those that do not.

    ``(P(guess = f(x') | f(x') != f(x)) + P(guess = f(x') | f(x') = f(x))) / 2``.

    Notes
    -----
    "It stays the same" scores 1/2 however few changes flip. Missing unless both kinds have a trial.
    ``ai_prediction_original`` is f(x), ``ai_prediction`` is f(x').

    References
    ----------
    .. [1] Chen et al. (2023). Do models explain themselves? Counterfactual simulatability of
       natural language explanations. https://doi.org/10.48550/arXiv.2307.08678
    .. [2] Hase & Bansal (2020). Evaluating explainable AI: which algorithmic explanations help
       users predict model behavior? ACL. https://doi.org/10.18653/v1/2020.acl-main.491

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response": list("aba"), "ai_prediction": list("abb"), "ai_prediction_original": list("aaa")}
    >>> trials = pd.DataFrame({"participant_id": "p1", "protocol": "counterfactual_simulation", **said})
    >>> CounterfactualSimulationBalanced.compute(trials).tolist()
    [0.75]
    """

    name = "counterfactual_simulation_balanced"
    version = "1"
    label = "Counterfactual simulation, balanced"
    family = "understanding"
    unit = "proportion"
    bounds = (0.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "protocol", "response", "ai_prediction", "ai_prediction_original")
    reference = "Chen et al. 2023, https://doi.org/10.48550/arXiv.2307.08678"
    protocols = COUNTERFACTUAL_PROTOCOLS

    @classmethod
    def usable(cls, trials: pd.DataFrame) -> pd.DataFrame:
        return trials[trials[["response", "ai_prediction", "ai_prediction_original"]].notna().all(axis=1)]

    @classmethod
    def summarise(cls, usable: pd.DataFrame) -> pd.Series[float]:
        right = same(usable["response"], usable["ai_prediction"]).astype(float)
        flips = ~same(usable["ai_prediction"], usable["ai_prediction_original"])
        shares = right.groupby([usable["participant_id"], flips.rename("flips")]).mean().unstack()
        return shares.reindex(columns=[False, True]).mean(axis=1, skipna=False)
