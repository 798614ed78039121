"""Deferral discernment: handing over where the AI is wrong, and not where it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialSummary
from analysis.core.selection import DEFERRAL_PROTOCOLS, is_true, truths
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class DeferralDiscernment(TrialSummary):
    """P(deferred | AI wrong) - P(deferred | AI right), of each participant, over deferral trials.

    Notes
    -----
    For deferral away from the AI, such as escalation to a colleague: 1 is perfect, 0 is handing over
    blindly. For deferral *to* the AI turn the sign. Missing unless both kinds have a trial.

    References
    ----------
    .. [1] Mozannar & Sontag (2020). Consistent estimators for learning to defer to an expert. ICML.
       https://doi.org/10.48550/arXiv.2006.01862

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"deferred": [True, True, True, False], "ai_correct": [False, False, True, True]}
    >>> DeferralDiscernment.compute(pd.DataFrame({"participant_id": "p1", "protocol": "deferral", **trials})).tolist()
    [0.5]
    """

    name = "deferral_discernment"
    version = "1"
    label = "Deferral discernment"
    family = "reliance"
    unit = "difference of proportions"
    bounds = (-1.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "protocol", "deferred", "ai_correct")
    reference = "Mozannar & Sontag 2020, https://doi.org/10.48550/arXiv.2006.01862"
    protocols = DEFERRAL_PROTOCOLS

    @classmethod
    def usable(cls, trials: pd.DataFrame) -> pd.DataFrame:
        return trials[trials["deferred"].notna() & trials["ai_correct"].notna()]

    @classmethod
    def summarise(cls, usable: pd.DataFrame) -> pd.Series[float]:
        deferred, right = truths(usable["deferred"]), is_true(usable, "ai_correct").rename("right")
        shares = deferred.groupby([usable["participant_id"], right]).mean().unstack()
        shares = shares.reindex(columns=[False, True])
        return shares[False] - shares[True]
