"""Type-2 AUROC: whether people are surer when they are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import counted, truths
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Type2Auroc(Measure):
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
    level = "trial"
    unit = "proportion"
    bounds = (0.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "confidence", "correct")
    reference = "Fleming & Lau 2014, https://doi.org/10.3389/fnhum.2014.00443"

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        known = cls._known(table)
        person = known["participant_id"]
        ranks = known["confidence"].groupby(person).rank(method="average")
        right = known["right"].groupby(person).sum()
        wrong = known["right"].groupby(person).size() - right
        above = (ranks * known["right"]).groupby(person).sum() - right * (right + 1) / 2
        pairs = (right * wrong).where(right * wrong > 0)
        return (above / pairs).reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        counts = cls._known(table).groupby("participant_id").size()
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)

    @classmethod
    def _known(cls, table: pd.DataFrame) -> pd.DataFrame:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        found = trials[["participant_id"]].assign(
            confidence=trials["confidence"].astype(float), right=truths(trials["correct"])
        )
        return found.dropna()
