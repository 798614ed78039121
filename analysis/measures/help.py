"""Help: decisions turned from wrong to right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import TWO_STAGE_PROTOCOLS, is_false, is_true
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Help(TrialRate):
    """Share of two-stage trials whose decision turned from wrong to right: #(h0 != y, h1 = y) / n.

    Notes
    -----
    All trials with a known initial and final decision are opportunities, so that `help` less `harm` is
    the gain of accuracy. Read it beside `harm`. Two-stage protocols only.

    References
    ----------
    .. [1] Schemmer et al. (2023). Appropriate reliance on AI advice. IUI '23.
       https://doi.org/10.1145/3581641.3584066

    Examples
    --------
    >>> import pandas as pd
    >>> turns = {"correct_initial": [False, False, None], "correct": [True, False, True]}
    >>> Help.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **turns})).tolist()
    [0.5, nan]
    """

    name = "help"
    version = "1"
    label = "Help (wrong to right)"
    family = "decision quality"
    higher_is_better = True
    requires = ("participant_id", "correct_initial", "correct")
    reference = "Schemmer et al. 2023, https://doi.org/10.1145/3581641.3584066"
    protocols = TWO_STAGE_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct_initial"].notna() & trials["correct"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return is_false(trials, "correct_initial") & is_true(trials, "correct")
