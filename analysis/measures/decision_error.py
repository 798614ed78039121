"""Decision error: how far decisions that are numbers are off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialMean
from analysis.core.selection import DECISION_PROTOCOLS, numbers
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class DecisionError(TrialMean):
    """Mean distance of the final decision from the truth, |response - y|, over trials with a decision.

    Notes
    -----
    For decisions that are numbers, in their unit; responses and reference answers that are no numbers are no
    opportunity, and a trial that was not answered is none. Large errors weigh in full: where a few may be typing
    errors, look at `accuracy` with the tolerance of the study beside it. For classes see `accuracy`.

    References
    ----------
    .. [1] Poursabzi-Sangdeh et al. (2021). Manipulating and measuring model interpretability. CHI
       '21. https://doi.org/10.1145/3411764.3445315

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"protocol": "decision", "response": ["900", "1400", None], "ground_truth": ["1000", "1000", "700"]}
    >>> DecisionError.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **said})).tolist()
    [250.0, nan]
    """

    name = "decision_error"
    version = "1"
    label = "Decision error"
    family = "decision quality"
    unit = "unit of the decision"
    bounds = (0.0, None)
    higher_is_better = False
    requires = ("participant_id", "protocol", "response", "ground_truth")
    reference = "Poursabzi-Sangdeh et al. 2021, https://doi.org/10.1145/3411764.3445315"
    protocols = DECISION_PROTOCOLS

    @classmethod
    def values(cls, trials: pd.DataFrame) -> pd.Series[float]:
        return (numbers(trials["response"]) - numbers(trials["ground_truth"])).abs()
