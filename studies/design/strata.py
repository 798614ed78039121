"""Strata: the cells of a case plan from its margins, and the keys under which people are allocated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from studies.design.spec import CaseQuota, StudySpec

AI_CORRECT, GROUND_TRUTH, AI_FLIPS = "ai_correct", "ground_truth", "ai_flips"
PRESENT = "*"
"""Stands for any value in a cell: the case must have one."""
Margins = Mapping[str, Mapping[str, int]]


def resolve_margins(
    strata: Mapping[str, Any], *, per_participant: int, options: Sequence[str]
) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    """Turn 'balanced' into numbers; return the margins, and for each column that cannot be met a sentence why.

    Besides ``ai_correct`` and ``ground_truth`` every column of the case file can be a stratum; its values are named.
    """
    margins: dict[str, dict[str, int]] = {}
    faults: dict[str, str] = {}
    known = {AI_CORRECT: ("true", "false"), AI_FLIPS: ("true", "false"), GROUND_TRUTH: tuple(options)}
    for column, wanted in strata.items():
        values = known.get(column) or (() if wanted == "balanced" else tuple(wanted))
        if not values:
            faults[column] = (
                f"The values of '{column}' are not known here: write how many cases of each, "
                f"such as {column}: {{easy: {per_participant // 2}, hard: {per_participant - per_participant // 2}}}."
            )
        elif wanted == "balanced":
            share, left = divmod(per_participant, len(values))
            margins[column] = dict.fromkeys(values, share)
            if left:
                faults[column] = (
                    f"{per_participant} cases cannot be divided equally over {len(values)} values "
                    f"({', '.join(values)}): take a multiple of {len(values)}."
                )
        else:
            margins[column] = {value: wanted.get(value, 0) for value in values}
            unknown = sorted(set(wanted) - set(values))
            if unknown:
                faults[column] = f"'{unknown[0]}' is no value of {column}; there is: {', '.join(values)}."
            elif (total := sum(wanted.values())) != per_participant:
                faults[column] = f"The numbers add up to {total}, but per_participant is {per_participant}."
    return margins, faults


def case_cells(margins: Margins, *, per_participant: int) -> list[CaseQuota]:
    """Divide a participant's cases over the cells of the margins, in proportion; ``ValueError`` if they do not divide.

    The count of a cell is the product of its margins divided by ``per_participant``, as it is when the margins are
    independent: the AI is then equally often right in every class.
    """
    columns = sorted(margins, key=lambda column: (column != AI_CORRECT, column != GROUND_TRUTH))
    cells = []
    for values in product(*(margins[column] for column in columns)):
        share = Fraction(per_participant)
        for column, value in zip(columns, values, strict=True):
            share *= Fraction(margins[column][value], per_participant)
        named = dict(zip(columns, values, strict=True))
        if share.denominator != 1:
            raise ValueError(
                f"The cell {_named(named)} would hold {float(share):.4g} cases of {per_participant}: "
                "change the numbers so that every cell is whole."
            )
        if share:
            cells.append(CaseQuota(named, int(share)))
    return cells


def _named(values: Mapping[str, str]) -> str:
    return ", ".join(
        f"a value of {column}" if value == PRESENT else f"{column} = {value}"
        for column, value in values.items()
    )


def cell_name(cell: CaseQuota) -> str:
    """Return a cell in words."""
    right = {"true": "AI right", "false": "AI wrong"}.get(cell.values.get(AI_CORRECT, ""), "")
    other = {
        column: value for column, value in cell.values.items() if column not in (AI_CORRECT, GROUND_TRUTH)
    }
    parts = (right, cell.values.get(GROUND_TRUTH, ""), _named(other))
    return ", ".join(part for part in parts if part) or "any case"


def stratum_key(spec: StudySpec, answers: Mapping[str, str]) -> str:
    """Return the stratum of a participant from the answers to the stratum items, by questionnaire name."""
    return "|".join(f"{name}={answers[name]}" for name in spec.strata)


def stratum_keys(spec: StudySpec) -> list[str]:
    """Return every stratum that a participant of the study can fall into, in the order of the options."""
    levels = [[f"{name}={value}" for value in stratum_levels(spec, name)] for name in spec.strata]
    return ["|".join(parts) for parts in product(*levels)]


def list_keys(spec: StudySpec) -> list[str]:
    """Return the lists of slots of a study: one for each stratum; one for all where people are minimised over them."""
    return ["*"] if spec.recruitment.method == "minimisation" else stratum_keys(spec)


def stratum_levels(spec: StudySpec, questionnaire: str) -> list[str]:
    """Return the values of the stratum item of a questionnaire."""
    params = next(
        s.params for s in spec.steps if s.kind == "questionnaire" and s.params["name"] == questionnaire
    )
    item = next(item for item in params["items"] if item["id"] == params["stratum"])
    return [option["value"] for option in item["options"]]
