"""Agreement: the share of decisions that are what the AI says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import same
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Agreement(TrialRate):
    """Share of decisions that are what the AI says: P(h1 = a).

    Notes
    -----
    This is reliance, not appropriate reliance: no end of it is better. In a condition without advice the same
    rate is taken against the unseen advice.

    References
    ----------
    .. [1] Yin, Vaughan & Wallach (2019). Understanding the effect of accuracy on trust in machine learning
       models. CHI '19.
       https://doi.org/10.1145/3290605.3300509

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame(
    ...     {
    ...         "participant_id": ["p1", "p1", "p2"],
    ...         "response": ["a", "b", None],
    ...         "ai_prediction": ["a", "a", "a"],
    ...     }
    ... )
    >>> Agreement.compute(trials).tolist()
    [0.5, nan]
    """

    name = "agreement"
    version = "1"
    label = "Agreement with the AI"
    family = "reliance"
    higher_is_better = None
    requires = ("participant_id", "response", "ai_prediction")
    reference = "Yin et al. 2019, https://doi.org/10.1145/3290605.3300509"

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["response"].notna() & trials["ai_prediction"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return same(trials["response"], trials["ai_prediction"])
