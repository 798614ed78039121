"""Human workload: how many cases a person had to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import DEFERRAL_PROTOCOLS
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class HumanWorkload(TrialRate):
    """Share of deferral trials that reached the participant: those that the system did not route.

    Notes
    -----
    The time of the colleague to whom cases are passed on is not in it (see `deferral_rate`). Weigh it against
    `deferral_value`: a rule on the AI's confidence buys time with errors. Neither end is better alone.

    References
    ----------
    .. [1] Mozannar & Sontag (2020). Consistent estimators for learning to defer to an expert. ICML.
       https://doi.org/10.48550/arXiv.2006.01862

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"protocol": "deferral", "action": ["decide", "routed_accept", None]}
    >>> HumanWorkload.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **trials})).tolist()
    [0.5, nan]
    """

    name = "human_workload"
    version = "1"
    label = "Human workload"
    family = "decision quality"
    higher_is_better = None
    requires = ("participant_id", "protocol", "action")
    reference = "Mozannar & Sontag 2020, https://doi.org/10.48550/arXiv.2006.01862"
    protocols = DEFERRAL_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["action"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return ~trials["action"].astype(str).str.startswith("routed_")
