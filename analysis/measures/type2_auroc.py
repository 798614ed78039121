"""Type-2 AUROC: whether people are surer when they are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialSummary
from analysis.core.selection import truths
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Type2Auroc(TrialSummary):
    """P(confidence on a right trial > confidence on a wrong one), ties half, of each participant.

    ``(R - n1 (n1 + 1) / 2) / (n1 n0)`` with R the sum of mid-ranks of the n1 right among all n1 + n0
    trials.

    Notes
    -----
    0.5: confidence says nothing. Missing for a participant who was always right or always wrong. It
    depends on task performance; equal values at unequal accuracy are not equal insight.

    References
    ----------
    .. [1] Fleming & Lau (2014). How to measure metacognition. Front. Hum. Neurosci. 8, 443.
       https://doi.org/10.3389/fnhum.2014.00443

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"confidence": [0.9, 0.6, 0.6, 0.5], "correct": [True, True, False, True]}
    >>> Type2Auroc.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p1", "p2"], **said})).tolist()
    [0.75, nan]
    """

    name = "type2_auroc"
    version = "1"
    label = "Type-2 AUROC"
    family = "confidence"
    unit = "proportion"
    bounds = (0.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "confidence", "correct")
    reference = "Fleming & Lau 2014, https://doi.org/10.3389/fnhum.2014.00443"

    @classmethod
    def usable(cls, trials: pd.DataFrame) -> pd.DataFrame:
        found = trials[["participant_id"]].assign(
            confidence=trials["confidence"].astype(float), right=truths(trials["correct"])
        )
        return found.dropna()

    @classmethod
    def summarise(cls, usable: pd.DataFrame) -> pd.Series[float]:
        person = usable["participant_id"]
        ranks = usable["confidence"].groupby(person).rank(method="average")
        right = usable["right"].groupby(person).sum()
        wrong = usable["right"].groupby(person).size() - right
        above = (ranks * usable["right"]).groupby(person).sum() - right * (right + 1) / 2
        pairs = (right * wrong).where(right * wrong > 0)
        return above / pairs
