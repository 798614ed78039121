"""The codebook of a dataset: every column of every table, and what was asked, shown and left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from analysis.core.schema import TABLES, Table, codebook
from explainers.methods import METHODS
from studies.design.attention import INSTRUCTED, INSTRUMENT
from studies.design.spec import StudySpec
from studies.export.attention import COLUMNS, has_checks, told_checks
from studies.export.factors import VARIANT, factor_columns, has_variants
from studies.export.people import Scope
from studies.export.rows_people import item_bounds
from studies.export.trialshape import optional_columns

TABLE_NAMES = ("trials", "responses", "presentations", "participants", "scales", "events")
BESIDE: Mapping[str, Collection[str]] = {
    "participants": ("language",),
    "scales": ("scoring", "position", "given"),
    "responses": ("reference", "correct", "score"),
    "presentations": ("reveal", "visible_ms", "opens", "toggles", "zooms"),
}
NAMES = ["table", "column", "kind", "unit", "meaning", "levels", "low", "high", "nullable"]
CODES = {
    "missing": "empty in CSV, null in Parquet",
    "booleans": "true and false",
    "times": (
        "seconds from the participant's own start; no date or time of day of a participant leaves "
        "(treatment.json has the first and the last day of the study)"
    ),
    "participant_id": "random, of this dataset only",
    "text": (
        "In CSV files a text that a spreadsheet would take for a formula, or that begins with an apostrophe, has an "
        "apostrophe put in front; Parquet files hold every text as it is."
    ),
    "left out": (
        "free text; of the details of events every text that is no word of the study itself; all answers of "
        "participants who were erased or who refused consent after the debrief (their row in participants stays, "
        "marked excluded)"
    ),
    "scales.condition": (
        "where participants meet several conditions, the one whose trials came just before the questionnaire; what was "
        "allocated to the participant where these trials mixed several"
    ),
    "scales.value": "of an item with options: the place of the answer among them, from 1",
}


def exported_tables(spec: StudySpec) -> dict[str, Table]:
    """Return the tables of this study, each with the columns that it has."""
    checked = COLUMNS if has_checks(spec) else ()
    there = {
        **BESIDE,
        "trials": optional_columns(spec),
        "participants": (*BESIDE["participants"], *checked),
    }
    return {
        name: replace(
            TABLES[name],
            columns=(
                *TABLES[name].columns,
                *(column for column in TABLES[name].optional if column.name in there.get(name, ())),
                *(
                    column
                    for column in TABLES[name].optional
                    if column.name == VARIANT and has_variants(spec)
                ),
                *factor_columns(spec, name),
            ),
        )
        for name in TABLE_NAMES
    }


def codebook_rows(spec: StudySpec) -> list[dict[str, Any]]:
    """Return one row for each column of the tables that leave."""
    return codebook(exported_tables(spec).values())


def codebook_document(scope: Scope) -> dict[str, Any]:
    """Return the whole codebook, with the codes, the conditions and the items of the questionnaires in words."""
    spec = scope.spec
    return {
        "columns": codebook_rows(spec),
        "codes": CODES,
        "decision": {
            "question": spec.decision.question,
            "options": [{"value": o.value, "label": o.label} for o in spec.decision.options],
            "positive": spec.decision.positive,
        },
        "conditions": [
            {
                "name": condition.name,
                "label": condition.label,
                "levels": dict(condition.levels),
                "advice": list(condition.advice_show),
                "advice_source": condition.advice_source,
                "explanations": [
                    {
                        "name": e.name,
                        "method": e.method,
                        "title": METHODS.get_or_missing(e.method).label,
                        "target": e.target,
                        "control": e.control,
                        "control_title": METHODS.get_or_missing(e.control).label if e.control else "",
                    }
                    for e in condition.explanations
                ],
                **({"incentive": dict(condition.incentive)} if condition.incentive else {}),
            }
            for condition in spec.conditions
        ],
        "questionnaire_items": [
            {
                "step_index": step.index,
                "questionnaire": INSTRUMENT if INSTRUCTED in item else step.params["name"],
                "item": item["id"],
                "text": item["text"],
                "options": [option["label"] for option in item.get("options") or ()],
                "minimum": item_bounds(item)[0],
                "maximum": item_bounds(item)[1],
                "reverse": bool(item.get("reverse")),
                "anchors": list(item.get("anchors") or ()),
                "asked_if": list(item.get("show_if") or ()),
            }
            for step in spec.steps
            if step.kind == "questionnaire"
            for item in step.params["items"]
        ],
        **({"attention_checks": list(told_checks(spec))} if has_checks(spec) else {}),
    }
