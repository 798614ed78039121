"""Forward simulation, balanced: cases on which the AI is right and wrong weigh the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialSummary
from analysis.core.selection import SIMULATION_PROTOCOLS, is_true
from analysis.measures import registry
from analysis.measures._phases import agrees_with_ai

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class ForwardSimulationBalanced(TrialSummary):
    """Mean of the shares of right guesses of the AI where it is right and where it is wrong.

    ``(P(guess = f | f = y) + P(guess = f | f != y)) / 2``, over forward-simulation trials.

    Notes
    -----
    Guessing the truth scores 1/2 however accurate the AI is. Missing unless there are trials of both
    kinds; those on which the AI is wrong are few unless the cases were balanced, so read the count.

    References
    ----------
    .. [1] Hase & Bansal (2020). Evaluating explainable AI: which algorithmic explanations help
       users predict model behavior? ACL. https://doi.org/10.18653/v1/2020.acl-main.491
    .. [2] Doshi-Velez & Kim (2017). Towards a rigorous science of interpretable machine learning.
       https://doi.org/10.48550/arXiv.1702.08608

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response": list("abaa"), "ai_prediction": list("abba"), "ai_correct": [True, True, False, False]}
    >>> trials = pd.DataFrame({"participant_id": "p1", "protocol": "forward_simulation", **said})
    >>> ForwardSimulationBalanced.compute(trials).tolist()
    [0.75]
    """

    name = "forward_simulation_balanced"
    version = "1"
    label = "Forward simulation, balanced"
    family = "understanding"
    unit = "proportion"
    bounds = (0.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "protocol", "response", "ai_prediction", "ai_correct")
    reference = "Hase & Bansal 2020, https://doi.org/10.18653/v1/2020.acl-main.491"
    protocols = SIMULATION_PROTOCOLS

    @classmethod
    def usable(cls, trials: pd.DataFrame) -> pd.DataFrame:
        return trials[trials[["response", "ai_prediction", "ai_correct"]].notna().all(axis=1)]

    @classmethod
    def summarise(cls, usable: pd.DataFrame) -> pd.Series[float]:
        ai = is_true(usable, "ai_correct").rename("ai")
        shares = agrees_with_ai(usable).groupby([usable["participant_id"], ai]).mean().unstack()
        return shares.reindex(columns=[False, True]).mean(axis=1, skipna=False)
