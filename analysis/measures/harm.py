"""Harm: decisions turned from right to wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import TWO_STAGE_PROTOCOLS, is_false, is_true
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Harm(TrialRate):
    """Share of two-stage trials whose decision turned from right to wrong: #(h0 = y, h1 != y) / n.

    Notes
    -----
    All trials with a known initial and final decision are opportunities, so that `help` less `harm` is
    the gain of accuracy. An average gain can hide harm: report it always. Two-stage protocols only.

    References
    ----------
    .. [1] Schemmer et al. (2023). Appropriate reliance on AI advice. IUI '23.
       https://doi.org/10.1145/3581641.3584066

    Examples
    --------
    >>> import pandas as pd
    >>> turns = {"correct_initial": [True, True, None], "correct": [False, True, True]}
    >>> Harm.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **turns})).tolist()
    [0.5, nan]
    """

    name = "harm"
    version = "1"
    label = "Harm (right to wrong)"
    family = "decision quality"
    higher_is_better = False
    requires = ("participant_id", "correct_initial", "correct")
    reference = "Schemmer et al. 2023, https://doi.org/10.1145/3581641.3584066"
    protocols = TWO_STAGE_PROTOCOLS

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct_initial"].notna() & trials["correct"].notna()

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return is_true(trials, "correct_initial") & is_false(trials, "correct")
