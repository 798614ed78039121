"""Strata: the cells of a case plan from its margins, and the keys under which people are allocated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from studies.design.spec import CaseQuota, StudySpec

CASE_COLUMNS = ("ai_correct", "ground_truth")
Margins = Mapping[str, Mapping[str, int]]


def resolve_margins(
    strata: Mapping[str, Any], *, per_participant: int, options: Sequence[str]
) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    """Turn 'balanced' into numbers; return the margins, and for each column that cannot be met a sentence why."""
    margins: dict[str, dict[str, int]] = {}
    faults: dict[str, str] = {}
    for column, wanted in strata.items():
        values = ("true", "false") if column == "ai_correct" else tuple(options)
        if column not in CASE_COLUMNS:
            faults[column] = (
                f"not supported yet: '{column}' as a stratum; there is: {', '.join(CASE_COLUMNS)}."
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
    columns = [column for column in CASE_COLUMNS if column in margins]
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
            correct = named.get("ai_correct")
            cells.append(
                CaseQuota(
                    ai_correct=None if correct is None else correct == "true",
                    ground_truth=named.get("ground_truth"),
                    count=int(share),
                )
            )
    return cells


def _named(values: Mapping[str, str]) -> str:
    return ", ".join(f"{column} = {value}" for column, value in values.items())


def cell_name(cell: CaseQuota) -> str:
    """Return a cell in words."""
    right = {True: "AI right", False: "AI wrong", None: ""}[cell.ai_correct]
    return ", ".join(part for part in (right, cell.ground_truth or "") if part) or "any case"


def stratum_key(spec: StudySpec, answers: Mapping[str, str]) -> str:
    """Return the stratum of a participant from the answers to the stratum items, by questionnaire name."""
    return "|".join(f"{name}={answers[name]}" for name in spec.strata)


def stratum_keys(spec: StudySpec) -> list[str]:
    """Return every stratum that a participant of the study can fall into, in the order of the options."""
    levels = [[f"{name}={value}" for value in stratum_levels(spec, name)] for name in spec.strata]
    return ["|".join(parts) for parts in product(*levels)]


def stratum_levels(spec: StudySpec, questionnaire: str) -> list[str]:
    """Return the values of the stratum item of a questionnaire."""
    params = next(
        s.params for s in spec.steps if s.kind == "questionnaire" and s.params["name"] == questionnaire
    )
    item = next(item for item in params["items"] if item["id"] == params["stratum"])
    return [option["value"] for option in item["options"]]
