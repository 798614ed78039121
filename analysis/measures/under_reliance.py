"""Under-reliance: not following the AI where it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import is_true, same
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class UnderReliance(TrialRate):
    """Share of decisions against the AI among trials in which the AI is right: P(h1 != a | a = y).

    Notes
    -----
    In a condition without advice the same rate is taken against the unseen advice.

    References
    ----------
    .. [1] Bansal et al. (2021). Does the whole exceed its parts? CHI '21. https://doi.org/10.1145/3411764.3445717

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame(
    ...     {
    ...         "participant_id": ["p1", "p1", "p1", "p2"],
    ...         "response": ["b", "a", "a", "a"],
    ...         "ai_prediction": ["a", "a", "a", "a"],
    ...         "ai_correct": [True, True, False, False],
    ...     }
    ... )
    >>> UnderReliance.compute(trials).tolist()
    [0.5, nan]
    """

    name = "under_reliance"
    version = "1"
    label = "Under-reliance"
    family = "reliance"
    higher_is_better = False
    requires = ("participant_id", "response", "ai_prediction", "ai_correct")
    reference = "Bansal et al. 2021, https://doi.org/10.1145/3411764.3445717"

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        known = trials["response"].notna() & trials["ai_prediction"].notna()
        return known & is_true(trials, "ai_correct")

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return ~same(trials["response"], trials["ai_prediction"])
