"""Trust calibration: whether people follow the AI more where it is surer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialSummary
from analysis.core.selection import same
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class TrustCalibration(TrialSummary):
    """Slope of following the AI on its confidence, within each participant, by least squares.

    ``sum((c - mean c)(f - mean f)) / sum((c - mean c)^2)`` with f = 1[h1 = a] and c the AI's
    confidence.

    Notes
    -----
    Change of the share followed per unit of confidence (0 to 1). Missing where the AI's confidence does
    not vary over the participant's trials. It presumes a calibrated AI: with an AI that is sure and
    wrong, a high slope is no virtue. Correlating a questionnaire score with accuracy over people is not
    calibration.

    References
    ----------
    .. [1] Zhang, Liao & Bellamy (2020). Effect of confidence and explanation on accuracy and trust
       calibration in AI-assisted decision making. FAT* '20. https://doi.org/10.1145/3351095.3372852

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response": ["a", "a", "b", "b"], "ai_prediction": "a", "ai_confidence": [0.9, 0.9, 0.5, 0.5]}
    >>> TrustCalibration.compute(pd.DataFrame({"participant_id": "p1", **said})).round(6).tolist()
    [2.5]
    """

    name = "trust_calibration"
    version = "1"
    label = "Trust calibration (slope)"
    family = "confidence"
    unit = "proportion followed per unit of AI confidence"
    bounds = (None, None)
    higher_is_better = True
    requires = ("participant_id", "response", "ai_prediction", "ai_confidence")
    reference = "Zhang et al. 2020, https://doi.org/10.1145/3351095.3372852"

    @classmethod
    def usable(cls, trials: pd.DataFrame) -> pd.DataFrame:
        found = trials[["participant_id"]].assign(
            confidence=trials["ai_confidence"].astype(float),
            follow=same(trials["response"], trials["ai_prediction"]).astype(float),
        )
        known = trials["response"].notna() & trials["ai_prediction"].notna() & found["confidence"].notna()
        return found[known].sort_values(["confidence", "follow"])

    @classmethod
    def summarise(cls, usable: pd.DataFrame) -> pd.Series[float]:
        person = usable["participant_id"]
        centred = usable["confidence"] - usable["confidence"].groupby(person).transform("mean")
        spread = (centred**2).groupby(person).sum()
        joint = (centred * usable["follow"]).groupby(person).sum()
        # A spread of rounding errors only is none.
        return joint / spread.where(spread > 1e-12)
