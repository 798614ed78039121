"""Sensitivity: the share of positive cases that are decided rightly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialRate
from analysis.core.selection import is_true
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Sensitivity(TrialRate):
    """Share of decisions that are right, among positive cases: P(h1 = y | y positive).

    Notes
    -----
    The column ``is_positive`` says which cases are positive. Without a positive case it is missing,
    never 0. Read it beside `specificity`: either can be bought with the other. Prevalence is no part of
    the definition, but it changes how people behave: an enriched case set may give another value.

    References
    ----------
    .. [1] Altman & Bland (1994). Diagnostic tests 1: sensitivity and specificity. BMJ 308, 1552.
       https://doi.org/10.1136/bmj.308.6943.1552

    Examples
    --------
    >>> import pandas as pd
    >>> who = {"participant_id": ["p1", "p1", "p1", "p2"], "is_positive": [True, True, False, False]}
    >>> Sensitivity.compute(pd.DataFrame({**who, "correct": [True, False, True, True]})).tolist()
    [0.5, nan]
    """

    name = "sensitivity"
    version = "1"
    label = "Sensitivity"
    family = "decision quality"
    higher_is_better = True
    requires = ("participant_id", "is_positive", "correct")
    reference = "Altman & Bland 1994, https://doi.org/10.1136/bmj.308.6943.1552"

    @classmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct"].notna() & is_true(trials, "is_positive")

    @classmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        return trials["correct"].astype(bool)
