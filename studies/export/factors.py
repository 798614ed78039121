"""The factors of a study in its tables: which columns there are, which levels a row has, and how they were placed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.core.column import Column
from analysis.core.schema import FACTOR_PREFIX
from studies.design.spec import StudySpec
from studies.design.squares import order_rows

VARIANT = "variant"  # the column by which measures tell variants of one explanation apart
WORDS = {
    "between": "between participants",
    "within": "within participants, in runs of trials",
    "case": "within participants, trial by trial",
}


def factor_columns(spec: StudySpec, table: str) -> tuple[Column, ...]:
    """Return the columns of the factors: in ``trials`` of all, in ``participants`` of those that lie between."""
    placed = {"trials": tuple(WORDS), "participants": ("between",)}.get(table, ())
    return tuple(
        Column(
            f"{FACTOR_PREFIX}{factor['name']}",
            "text",
            "",
            f"level of the factor {factor['name']}, placed {WORDS[factor['placed']]}; "
            "empty where it makes no difference to what is shown"
            if table == "trials"
            else f"level of the factor {factor['name']} that the participant was allocated to",
            levels=tuple(factor["levels"]),
            nullable=True,
        )
        for factor in spec.factors
        if factor["placed"] in placed
    )


def condition_levels(spec: StudySpec, condition: str | None, *, dealt: str = "") -> dict[str, str | None]:
    """Return the columns of the factors for a trial that shows a condition, and which variant its explanations are of.

    ``dealt`` is the variant of the participant's plan; where a factor is called variant, its level is the variant.
    """
    shown = spec.condition(condition) if condition else None
    levels = shown.levels if shown else {}
    columns = _columns(spec, levels, tuple(WORDS))
    if spec.variants:
        return columns | {VARIANT: dealt if shown and shown.varies else None}
    return columns | ({VARIANT: levels.get(VARIANT)} if has_variants(spec) else {})


def has_variants(spec: StudySpec) -> bool:
    """Say whether people get different variants of the same explanation: dealt ones, or a factor of that name."""
    return bool(spec.variants) or any(factor["name"] == VARIANT for factor in spec.factors)


def arm_levels(spec: StudySpec, arm: str | None) -> dict[str, str | None]:
    """Return the columns of the factors for a participant of an arm."""
    return _columns(spec, spec.arm(arm).levels if arm else {}, ("between",))


def _columns(spec: StudySpec, levels: Mapping[str, str], placed: tuple[str, ...]) -> dict[str, str | None]:
    names = [factor["name"] for factor in spec.factors if factor["placed"] in placed]
    return {f"{FACTOR_PREFIX}{name}": levels.get(name) for name in names}


def placement_document(spec: StudySpec) -> dict[str, Any]:
    """Return what was placed where and how it was dealt, so that an analysis can deal it again.

    ``runs`` are the levels that stay for a run of trials, ``orders`` the rows that the plans of an arm got, each
    equally often within every run of as many plans as there are rows (none: each plan's order was drawn by itself).
    """
    return {
        "arms": [
            {
                "name": arm.name,
                "levels": dict(arm.levels),
                "conditions": dict(arm.conditions),
                "runs": [run for run in arm.runs if run],
                "orders": [[arm.runs[at] for at in row] for row in order_rows(spec.order, len(arm.runs))]
                if len(arm.runs) > 1
                else [],
            }
            for arm in spec.arms
        ],
        "factors": [dict(factor) for factor in spec.document.get("within", {}).get("factors", [])],
        **({"variants": [variant.name for variant in spec.variants]} if spec.variants else {}),
        "order": spec.order,
        "per": spec.per,
        "blocks": [
            {
                "step_index": step.index,
                "cases": step.params["cases"],
                "portions": step.params.get("portions", {}),
            }
            for step in spec.steps
            if step.kind == "trials"
        ],
    }
