"""What the primary and every other measure came to: described in every condition, and participant by participant."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.core.measure import Measure, TrialRate
from analysis.core.plan import Plan
from analysis.measures import registry as measures
from analysis.report.contrasts import UNDEFINED
from analysis.report.questions import pooled
from analysis.report.sample import Sample

if TYPE_CHECKING:
    import pandas as pd


def measures_described(sample: Sample, *, plan: Plan) -> list[dict[str, Any]]:
    """Describe every measure of the shelf; of the primary one the values themselves are told.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    plan : Plan
        Its primary measure and alpha.

    Returns
    -------
    list of dict
        As of `describe`.
    """
    shelf, named = measures.names(), plan.primary.measure
    return [describe(sample, measures.get(name), alpha=plan.alpha, values=name == named) for name in shelf]


def describe(sample: Sample, measure: type[Measure], *, alpha: float, values: bool = True) -> dict[str, Any]:
    """Describe a measure in every condition: mean over participants, interval, counts, and the values themselves.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    measure : type of Measure
        What is described.
    alpha : float
        Intervals cover ``1 - alpha``.
    values : bool
        Tell the value of every participant.

    Returns
    -------
    dict
        Declaration, ``undefined`` (None, or a sentence when it cannot be computed at all) and ``conditions``.
    """
    found: dict[str, Any] = {
        "measure": measure.name,
        "version": measure.version,
        "label": measure.label,
        "unit": measure.unit,
        "scale": measure.scale,
        "bounds": list(measure.bounds),
        "higher_is_better": measure.higher_is_better,
        "reference": measure.reference,
        "family": measure.family,
        "undefined": None,
        "conditions": [],
    }
    try:
        people = sample.cells(measure)
    except UNDEFINED as error:
        return found | {"undefined": str(error)}
    rows = [
        _describe_condition(people[people["condition"] == name], measure=measure, condition=name, alpha=alpha)
        for name in sample.conditions
    ]
    if not values:
        rows = [row | {"values": []} for row in rows]
    if not any(row["n"] for row in rows):
        found["undefined"] = "No participant has a value of this measure."
    return found | {"conditions": rows}


def _describe_condition(
    people: pd.DataFrame, *, measure: type[Measure], condition: str, alpha: float
) -> dict[str, Any]:
    from scipy import stats

    values = people["scaled"].dropna().sort_values()
    n, mean = len(values), float(values.mean())
    sd = float(values.std(ddof=1)) if n > 1 else math.nan
    # Values that do not vary give no interval: its width of 0 would claim certainty.
    reach = float(stats.t.ppf(1 - alpha / 2, n - 1)) * sd / math.sqrt(n) if n > 1 and sd > 0 else math.nan
    back = math.exp if measure.scale == "log" else float
    return {
        "condition": condition,
        "value": back(mean),
        "low": _within(back(mean - reach), measure=measure),
        "high": _within(back(mean + reach), measure=measure),
        "sd": sd,
        "n": n,
        "n_undefined": int(people["value"].isna().sum()),
        "opportunities": int(people["opportunities"].sum()),
        "pooled": pooled(people) if issubclass(measure, TrialRate) else math.nan,
        "values": [float(value) for value in people["value"].dropna().sort_values()],
    }


def _within(limit: float, *, measure: type[Measure]) -> float:
    low, high = measure.bounds
    if math.isnan(limit):
        return limit
    return min(max(limit, -math.inf if low is None else low), math.inf if high is None else high)


def participant_values(sample: Sample, *, plan: Plan) -> list[dict[str, Any]]:
    """Return what the primary question was answered with.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    plan : Plan
        Its primary measure.

    Returns
    -------
    list of dict
        ``participant_id, condition, value`` (on the scale of contrasts) for each participant and condition met; empty
        where the measure cannot be computed.
    """
    try:
        people = sample.cells(measures.get(plan.primary.measure))
    except UNDEFINED:
        return []
    return [
        {"participant_id": str(who), "condition": str(condition), "value": float(value)}
        for who, condition, value in zip(people.index, people["condition"], people["scaled"], strict=True)
    ]
