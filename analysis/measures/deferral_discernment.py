"""Deferral discernment: handing over where the AI is wrong, and not where it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import DEFERRAL_PROTOCOLS, counted, is_true, truths
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class DeferralDiscernment(Measure):
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
    level = "trial"
    unit = "difference of proportions"
    bounds = (-1.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "protocol", "deferred", "ai_correct")
    reference = "Mozannar & Sontag 2020, https://doi.org/10.48550/arXiv.2006.01862"
    protocols = DEFERRAL_PROTOCOLS

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        known = cls._known(table)
        deferred, right = truths(known["deferred"]), is_true(known, "ai_correct").rename("right")
        shares = deferred.groupby([known["participant_id"], right]).mean().unstack()
        shares = shares.reindex(columns=[False, True])
        return (shares[False] - shares[True]).reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        counts = cls._known(table).groupby("participant_id").size()
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)

    @classmethod
    def _known(cls, table: pd.DataFrame) -> pd.DataFrame:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        return trials[trials["deferred"].notna() & trials["ai_correct"].notna()]
