"""Discernment of defects (d'): holding an AI back where it has a defect and not where it has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialSummary
from analysis.core.selection import AUDIT_PROTOCOLS, is_true
from analysis.measures import registry
from analysis.measures._signal_detection import z_of_rates

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class AuditDiscernment(TrialSummary):
    """Sensitivity of holding back to a defect: d' = z(H) - z(F).

    Signal: the predictor has a planted defect; response: it is held back. H = P(hold | defect), F = P(hold | none),
    both with the log-linear correction: 0.5 added to the counts, 1 to the totals.

    Notes
    -----
    0: the verdict does not depend on whether there is a defect. Missing without a dossier of either kind. The
    correction pulls values of participants with few dossiers towards 0: compare conditions with the same numbers.

    References
    ----------
    .. [1] Adebayo, Muelly, Liccardi & Kim (2020). Debugging tests for model explanations. NeurIPS.
       https://doi.org/10.48550/arXiv.2011.05429
    .. [2] Hautus (1995). Corrections for extreme proportions and their biasing effects on estimated
       values of d'. Behav. Res. Methods 27, 46-51. https://doi.org/10.3758/BF03203619

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response": ["hold", "deploy"] * 2, "is_positive": [True, True, False, False]}
    >>> AuditDiscernment.compute(pd.DataFrame({"participant_id": "p1", "protocol": "audit", **said})).tolist()
    [0.0]
    """

    name = "audit_discernment"
    version = "1"
    label = "Discernment of defects (d')"
    family = "decision quality"
    unit = "standard deviations (d')"
    bounds = (None, None)
    higher_is_better = True
    requires = ("participant_id", "protocol", "response", "is_positive")
    reference = "Hautus 1995, https://doi.org/10.3758/BF03203619"
    protocols = AUDIT_PROTOCOLS

    @classmethod
    def usable(cls, trials: pd.DataFrame) -> pd.DataFrame:
        return trials[trials["response"].notna() & trials["is_positive"].notna()]

    @classmethod
    def summarise(cls, usable: pd.DataFrame) -> pd.Series[float]:
        held = (usable["response"] == "hold").astype(int)
        hit, false_alarm = z_of_rates(held, is_true(usable, "is_positive"), usable["participant_id"])
        return hit - false_alarm
