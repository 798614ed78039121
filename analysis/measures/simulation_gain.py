"""Simulation gain: predicting the AI better after learning from explanations than before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import LEARNING_PROTOCOLS, counted
from analysis.measures import registry
from analysis.measures._phases import agrees_with_ai, gain_between

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class SimulationGain(Measure):
    """Forward-simulation accuracy of the phase ``test`` less that of the phase ``pre``, within each participant.

    P(guess = a | test) - P(guess = a | pre), over trials of forward simulation and of learning.

    Notes
    -----
    Explanations belong into the phase ``learn`` only, and the cases tested must be new. Missing unless
    both phases have a trial. Practice alone raises it: compare it with the gain from unexplained
    examples. Balance the cases by the AI's correctness, or guessing the truth scores as well as
    understanding.

    References
    ----------
    .. [1] Hase & Bansal (2020). Evaluating explainable AI: which algorithmic explanations help
       users predict model behavior? ACL. https://doi.org/10.18653/v1/2020.acl-main.491

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"phase": ["pre", "pre", "test", "test"], "response": ["a", "b", "a", "a"], "ai_prediction": "a"}
    >>> trials = pd.DataFrame({"participant_id": "p1", "protocol": "forward_simulation", **said})
    >>> SimulationGain.compute(trials).tolist()
    [0.5]
    """

    name = "simulation_gain"
    version = "1"
    label = "Simulation gain"
    family = "understanding"
    level = "trial"
    unit = "difference of proportions"
    bounds = (-1.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "protocol", "phase", "response", "ai_prediction")
    reference = "Hase & Bansal 2020, https://doi.org/10.18653/v1/2020.acl-main.491"
    protocols = LEARNING_PROTOCOLS

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        gain = gain_between(trials, right=agrees_with_ai(trials), before="pre", after="test")["gain"]
        return gain.reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        counts = gain_between(trials, right=agrees_with_ai(trials), before="pre", after="test")["trials"]
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)
