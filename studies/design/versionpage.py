"""What the experimenter's page of a version shows, as plain values; the template only lays it out."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from studies.design.content import case_pool, content_of, plan_request
from studies.design.models import StudyVersion
from studies.design.planblocks import Block, Group, PoolCase, fits
from studies.design.selectors import (
    Progress,
    explanation_progress,
    prediction_progress,
    rendering_progress,
)
from studies.design.spec import SHOWN, CaseQuota, ConditionSpec, Step, StudySpec
from studies.design.strata import AI_CORRECT, cell_name
from studies.protocols import protocol_names
from studies.questionnaires.paging import page_count

STEP_WORDS = {
    "consent": "Consent",
    "screening": "Screening",
    "questionnaire": "Questionnaire",
    "instructions": "Instructions",
    "comprehension": "Comprehension check",
    "allocate": "Allocation to a condition",
    "practice": "Practice",
    "trials": "Trials",
    "session": "Session",
    "debrief": "Debrief",
}
TRIAL_STEPS = ("practice", "trials")


@dataclass(frozen=True)
class PreviewLink:
    """A link to one page as one condition sees it; empty where the condition does not see it."""

    label: str
    url: str


def conditions_table(spec: StudySpec) -> list[dict[str, Any]]:
    """Return a row for each condition."""
    ratio = dict(zip((arm.name for arm in spec.arms), spec.ratio, strict=True))
    return [
        {
            "name": condition.name,
            "advice": ", ".join(condition.advice_show) or "none",
            "explanations": [
                f"{e.method}, {e.control.replace('_', ' ')} (control)"
                if e.control
                else f"{e.method} of the {e.target} class"
                for e in condition.explanations
            ],
            "ratio": ", ".join(
                str(ratio[arm.name]) if arm.name == condition.name else f"{arm.name} {ratio[arm.name]}"
                for arm in spec.arms_with(condition.name)
            )
            or "in some trials of all",
        }
        for condition in spec.conditions
    ]


def flow_table(version: StudyVersion, spec: StudySpec) -> list[dict[str, Any]]:
    """Return a row for each page of the flow, with the preview of it in every condition."""
    return [
        {
            "number": step.index + 1,
            "words": _words(step),
            "stage": stage,
            "only": ", ".join(step.only),
            "previews": [_preview(version, spec, condition, step, stage) for condition in spec.conditions],
        }
        for step in spec.steps
        for stage in _stages(spec, step)
    ]


def _words(step: Step) -> str:
    params = step.params
    words = STEP_WORDS[step.kind]
    if step.kind == "questionnaire":
        return f"{words}: {params['instrument']}"
    if step.kind == "comprehension":
        return f"{words}: {len(params['items'])} questions, {params['attempts']} attempts"
    if step.kind == "session":
        days = params["opens_s"] / 86_400
        return f"{words} {params['name']}: opens {days:g} days later"
    if step.kind == "screening":
        return f"{words}: {len(params['items'])} questions"
    if step.kind == "practice":
        feedback = "with feedback" if params["feedback"] else "without feedback"
        return f"{words}: {params['cases']} cases, {params['protocol']}, {feedback}"
    if step.kind == "trials":
        return f"{words}: {params['cases']['per_participant']} cases, {params['protocol']}"
    if step.kind == "debrief" and params["consent"]:
        return f"{words}, with consent after it"
    return words


def _stages(spec: StudySpec, step: Step) -> list[str]:
    if step.kind == "questionnaire":
        return ["", *(str(page) for page in range(2, page_count(step.params) + 1))]
    if step.kind not in TRIAL_STEPS or step.params["protocol"] not in protocol_names():
        return [""]
    return [stage.name for stage in spec.stages(step, spec.conditions[0].name)]


def _sees(spec: StudySpec, condition: ConditionSpec, step: Step) -> bool:
    return any(step.applies_to(arm.name) for arm in spec.arms_with(condition.name))


def _preview(
    version: StudyVersion, spec: StudySpec, condition: ConditionSpec, step: Step, stage: str
) -> PreviewLink | None:
    if step.kind == "allocate" or not _sees(spec, condition, step):
        return None
    parts = [version.study.slug, version.pk, condition.name, step.index, stage or "-"]
    try:
        return PreviewLink(condition.name, reverse("preview", args=parts))
    except NoReverseMatch:  # the participants' door is not part of this installation
        return None


def case_plan_table(version: StudyVersion, spec: StudySpec) -> list[dict[str, Any]]:
    """Return a row for each block of each group of arms: its cells, and how often a case is judged under a level."""
    pool = _pool(version)
    request = plan_request(spec)
    return [
        _block_row(spec, group, block, pool, several=len(request.groups) > 1)
        for group in request.groups
        for block in group.blocks
    ]


def _block_row(
    spec: StudySpec, group: Group, block: Block, pool: list[PoolCase], *, several: bool
) -> dict[str, Any]:
    right = sum(cell.count for cell in block.cells if cell.values.get(AI_CORRECT) == "true")
    fixed = all(AI_CORRECT in cell.values for cell in block.cells)
    return {
        "number": block.block_index + 1,
        "arms": ", ".join(group.arms) if several else "",
        "protocol": spec.steps[block.step_index].params["protocol"],
        "size": block.size,
        "accuracy": f"{right} of {block.size} ({100 * right / block.size:.0f} %)" if fixed else "not fixed",
        "portions": [
            {"within": portion.within.lstrip(SHOWN), "size": portion.size}
            for portion in block.portions
            if portion.within
        ],
        "cells": [_cell_row(spec, group, block, cell, pool) for cell in block.cells],
    }


def _cell_row(
    spec: StudySpec, group: Group, block: Block, cell: CaseQuota, pool: list[PoolCase]
) -> dict[str, Any]:
    ratio = dict(zip((arm.name for arm in spec.arms), spec.ratio, strict=True))
    largest = max(ratio[arm] * spec.slots / sum(spec.ratio) for arm in group.arms)
    predictor = block.portions[0].predictor
    cases = [case for case in pool if case.case_set == block.case_set]
    available = sum(fits(case, cell, predictor=predictor) for case in cases)
    return {
        "name": cell_name(cell),
        "count": cell.count,
        "available": available,
        "exposure": f"{largest * cell.count / available:.1f}" if available else "",
    }


def _pool(version: StudyVersion) -> list[PoolCase]:
    content = content_of(version)
    if not content.is_there:
        return []
    return case_pool(content.spec, cases=content.cases(), predictors=content.known_predictors)


def plan_lines(spec: StudySpec) -> list[tuple[str, str]]:
    """Return the plan as pairs of a word and what it says."""
    plan = spec.plan
    lines = [("Primary", _outcome(plan["primary"]))]
    lines += [("Secondary", _outcome(outcome)) for outcome in plan["secondary"]]
    lines += [
        ("Participants analysed", str(plan["n"])),
        ("Who is analysed", plan["analyse"].replace("_", " ")),
        ("Multiplicity", plan["multiplicity"]),
        ("Alpha", str(plan["alpha"])),
    ]
    for entry in plan["sensitivity"]:
        lines.append(
            ("Sensitivity", "without " + ", ".join(_rule(*rule) for rule in entry["without"].items()))
        )
    return lines


def _outcome(outcome: dict[str, Any]) -> str:
    contrasts = outcome.get("contrasts") or [outcome["contrast"]]
    text = f"{outcome['measure']}: {(' and ' if outcome.get('all') else ', ').join(contrasts)}"
    if "smallest_effect" in outcome:
        text += f"; smallest effect {outcome['smallest_effect']}"
    return f"{text}; {outcome.get('direction', 'two_sided').replace('_', '-')}"


def _rule(column: str, value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{column} {relation} {bound}" for relation, bound in value.items())
    return f"{column} = {value}"


def progress_rows(version: StudyVersion) -> list[tuple[str, Progress]]:
    """Return how far everything is that the version will show."""
    rows = [("Predictions", prediction_progress(version))]
    rows += [(f"Explanations: {name}", progress) for name, progress in explanation_progress(version).items()]
    if len(rows) > 1:
        rows.append(("Drawings", rendering_progress(version)))
    return rows


def source_diff(version: StudyVersion) -> list[tuple[str, str]]:
    """Return the lines that differ from the version before, each with ``added``, ``removed`` or ``same``."""
    before = version.study.versions.filter(number__lt=version.number).order_by("-number").first()
    if before is None:
        return []
    return list(_diff_lines(_whole(before), _whole(version)))


def _whole(version: StudyVersion) -> list[str]:
    lines = version.source.splitlines()
    for text in version.texts.order_by("name"):
        lines += [f"--- {text.name} ---", *text.markdown.splitlines()]
    return lines


def _diff_lines(before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    kinds = {"+": "added", "-": "removed", " ": "same"}
    for line in list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]:
        yield ("place", line) if line.startswith("@@") else (kinds[line[0]], line)
