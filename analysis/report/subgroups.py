"""Subgroups and moderators: the primary difference by a property of participants, and whether it differs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.core.measure import Measure
from analysis.core.plan import Contrast, Plan
from analysis.measures import registry
from analysis.measures._scale_score import scale_score
from analysis.report.contrasts import UNDEFINED
from analysis.report.pairing import compared, sides_of
from analysis.report.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

MOST_LEVELS = 8


def subgroup_effects(sample: Sample, *, plan: Plan) -> list[dict[str, Any]]:
    """Answer the primary contrasts within subgroups, and test whether they differ between them.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    plan : Plan
        Its subgroups and moderators are planned: columns of participants, or questionnaires, which stand for their
        scores. Strata of the allocation are shown in any case.

    Returns
    -------
    list of dict
        ``column, planned, kind`` ("groups" or "slope"), ``treatment, control, rows`` (``level, value, low, high, n``),
        ``interaction`` (``statistic, df, p``) and ``undefined``. Groups are compared by Cochran's heterogeneity
        statistic; a number with many values by the difference of its slopes between the conditions.

    Notes
    -----
    A subgroup that is significant beside one that is not shows no difference between them: the interaction does.
    """
    planned = list(dict.fromkeys([*plan.subgroups, *plan.moderators]))
    columns = planned + (["stratum"] if "stratum" not in planned and _strata(sample) > 1 else [])
    measure = registry.get(plan.primary.measure)
    found = []
    for column in columns:
        for contrast in plan.primary.contrasts:
            told = {
                "column": column,
                "planned": column in planned,
                "treatment": contrast.treatment,
                "control": contrast.control,
            }
            found.append(told | _effects(sample, column, measure, contrast, alpha=plan.alpha))
    return found


def _strata(sample: Sample) -> int:
    return int(sample.seats["stratum"].dropna().nunique())


def _effects(
    sample: Sample, column: str, measure: type[Measure], contrast: Contrast, *, alpha: float
) -> dict[str, Any]:
    nothing: dict[str, Any] = {"kind": "groups", "rows": [], "interaction": None}
    try:
        people = sample.cells(measure)
    except UNDEFINED as error:
        return nothing | {"undefined": str(error)}
    values = _property(sample, column)
    if values is None:
        return nothing | {
            "undefined": f"There is no column or questionnaire {column} with one value for each participant."
        }
    people = people.assign(level=values.reindex(people.index))
    people = people[people["level"].notna() & people["scaled"].notna()]
    number = _is_number(people["level"])
    if number and people["level"].nunique() > MOST_LEVELS:
        return _slopes(people, contrast, alpha=alpha)
    if people["level"].nunique() > MOST_LEVELS:
        return nothing | {"undefined": f"{column} has more than {MOST_LEVELS} different values."}
    return _groups(people, contrast, alpha=alpha)


def _property(sample: Sample, column: str) -> pd.Series[Any] | None:
    if column in sample.seats.columns:
        return sample.seats.set_index("participant_id")[column]
    for table in (sample.participants, sample.trials):
        if table is not None and column in table.columns:
            pairs = table[["participant_id", column]].dropna().drop_duplicates()
            if pairs["participant_id"].is_unique:
                return pairs.set_index("participant_id")[column]
    return _score(sample, column)


def _score(sample: Sample, name: str) -> pd.Series[Any] | None:
    """Return the score of the questionnaire of that name for each participant; ``None``: nobody has one."""
    if sample.scales is None or name not in set(sample.scales["questionnaire"]):
        return None
    scores = scale_score(sample.scales, questionnaire=name)["score"]
    return None if scores.empty else scores


def _is_number(values: pd.Series[Any]) -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return bool(is_numeric_dtype(values)) and not bool(is_bool_dtype(values))


def _groups(people: pd.DataFrame, contrast: Contrast, *, alpha: float) -> dict[str, Any]:
    rows, names = [], (contrast.treatment, contrast.control)
    for level in sorted(set(people["level"]), key=str):
        part = people[people["level"] == level]
        counts = {name: int((part["condition"] == name).sum()) for name in names}
        found = compared(part, names=names, column="scaled", level=1 - alpha)
        rows.append({"level": str(level), "n": counts, **found})
    return {"kind": "groups", "rows": rows, "interaction": heterogeneity(rows), "undefined": None}


def heterogeneity(rows: list[dict[str, Any]]) -> dict[str, float] | None:
    """Test whether estimates of separate groups differ (Cochran's Q).

    Parameters
    ----------
    rows : list of dict
        With ``value`` and ``std_error``; rows with ``undefined`` do not count.

    Returns
    -------
    dict or None
        ``statistic, df, p``; None with fewer than two groups.

    Examples
    --------
    >>> rows = [{"value": value, "std_error": 0.1, "undefined": None} for value in (0.0, 0.2)]
    >>> found = heterogeneity(rows)
    >>> round(found["statistic"], 6), found["df"], round(found["p"], 4)
    (2.0, 1, 0.1573)
    """
    from scipy import stats

    known = [(one["value"], one["std_error"]) for one in rows if not one["undefined"]]
    if len(known) < 2:
        return None
    weights = [1 / error**2 for _, error in known]
    centre = sum(weight * value for weight, (value, _) in zip(weights, known, strict=True)) / sum(weights)
    statistic = sum(weight * (value - centre) ** 2 for weight, (value, _) in zip(weights, known, strict=True))
    return {
        "statistic": statistic,
        "df": len(known) - 1,
        "p": float(stats.chi2.sf(statistic, len(known) - 1)),
    }


def _slopes(people: pd.DataFrame, contrast: Contrast, *, alpha: float) -> dict[str, Any]:
    from scipy import stats

    names = (contrast.treatment, contrast.control)
    if not people.index.is_unique and sides_of(people, names=names).placed == "within":
        return _slope_of_differences(people, names, alpha=alpha)
    rows, moments = [], []
    for name in (contrast.treatment, contrast.control):
        part = people[people["condition"] == name]
        level, value = part["level"].to_numpy(dtype=float), part["scaled"].to_numpy(dtype=float)
        if len(part) < 4 or level.std() == 0:
            words = f"Too few participants of {name} have different values."
            return {"kind": "slope", "rows": [], "interaction": None, "undefined": words}
        fit = stats.linregress(level, value)
        reach = float(stats.t.ppf(1 - alpha / 2, len(part) - 2)) * float(fit.stderr)
        slope = float(fit.slope)
        moments.append((slope, float(fit.stderr), len(part) - 2))
        rows.append({"level": name, "value": slope, "low": slope - reach, "high": slope + reach, "undefined": None,
                     "std_error": float(fit.stderr), "n": {name: len(part)}})  # fmt: skip
    (one, a, m), (other, b, k) = moments
    error = math.hypot(a, b)
    df = error**4 / (a**4 / m + b**4 / k) if error > 0 else math.nan
    t = (one - other) / error if error > 0 else math.nan
    interaction = {"statistic": t, "df": df, "p": float(2 * stats.t.sf(abs(t), df))}
    return {"kind": "slope", "rows": rows, "interaction": interaction, "undefined": None}


def _slope_of_differences(people: pd.DataFrame, names: tuple[str, str], *, alpha: float) -> dict[str, Any]:
    """Regress the participants' own differences on the property: its slope is the interaction."""
    from scipy import stats

    rows = people.rename_axis("participant_id").reset_index()
    wide = rows[rows["condition"].isin(names)].pivot_table(
        index="participant_id", columns="condition", values=["scaled", "level"], aggfunc="first"
    )
    wide = wide.dropna()
    if len(wide) < 4:
        words = "Too few participants have both values."
        return {"kind": "slope", "rows": [], "interaction": None, "undefined": words}
    level = wide["level"][names[0]].to_numpy(dtype=float)
    difference = (wide["scaled"][names[0]] - wide["scaled"][names[1]]).to_numpy(dtype=float)
    if level.std() == 0:
        words = "All participants with both values have the same value of the property."
        return {"kind": "slope", "rows": [], "interaction": None, "undefined": words}
    fit = stats.linregress(level, difference)
    df = len(wide) - 2
    slope, error = float(fit.slope), float(fit.stderr)
    reach = float(stats.t.ppf(1 - alpha / 2, df)) * error
    row = {"level": f"{names[0]} - {names[1]}", "value": slope, "low": slope - reach, "high": slope + reach}
    row |= {"undefined": None, "std_error": error, "n": {"pairs": len(wide)}}
    interaction = {"statistic": slope / error if error > 0 else math.nan, "df": df, "p": float(fit.pvalue)}
    return {"kind": "slope", "rows": [row], "interaction": interaction, "undefined": None}
