"""The published decision table: the verdict of the numbers crossed with the validity of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report.flags import RULES

DECISIONS = {
    "better": "superior",
    "worse": "inferior",
    "higher": "higher",
    "lower": "lower",
    "equivalent": "equivalent",
    "non_inferior": "non_inferior",
    "undecided": "cannot_tell",
    "undefined": "not_answered",
}
HEADLINES = {
    "superior": "Superior",
    "superior_small": "Superior, but by too little to matter",
    "inferior": "Inferior: harmful",
    "inferior_small": "Inferior, but by too little to matter",
    "higher": "Higher",
    "lower": "Lower",
    "equivalent": "Practically the same",
    "non_inferior": "Not worse by as much as the margin",
    "by_comparison": "The comparisons come to different answers",
    "cannot_tell": "The data cannot tell",
    "not_answered": "Not answered",
}
CONDITIONS = {
    "superior": "the decisive p is below alpha and the difference is for the better (in every comparison, where all "
    "must hold)",
    "superior_small": "as superior, and the whole interval lies inside the smallest effect that was to matter",
    "inferior": "the decisive p is below alpha and the difference is for the worse",
    "inferior_small": "as inferior, and the whole interval lies inside the smallest effect that was to matter",
    "higher": "the decisive p is below alpha; neither end of the measure is better",
    "lower": "the decisive p is below alpha; neither end of the measure is better",
    "equivalent": "not significant, and both one-sided tests against the smallest effect are (TOST)",
    "non_inferior": "the plan claims no more than that: the one-sided test against the margin is below half of alpha, "
    "and the interval holds no difference too",
    "by_comparison": "several comparisons, each a question of its own, and not all in the same row: the headline "
    "counts them row by row",
    "cannot_tell": "neither; this is not evidence of no effect",
    "not_answered": "the comparison could not be computed",
}
STANDINGS = {
    "sound": "No flag: the headline stands as it is.",
    "reserved": "At least one caution: the headline is followed by 'with reservations', which are named.",
    "void": "At least one void flag: there is no answer; the headline only says what the numbers would have said.",
}


def decide(primary: Mapping[str, Any], flags: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Look the answer up in the published table.

    Parameters
    ----------
    primary : mapping
        As of `analysis.report.verdict.answer_family`.
    flags : sequence of mapping
        As of `analysis.report.flags.validity_flags`.

    Returns
    -------
    dict
        ``decision`` (row), ``standing`` (column), ``headline`` and ``reservations`` (sentences of the flags).

    Examples
    --------
    >>> nothing = {"verdict": "undecided", "contrasts": [], "smallest_effect": None}
    >>> decide(nothing, [])["headline"]
    'The data cannot tell'
    >>> several = [{"verdict": "better", "undefined": None}, {"verdict": "undecided", "undefined": None}]
    >>> decide({"verdict": "undecided", "contrasts": several, "conjunction": False}, [])["headline"]
    'By comparison, 1 of 2: superior; 1 of 2: the data cannot tell'
    >>> decide(nothing, [{"level": "void", "sentence": "Allocation failed."}])["headline"]
    'No valid answer (the numbers alone: the data cannot tell)'
    """
    row, headline = _row(primary)
    levels = {flag["level"] for flag in flags}
    standing = "void" if "void" in levels else "reserved" if levels else "sound"
    if standing == "void":
        headline = f"No valid answer (the numbers alone: {_lower(headline)})"
    elif standing == "reserved" and row != "not_answered":
        headline = f"{headline}, with reservations"
    return {
        "decision": row,
        "standing": standing,
        "headline": headline,
        "reservations": [flag["sentence"] for flag in flags],
    }


def _row(primary: Mapping[str, Any]) -> tuple[str, str]:
    """Return the row of the answer and its headline; comparisons that are questions of their own may differ."""
    contrasts = primary["contrasts"]
    rows = [_row_of(one["verdict"], [one]) for one in contrasts]
    if len(set(rows)) < 2 or primary["conjunction"] or primary["verdict"] == "undefined":
        row = _row_of(primary["verdict"], contrasts)
        return row, HEADLINES[row]
    counts = [(name, rows.count(name)) for name in HEADLINES if name in rows]
    told = [f"{count} of {len(rows)}: {_lower(HEADLINES[name])}" for name, count in counts]
    return "by_comparison", f"By comparison, {'; '.join(told)}"


def _row_of(verdict: str, contrasts: Sequence[Mapping[str, Any]]) -> str:
    row = DECISIONS[verdict]
    return f"{row}_small" if row in ("superior", "inferior") and _small(contrasts) else row


def _lower(words: str) -> str:
    return f"{words[0].lower()}{words[1:]}"


def published_table() -> dict[str, Any]:
    """Return the whole table as it is printed in every report.

    Returns
    -------
    dict
        ``rows`` (decision, headline, condition), ``columns`` (standing, meaning) and ``flags`` (name to rule).
    """
    return {
        "rows": [
            {"decision": name, "headline": HEADLINES[name], "condition": CONDITIONS[name]}
            for name in HEADLINES
        ],
        "columns": [{"standing": name, "meaning": meaning} for name, meaning in STANDINGS.items()],
        "flags": dict(RULES),
    }


def _small(contrasts: Sequence[Mapping[str, Any]]) -> bool:
    known = [one for one in contrasts if not one["undefined"] and one.get("equivalence")]
    if len(known) < len(contrasts) or not known:
        return False
    return all(
        max(abs(one["shown"]["low"]), abs(one["shown"]["high"])) < one["equivalence"]["details"]["bounds"][1]
        for one in known
        if one["equivalence"]["undefined"] is None
    ) and all(one["equivalence"]["undefined"] is None for one in known)
