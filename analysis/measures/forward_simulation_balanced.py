"""Forward simulation, balanced: cases on which the AI is right and wrong weigh the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import SIMULATION_PROTOCOLS, counted, is_true
from analysis.measures import registry
from analysis.measures._phases import agrees_with_ai

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class ForwardSimulationBalanced(Measure):
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
    level = "trial"
    unit = "proportion"
    bounds = (0.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "protocol", "response", "ai_prediction", "ai_correct")
    reference = "Hase & Bansal 2020, https://doi.org/10.18653/v1/2020.acl-main.491"
    protocols = SIMULATION_PROTOCOLS

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        known = cls._known(table)
        ai = is_true(known, "ai_correct").rename("ai")
        shares = agrees_with_ai(known).groupby([known["participant_id"], ai]).mean().unstack()
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
        return trials[trials[["response", "ai_prediction", "ai_correct"]].notna().all(axis=1)]
