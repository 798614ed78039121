"""Switch fraction: moving to the AI's decision after disagreeing with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import TWO_STAGE_PROTOCOLS, same
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class SwitchFraction(TrialRate):
    """Share of moves to the AI among trials with an initial decision that differs from it: P(h1 = a | h0 != a).

    Notes
    -----
    Two-stage protocols only. This is reliance, not appropriate reliance. Without initial disagreement it is
    missing.

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
    ...         "participant_id": ["p1", "p1", "p1", "p2"],
    ...         "response_initial": ["b", "b", "a", "a"],
    ...         "response": ["a", "b", "b", "a"],
    ...         "ai_prediction": ["a", "a", "a", "a"],
    ...     }
    ... )
    >>> SwitchFraction.compute(trials).tolist()
    [0.5, nan]
    """

    name = "switch_fraction"
    version = "1"
    label = "Switch fraction"
    family = "reliance"
    higher_is_better = None
    requires = ("participant_id", "response_initial", "response", "ai_prediction")
    reference = "Yin et al. 2019, https://doi.org/10.1145/3290605.3300509"
    protocols = TWO_STAGE_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        known = trials[["response_initial", "response", "ai_prediction"]].notna().all(axis=1)
        return known & ~same(trials["response_initial"], trials["ai_prediction"])

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return same(trials["response"], trials["ai_prediction"])
