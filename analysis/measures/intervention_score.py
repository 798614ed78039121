"""Intervention score: what the chosen changes to the AI are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialMean
from analysis.core.selection import INTERVENTION_PROTOCOLS
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class InterventionScore(TrialMean):
    """Mean score of the chosen changes: gain less weighted side effect, as found beforehand.

    Notes
    -----
    In the unit of the gain. A change whose gain is not known is no opportunity.

    References
    ----------
    .. [1] Koh & Liang (2017). Understanding black-box predictions via influence functions. ICML.
       https://doi.org/10.48550/arXiv.1703.04730

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"protocol": "intervene", "score": [0.5, 0.25, None]}
    >>> InterventionScore.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **trials})).tolist()
    [0.375, nan]
    """

    name = "intervention_score"
    version = "1"
    label = "Intervention score"
    family = "decision quality"
    unit = "unit of the gain"
    bounds = (None, None)
    higher_is_better = True
    requires = ("participant_id", "protocol", "score")
    reference = "Koh & Liang 2017, https://doi.org/10.48550/arXiv.1703.04730"
    protocols = INTERVENTION_PROTOCOLS

    @classmethod
    def values(cls, trials: pd.DataFrame) -> pd.Series[float]:
        return trials["score"].astype(float)
