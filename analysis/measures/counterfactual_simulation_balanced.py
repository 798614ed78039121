"""Counterfactual simulation, balanced: flips and stays of the prediction weigh the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import COUNTERFACTUAL_PROTOCOLS, counted, same
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class CounterfactualSimulationBalanced(Measure):
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
    level = "trial"
    unit = "proportion"
    bounds = (0.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "protocol", "response", "ai_prediction", "ai_prediction_original")
    reference = "Chen et al. 2023, https://doi.org/10.48550/arXiv.2307.08678"
    protocols = COUNTERFACTUAL_PROTOCOLS

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        known = cls._known(table)
        right = same(known["response"], known["ai_prediction"]).astype(float)
        flips = ~same(known["ai_prediction"], known["ai_prediction_original"])
        shares = right.groupby([known["participant_id"], flips.rename("flips")]).mean().unstack()
        mean = shares.reindex(columns=[False, True]).mean(axis=1, skipna=False)
        return mean.reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        counts = cls._known(table).groupby("participant_id").size()
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)

    @classmethod
    def _known(cls, table: pd.DataFrame) -> pd.DataFrame:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        return trials[trials[["response", "ai_prediction", "ai_prediction_original"]].notna().all(axis=1)]
