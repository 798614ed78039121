"""Payoff frontier: the benefit if the AI were right more or less often."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.measure import MissingColumnsError, everybody
from analysis.core.selection import is_false, is_true
from analysis.core.tabulation import Tabulation, groups
from analysis.measures import tabulations
from analysis.measures._comparison import difference, mean_interval, unaided_group
from analysis.measures.accuracy import Accuracy
from analysis.measures.payoff import Payoff

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class PayoffFrontier(Tabulation):
    """Payoff of each condition reweighted to another AI accuracy (or prevalence) w, with the break-even point.

    value(w) = w E[S | AI right] + (1 - w) E[S | AI wrong], as a mean over participants; its difference
    from a reference; break-even: the w at which that difference is 0.

    Notes
    -----
    Studies enrich AI errors, which distorts accuracy: this is the answer to "what if". It presumes that
    people behave the same at another w, which they may not. Participants without a trial of either kind
    are left out. The break-even point is missing where it lies outside 0 to 1. The reference is the
    condition without advice and explanation unless it is named; with ``over="is_positive"`` w is the
    prevalence.

    References
    ----------
    .. [1] Elkan (2001). The foundations of cost-sensitive learning. IJCAI, 973-978. See also Guo,
       Ustun & Hullman (2026), https://doi.org/10.48550/arXiv.2506.22740

    Examples
    --------
    >>> import pandas as pd
    >>> who = {"participant_id": ["p1", "p1", "p2", "p2"], "condition": ["ai", "ai", "own", "own"]}
    >>> shown = {"advice_source": ["ai", "ai", "none", "none"], "ai_correct": [True, False, True, False]}
    >>> trials = pd.DataFrame({**who, **shown, "correct": [True, False, False, True]})
    >>> PayoffFrontier.compute(trials, steps=2)["difference"].to_dict()
    {('ai', 0.0): -1.0, ('ai', 0.5): 0.0, ('ai', 1.0): 1.0, ('own', 0.0): 0.0, ('own', 0.5): 0.0, ('own', 1.0): 0.0}
    """

    name = "payoff_frontier"
    version = "1"
    label = "Payoff frontier"
    family = "decision quality"
    unit = "points of the payoff"
    requires = ("participant_id", "correct")
    uses = ("is_positive", "cost")
    reference = "Guo, Ustun & Hullman 2026, https://doi.org/10.48550/arXiv.2506.22740"
    keys = ("weight",)
    columns = {
        "value": "payoff at this weight, mean over participants, points",
        "low": "lower 95 % limit",
        "high": "upper 95 % limit",
        "difference": "value - value of the reference, points",
        "difference_low": "lower 95 % limit",
        "difference_high": "upper 95 % limit",
        "break_even": "weight at which the difference is 0; the same in all rows of a group",
        "n": "participants with trials of both kinds",
        "n_undefined": "participants without",
    }
    options = {
        "reference": "name of the group compared with; the one without advice and explanation by default",
        "over": "ai_correct (weight: accuracy of the AI, the default) or is_positive (weight: prevalence)",
        "steps": "number of steps from 0 to 1, 20 by default",
    }

    @classmethod
    def rows(
        cls, table: pd.DataFrame, *, by: str, reference: Any = None, over: str = "ai_correct", steps: int = 20
    ) -> Iterator[dict[str, Any]]:
        if over not in table.columns:
            raise MissingColumnsError(
                f"The measure '{cls.name}' needs the column(s) {over} of the table trials, which are not there."
            )
        if steps < 1:
            raise ValueError(f"The measure '{cls.name}' needs at least 1 step, got {steps}.")
        base = unaided_group(table, by=by, name=cls.name, given=reference)
        parts = {group: _two_payoffs(rows, over=over) for group, rows in groups(table, by=by)}
        for group, part in parts.items():
            known, rest = part.dropna(), parts[base].dropna()
            even = _break_even(known, rest) if group != base else math.nan
            for step in range(steps + 1):
                w = step / steps
                here, there = (w * side["yes"] + (1 - w) * side["no"] for side in (known, rest))
                own, gap = mean_interval(here), difference(here, there)
                same = group == base
                yield {
                    by: group,
                    "weight": w,
                    "value": own["value"],
                    "low": own["low"],
                    "high": own["high"],
                    "difference": 0.0 if same else gap["value"],
                    "difference_low": math.nan if same else gap["low"],
                    "difference_high": math.nan if same else gap["high"],
                    "break_even": even,
                    "n": len(known),
                    "n_undefined": len(part) - len(known),
                }


def _two_payoffs(trials: pd.DataFrame, *, over: str) -> pd.DataFrame:
    import pandas as pd

    measure = Payoff if "score" in trials.columns and trials["score"].notna().any() else Accuracy
    people = everybody(trials)
    sides = {"yes": is_true(trials, over), "no": is_false(trials, over)}
    return pd.DataFrame({side: measure.compute(trials[rows]).reindex(people) for side, rows in sides.items()})


def _break_even(group: pd.DataFrame, reference: pd.DataFrame) -> float:
    gap = {side: float(group[side].mean() - reference[side].mean()) for side in ("yes", "no")}
    slope = gap["yes"] - gap["no"]
    if math.isnan(slope) or abs(slope) < 1e-12:
        return math.nan
    found = -gap["no"] / slope
    return found if 0 <= found <= 1 else math.nan
