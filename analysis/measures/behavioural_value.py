"""Behavioural value of explanation: what explanations add to the same AI, and what they could add."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from analysis.core.tabulation import Tabulation, groups, rows_of
from analysis.measures import tabulations
from analysis.measures._benchmark import benchmark_of
from analysis.measures._comparison import difference, unexplained_group
from analysis.measures.accuracy import Accuracy
from analysis.measures.payoff import Payoff

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class BehaviouralValue(Tabulation):
    """Mean payoff with the explanation less that with the AI and no explanation: E[S | explanation] - E[S | AI].

    Beside it the ceiling: the rational benchmark R_V of the signals, and how much room the reference
    leaves below it.

    Notes
    -----
    The headline contrast of a study of explanations; conditions that show none are left out. The
    ceiling is what a rational agent gains from the modelled signals alone (`rational_benchmark`, over
    the trials of the reference); people also see the case, so that they may exceed it. Where there is
    no room, the study cannot show a value. Without a column ``score`` the payoff is 1 for right and 0
    for wrong. The ceiling is on that 0-1 scale, and missing where scores are others. It is missing too
    without the columns ``response``, ``ground_truth`` and the signals.

    References
    ----------
    .. [1] Guo, Ustun & Hullman (2026). Explanations are a means to an end: decision theoretic
       explanation evaluation. ICML. https://doi.org/10.48550/arXiv.2506.22740

    Examples
    --------
    >>> import pandas as pd
    >>> who = {"participant_id": ["p1", "p2", "p3", "p4"], "condition": ["ig", "ig", "ai", "ai"], "ai_prediction": "b"}
    >>> said = {"response": list("bbba"), "ground_truth": list("bbbb"), "correct": [True, True, True, False]}
    >>> trials = pd.DataFrame({**who, **said, "advice_source": "ai", "explanations": ["ig", "ig", "", ""]})
    >>> BehaviouralValue.compute(trials)[["value", "reference_value", "n"]].to_dict("index")
    {'ig': {'value': 0.5, 'reference_value': 0.5, 'n': 2}}
    """

    name = "behavioural_value"
    version = "1"
    label = "Behavioural value of explanation"
    family = "decision quality"
    unit = "points of the payoff"
    requires = ("participant_id", "correct")
    uses = ("cost",)
    reference = "Guo, Ustun & Hullman 2026, https://doi.org/10.48550/arXiv.2506.22740"
    columns = {
        "value": "mean payoff - mean payoff of the AI without explanation, points",
        "std_error": "of the difference, participants as the unit",
        "df": "degrees of freedom",
        "low": "lower 95 % limit",
        "high": "upper 95 % limit",
        "hedges_g": "difference in pooled standard deviations between participants",
        "reference_value": "mean payoff of the AI without explanation, points",
        "ceiling": "payoff of a rational agent with the modelled signals, points",
        "room": "ceiling - reference_value, points",
        "n": "participants of the condition with a value",
        "n_reference": "participants of the reference with a value",
        "n_undefined": "participants of the condition without a value",
    }
    options = {
        "reference": "name of the condition with advice and no explanation; found by itself where there is exactly one",
        "signals": "columns that the rational agent sees; see rational_benchmark",
    }

    @classmethod
    def rows(
        cls, table: pd.DataFrame, *, by: str, reference: Any = None, signals: Sequence[str] | None = None
    ) -> Iterator[dict[str, Any]]:
        name = unexplained_group(table, by=by, name=cls.name, given=reference)
        measure = Payoff if "score" in table.columns and table["score"].notna().any() else Accuracy
        values = {group: measure.compute(rows) for group, rows in groups(table, by=by)}
        base = float(values[name].dropna().sort_values().mean())
        rest = rows_of(table, by=by, group=name)
        plain = measure is Accuracy or _zero_one(rest)
        seen = {"response", "ground_truth", *(signals or ("ai_prediction",))} <= set(table.columns)
        ceiling = (
            benchmark_of(rest, signals=signals, name=cls.name)["benchmark"] if plain and seen else math.nan
        )
        for group, found in values.items():
            if group != name and _explains(rows_of(table, by=by, group=group)):
                yield {
                    by: group,
                    **difference(found, values[name]),
                    "reference_value": base,
                    "ceiling": ceiling,
                    "room": ceiling - base,
                    "n_undefined": int(found.isna().sum()),
                }


def _explains(trials: pd.DataFrame) -> bool:
    return "explanations" not in trials.columns or bool((trials["explanations"].fillna("") != "").any())


def _zero_one(trials: pd.DataFrame) -> bool:
    return bool(trials["score"].dropna().isin([0, 1]).all())
