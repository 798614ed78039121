"""Area under the ROC curve: whether positive cases get the higher scores of a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialSummary
from analysis.core.selection import is_true, truths
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Auc(TrialSummary):
    """P(score of a positive case > score of a negative one), ties half, of each participant (trapezoidal area).

    The score is the stated confidence, taken as negative where the decision is not the positive class:
    ``(R - n1 (n1 + 1) / 2) / (n1 n0)`` with R the sum of mid-ranks of the scores of the n1 positive cases.

    Notes
    -----
    The decision is positive where it is right on a positive case or wrong on a negative one. Missing for a
    participant who judged no positive or no negative case. Prevalence is no part of the definition. Readers
    and cases are both samples: name the estimator ``mrmc`` in the plan where readers judged the same cases.

    References
    ----------
    .. [1] Bamber (1975). The area above the ordinal dominance graph and the area below the receiver operating
       characteristic graph. J. Math. Psychol. 12, 387-415. https://doi.org/10.1016/0022-2496(75)90001-2

    Examples
    --------
    >>> import pandas as pd
    >>> seen = {"is_positive": [True, True, False, False], "correct": [True, False, True, True]}
    >>> Auc.compute(pd.DataFrame({"participant_id": ["p1"] * 4, "confidence": [0.9, 0.6, 0.6, 0.8], **seen})).tolist()
    [0.875]
    """

    name = "auc"
    version = "1"
    label = "Area under the ROC curve (AUC)"
    family = "decision quality"
    unit = "proportion"
    bounds = (0.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "is_positive", "correct", "confidence")
    reference = "Bamber 1975, https://doi.org/10.1016/0022-2496(75)90001-2"

    @classmethod
    def usable(cls, trials: pd.DataFrame) -> pd.DataFrame:
        trials = trials[trials["is_positive"].notna() & trials["correct"].notna()]
        positive, right = is_true(trials, "is_positive"), truths(trials["correct"])
        sure = trials["confidence"].astype(float)
        found = trials[["participant_id"]].assign(
            positive=positive.astype(float), score=sure.where(positive == (right > 0), -sure)
        )
        return found.dropna()

    @classmethod
    def summarise(cls, usable: pd.DataFrame) -> pd.Series[float]:
        person, positive = usable["participant_id"], usable["positive"]
        ranks = usable["score"].groupby(person).rank(method="average")
        count = positive.groupby(person).sum()
        rest = positive.groupby(person).size() - count
        above = (ranks * positive).groupby(person).sum() - count * (count + 1) / 2
        pairs = (count * rest).where(count * rest > 0)
        return above / pairs
