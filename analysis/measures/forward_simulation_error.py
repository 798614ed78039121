"""Forward-simulation error: how far guesses of the AI's number are off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialMean
from analysis.core.selection import SIMULATION_PROTOCOLS, numbers
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class ForwardSimulationError(TrialMean):
    """Mean distance of the guess from what the AI says, |guess - f(x)|, over forward-simulation trials.

    Notes
    -----
    For predictions that are numbers, in their unit; guesses and predictions that are no numbers are no
    opportunity. For classes see `forward_simulation_accuracy`.

    References
    ----------
    .. [1] Poursabzi-Sangdeh et al. (2021). Manipulating and measuring model interpretability. CHI
       '21. https://doi.org/10.1145/3411764.3445315

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"protocol": "forward_simulation", "response": ["10", "14", "?"], "ai_prediction": ["11", "11", "11"]}
    >>> ForwardSimulationError.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **said})).tolist()
    [2.0, nan]
    """

    name = "forward_simulation_error"
    version = "1"
    label = "Forward-simulation error"
    family = "understanding"
    unit = "unit of the prediction"
    bounds = (0.0, None)
    higher_is_better = False
    requires = ("participant_id", "protocol", "response", "ai_prediction")
    reference = "Poursabzi-Sangdeh et al. 2021, https://doi.org/10.1145/3411764.3445315"
    protocols = SIMULATION_PROTOCOLS

    @classmethod
    def values(cls, trials: pd.DataFrame) -> pd.Series[float]:
        return (numbers(trials["response"]) - numbers(trials["ai_prediction"])).abs()
