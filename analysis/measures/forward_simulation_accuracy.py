"""Forward-simulation accuracy: saying beforehand what the AI will say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import SIMULATION_PROTOCOLS, same
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class ForwardSimulationAccuracy(TrialRate):
    """Share of guesses of the AI's prediction that are right: P(response = a) over forward-simulation trials.

    Notes
    -----
    Guessing the truth scores as high as the AI is accurate on the cases asked: balance cases by the AI's
    correctness.

    References
    ----------
    .. [1] Doshi-Velez & Kim (2017). Towards a rigorous science of interpretable machine learning.
       https://doi.org/10.48550/arXiv.1702.08608

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame(
    ...     {
    ...         "participant_id": ["p1", "p1", "p2"],
    ...         "protocol": ["forward_simulation", "forward_simulation", "decision"],
    ...         "response": ["a", "b", "a"],
    ...         "ai_prediction": ["a", "a", "a"],
    ...     }
    ... )
    >>> ForwardSimulationAccuracy.compute(trials).tolist()
    [0.5, nan]
    """

    name = "forward_simulation_accuracy"
    version = "1"
    label = "Forward-simulation accuracy"
    family = "understanding"
    higher_is_better = True
    requires = ("participant_id", "protocol", "response", "ai_prediction")
    reference = "Doshi-Velez & Kim 2017, https://doi.org/10.48550/arXiv.1702.08608"
    protocols = SIMULATION_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["response"].notna() & trials["ai_prediction"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return same(trials["response"], trials["ai_prediction"])
