"""Deferral value: what choosing whom to leave the decision to is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialMean
from analysis.core.selection import DEFERRAL_PROTOCOLS
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class DeferralValue(TrialMean):
    """Mean payoff of deferral trials, costs paid, beyond that of always accepting the AI: score - cost - score_ai.

    Notes
    -----
    In the unit of the payoff. ``score`` is the payoff of the outcome of the trial, ``score_ai`` what
    the AI's decision would have had, ``cost`` the price of escalating (missing: 0). Above 0: choosing
    is worth more than a workflow without people. A trial without either score is no opportunity.

    References
    ----------
    .. [1] Mozannar & Sontag (2020). Consistent estimators for learning to defer to an expert. ICML.
       https://doi.org/10.48550/arXiv.2006.01862
    .. [2] Hemmer et al. (2023). Human-AI collaboration: the effect of AI delegation on human task
       performance and task satisfaction. IUI '23. https://doi.org/10.1145/3581641.3584052

    Examples
    --------
    >>> import pandas as pd
    >>> worth = {"score": [1.0, 1.0, None], "score_ai": [0.0, 1.0, 1.0], "cost": [0.25, 0.0, 0.0]}
    >>> trials = pd.DataFrame({"participant_id": ["p1", "p1", "p2"], "protocol": "deferral", **worth})
    >>> DeferralValue.compute(trials).tolist()
    [0.375, nan]
    """

    name = "deferral_value"
    version = "1"
    label = "Deferral value"
    family = "decision quality"
    unit = "points of the payoff"
    bounds = (None, None)
    higher_is_better = True
    requires = ("participant_id", "protocol", "score", "score_ai")
    uses = ("cost",)
    reference = "Mozannar & Sontag 2020, https://doi.org/10.48550/arXiv.2006.01862"
    protocols = DEFERRAL_PROTOCOLS

    @classmethod
    def values(cls, trials: pd.DataFrame) -> pd.Series[float]:
        gain = trials["score"].astype(float) - trials["score_ai"].astype(float)
        return gain - trials["cost"].astype(float).fillna(0.0) if "cost" in trials.columns else gain
