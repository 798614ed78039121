"""Defect naming: saying what is wrong with an AI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import AUDIT_PROTOCOLS
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class DefectNaming(TrialRate):
    """Share of audits in which the planted defect was named, or that there is none.

    Notes
    -----
    A verdict can be right for the wrong reason: compare it with `audit_discernment`.

    References
    ----------
    .. [1] Adebayo, Muelly, Liccardi & Kim (2020). Debugging tests for model explanations. NeurIPS.
       https://doi.org/10.48550/arXiv.2011.05429

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"protocol": "audit", "correct_named": [True, False, None]}
    >>> DefectNaming.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **trials})).tolist()
    [0.5, nan]
    """

    name = "defect_naming"
    version = "1"
    label = "Defect naming"
    family = "understanding"
    higher_is_better = True
    requires = ("participant_id", "protocol", "correct_named")
    reference = "Adebayo et al. 2020, https://doi.org/10.48550/arXiv.2011.05429"
    protocols = AUDIT_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct_named"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct_named"].astype(bool)
