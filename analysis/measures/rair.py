"""RAIR: taking right advice after a wrong own decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import TWO_STAGE_PROTOCOLS, is_false, is_true
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Rair(TrialRate):
    """Share of trials corrected by right advice: #(h0 != y, a = y, h1 = y) / #(h0 != y, a = y).

    Notes
    -----
    Two-stage protocols only. Without an eligible trial it is missing, never 0. Few trials are eligible for
    each participant: read the count. It conditions on the initial decision, which in later trials the
    condition may have changed. Report it together with `rsr`; their sum means nothing.

    References
    ----------
    .. [1] Schemmer et al. (2023). Appropriate reliance on AI advice. IUI '23.
       https://doi.org/10.1145/3581641.3584066

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame(
    ...     {
    ...         "participant_id": ["p1", "p1", "p1", "p2"],
    ...         "correct_initial": [False, False, True, True],
    ...         "ai_correct": [True, True, True, True],
    ...         "correct": [True, False, True, True],
    ...     }
    ... )
    >>> Rair.compute(trials).tolist()
    [0.5, nan]
    """

    name = "rair"
    version = "1"
    label = "Relative AI reliance (RAIR)"
    family = "reliance"
    higher_is_better = True
    requires = ("participant_id", "correct_initial", "correct", "ai_correct")
    reference = "Schemmer et al. 2023, https://doi.org/10.1145/3581641.3584066"
    protocols = TWO_STAGE_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        known = trials["correct"].notna()
        wrong_alone = is_false(trials, "correct_initial")
        return known & wrong_alone & is_true(trials, "ai_correct")

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct"].astype(bool)
