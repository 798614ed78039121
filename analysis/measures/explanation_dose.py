"""Explanation dose: how long an explanation could be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialMean
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class ExplanationDose(TrialMean):
    """Mean time per decision trial in which a shown explanation could be seen, in ms.

    Notes
    -----
    A check of the manipulation and an exploratory mediator; never a covariate of the primary outcome,
    because it is a result of the condition. That it could be seen does not say that it was looked at.
    Trials without an explanation, or without a recorded time, are no opportunity.

    References
    ----------
    .. [1] Bucinca, Malaya & Gajos (2021). To trust or to think: cognitive forcing functions can
       reduce overreliance on AI. Proc. ACM Hum.-Comput. Interact. 5, CSCW1.
       https://doi.org/10.1145/3449287

    Examples
    --------
    >>> import pandas as pd
    >>> seen = {"explanations": ["ig", "ig", ""], "explanation_visible_ms": [1000.0, 3000.0, None]}
    >>> ExplanationDose.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **seen})).tolist()
    [2000.0, nan]
    """

    name = "explanation_dose"
    version = "1"
    label = "Explanation dose"
    family = "treatment"
    unit = "ms"
    bounds = (0.0, None)
    higher_is_better = None
    requires = ("participant_id", "explanations", "explanation_visible_ms")
    reference = "Bucinca et al. 2021, https://doi.org/10.1145/3449287"

    @classmethod
    def values(cls, trials: pd.DataFrame) -> pd.Series[float]:
        shown = trials["explanations"].notna() & (trials["explanations"].astype(object) != "")
        return trials["explanation_visible_ms"].astype(float).where(shown)
