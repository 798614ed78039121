"""Intervention regret: what the best change would have been worth beyond the chosen one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialMean
from analysis.core.selection import INTERVENTION_PROTOCOLS
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class InterventionRegret(TrialMean):
    """Mean of score of the best change on offer less score of the chosen one.

    Notes
    -----
    0: the best was chosen every time. In the unit of the gain; it depends on how far apart the changes on offer lie.

    References
    ----------
    .. [1] Koh & Liang (2017). Understanding black-box predictions via influence functions. ICML.
       https://doi.org/10.48550/arXiv.1703.04730

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"protocol": "intervene", "score": [0.5, 0.25, None], "score_best": 0.5}
    >>> InterventionRegret.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **trials})).tolist()
    [0.125, nan]
    """

    name = "intervention_regret"
    version = "1"
    label = "Intervention regret"
    family = "decision quality"
    unit = "unit of the gain"
    bounds = (0.0, None)
    higher_is_better = False
    requires = ("participant_id", "protocol", "score", "score_best")
    reference = "Koh & Liang 2017, https://doi.org/10.48550/arXiv.1703.04730"
    protocols = INTERVENTION_PROTOCOLS

    @classmethod
    def values(cls, trials: pd.DataFrame) -> pd.Series[float]:
        return trials["score_best"].astype(float) - trials["score"].astype(float)
