"""Diagnosis accuracy: naming the slice in which the AI fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import DIAGNOSIS_PROTOCOLS
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class DiagnosisAccuracy(TrialRate):
    """Share of diagnoses that name the planted slice: P(slice named = slice planted).

    Notes
    -----
    Trials of the protocol ``diagnose`` whose ``part`` is ``name_slice``. Chance is 1 / ``n_options``. Naming the
    slice among options is easier than finding it: read the reasons in words too.

    References
    ----------
    .. [1] Adebayo, Muelly, Abelson & Kim (2022). Post hoc explanations may be ineffective for detecting
       unknown spurious correlation. ICLR. https://doi.org/10.48550/arXiv.2212.04629

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"protocol": "diagnose", "part": "name_slice", "correct": [True, False, None]}
    >>> DiagnosisAccuracy.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **trials})).tolist()
    [0.5, nan]
    """

    name = "diagnosis_accuracy"
    version = "1"
    label = "Diagnosis accuracy"
    family = "understanding"
    higher_is_better = True
    requires = ("participant_id", "protocol", "part", "correct")
    reference = "Adebayo et al. 2022, https://doi.org/10.48550/arXiv.2212.04629"
    protocols = DIAGNOSIS_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return (trials["part"] == "name_slice").fillna(False) & trials["correct"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct"].astype(bool)
