"""Deferral rate: how often decisions are handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import DEFERRAL_PROTOCOLS
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class DeferralRate(TrialRate):
    """Share of deferral trials in which the decision was handed over.

    Notes
    -----
    The workload that is passed on; neither end is better without its cost (see `deferral_value`).

    References
    ----------
    .. [1] Hemmer et al. (2023). Human-AI collaboration: the effect of AI delegation on human task
       performance and task satisfaction. IUI '23. https://doi.org/10.1145/3581641.3584052

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"protocol": "deferral", "deferred": [True, False, None]}
    >>> DeferralRate.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **trials})).tolist()
    [0.5, nan]
    """

    name = "deferral_rate"
    version = "1"
    label = "Deferral rate"
    family = "decision quality"
    higher_is_better = None
    requires = ("participant_id", "protocol", "deferred")
    reference = "Hemmer et al. 2023, https://doi.org/10.1145/3581641.3584052"
    protocols = DEFERRAL_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["deferred"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["deferred"].astype(bool)
