"""Failure prediction: foretelling on which new cases the AI fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import DIAGNOSIS_PROTOCOLS
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class FailurePredictionAccuracy(TrialRate):
    """Share of new cases of which it was rightly foretold whether the AI gets them right.

    Notes
    -----
    Trials of the protocol ``diagnose`` whose ``part`` is ``predict_failure``. "It will be right" scores the accuracy
    of the AI: let it be right in half of the cases.

    References
    ----------
    .. [1] Adebayo, Muelly, Abelson & Kim (2022). Post hoc explanations may be ineffective for detecting
       unknown spurious correlation. ICLR. https://doi.org/10.48550/arXiv.2212.04629

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"protocol": "diagnose", "part": "predict_failure", "correct": [True, False, None]}
    >>> FailurePredictionAccuracy.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **trials})).tolist()
    [0.5, nan]
    """

    name = "failure_prediction_accuracy"
    version = "1"
    label = "Failure-prediction accuracy"
    family = "understanding"
    higher_is_better = True
    requires = ("participant_id", "protocol", "part", "correct")
    reference = "Adebayo et al. 2022, https://doi.org/10.48550/arXiv.2212.04629"
    protocols = DIAGNOSIS_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return (trials["part"] == "predict_failure").fillna(False) & trials["correct"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct"].astype(bool)
