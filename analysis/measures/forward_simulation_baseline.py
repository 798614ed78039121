"""Forward-simulation baseline: what guessing the truth would have scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import SIMULATION_PROTOCOLS
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class ForwardSimulationBaseline(TrialRate):
    """Share of forward-simulation trials on which the AI is right: P(f = y), the score of knowing only the truth.

    Notes
    -----
    Held beside `forward_simulation_accuracy`: only what exceeds it shows knowledge of the AI. A
    property of the cases, not of people.

    References
    ----------
    .. [1] Hase & Bansal (2020). Evaluating explainable AI: which algorithmic explanations help
       users predict model behavior? ACL. https://doi.org/10.18653/v1/2020.acl-main.491
    .. [2] Doshi-Velez & Kim (2017). Towards a rigorous science of interpretable machine learning.
       https://doi.org/10.48550/arXiv.1702.08608

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"protocol": "forward_simulation", "ai_correct": [True, False, None]}
    >>> ForwardSimulationBaseline.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **trials})).tolist()
    [0.5, nan]
    """

    name = "forward_simulation_baseline"
    version = "1"
    label = "Forward-simulation baseline"
    family = "understanding"
    higher_is_better = None
    requires = ("participant_id", "protocol", "ai_correct")
    reference = "Hase & Bansal 2020, https://doi.org/10.18653/v1/2020.acl-main.491"
    protocols = SIMULATION_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["ai_correct"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["ai_correct"].astype(bool)
