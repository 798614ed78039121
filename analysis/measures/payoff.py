"""Payoff: what the decisions are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialMean
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Payoff(TrialMean):
    """Mean payoff of the final decisions: S(h1, y), less the cost of the trial where the table has one.

    Notes
    -----
    The unit is that of the study's payoff (column ``score``; 1 for right and 0 for wrong by default,
    then it is accuracy). The column ``cost``, if there, is subtracted; a missing cost is 0. A trial
    without a score is no opportunity.

    References
    ----------
    .. [1] Guo, Ustun & Hullman (2026). Explanations are a means to an end: decision theoretic
       explanation evaluation. ICML. https://doi.org/10.48550/arXiv.2506.22740

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": ["p1", "p1", "p2"], "score": [2.0, -1.0, None]})
    >>> Payoff.compute(trials).tolist()
    [0.5, nan]
    """

    name = "payoff"
    version = "1"
    label = "Payoff"
    family = "decision quality"
    unit = "points of the payoff"
    bounds = (None, None)
    higher_is_better = True
    requires = ("participant_id", "score")
    uses = ("cost",)
    reference = "Guo, Ustun & Hullman 2026, https://doi.org/10.48550/arXiv.2506.22740"

    @classmethod
    def values(cls, trials: pd.DataFrame) -> pd.Series[float]:
        score = trials["score"].astype(float)
        return score - trials["cost"].astype(float).fillna(0.0) if "cost" in trials.columns else score
