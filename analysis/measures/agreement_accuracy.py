"""Agreement task: saying from one explanation whether the prediction is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import AGREEMENT_PROTOCOLS
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class AgreementAccuracy(TrialRate):
    """Share of right answers to "is this prediction right?", from one explained prediction.

    Notes
    -----
    Chance is 1/2. It was low in the source because people believed explained predictions, right or
    wrong: see `against_chance`, which reports right and wrong predictions apart.

    References
    ----------
    .. [1] Kim, Meister, Ramaswamy, Fong & Russakovsky (2022). HIVE: evaluating the human
       interpretability of visual explanations. ECCV. https://doi.org/10.1007/978-3-031-19775-8_17

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"protocol": "agreement", "correct": [True, False, None]}
    >>> AgreementAccuracy.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **trials})).tolist()
    [0.5, nan]
    """

    name = "agreement_accuracy"
    version = "1"
    label = "Agreement-task accuracy"
    family = "understanding"
    higher_is_better = True
    requires = ("participant_id", "protocol", "correct")
    reference = "Kim et al. 2022, https://doi.org/10.1007/978-3-031-19775-8_17"
    protocols = AGREEMENT_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct"].astype(bool)
