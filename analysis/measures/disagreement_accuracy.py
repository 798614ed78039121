"""Accuracy with initial disagreement: right in the end, where the own decision was not the AI's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import TWO_STAGE_PROTOCOLS, same
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class DisagreementAccuracy(TrialRate):
    """Share of right final decisions among trials whose initial decision differs from the AI's: P(h1 = y | h0 != a).

    Notes
    -----
    Two-stage protocols only. Without initial disagreement it is missing. It mixes the AI's and the
    person's own accuracy on the disputed cases: compare conditions on the same cases.

    References
    ----------
    .. [1] He, Kuiper & Gadiraju (2023). Knowing about knowing. CHI '23.
       https://doi.org/10.1145/3544548.3581025

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response_initial": ["b", "b", "a"], "ai_prediction": ["a", "a", "a"], "correct": [True, False, True]}
    >>> DisagreementAccuracy.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **said})).tolist()
    [0.5, nan]
    """

    name = "disagreement_accuracy"
    version = "1"
    label = "Accuracy with initial disagreement"
    family = "reliance"
    higher_is_better = True
    requires = ("participant_id", "response_initial", "ai_prediction", "correct")
    reference = "He et al. 2023, https://doi.org/10.1145/3544548.3581025"
    protocols = TWO_STAGE_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials[["response_initial", "ai_prediction", "correct"]].notna().all(axis=1) & ~same(
            trials["response_initial"], trials["ai_prediction"]
        )

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct"].astype(bool)
