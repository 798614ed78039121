"""Writes what happened: the schedule, what was on the screen, what was answered. Rows are only ever added."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone

from studies.design.conditions import ADVICE
from studies.design.spec import Step
from studies.protocols import get_protocol
from studies.protocols.stages import Stage
from studies.trials.answers import Clock
from studies.trials.models import (
    Presentation,
    PresentedItem,
    StepResponse,
    Submission,
    Trial,
    TrialResponse,
)
from studies.trials.position import TRIAL_STEPS
from studies.trials.sitting import Sitting
from studies.trials.stageview import LAYOUT, StageView


def schedule_create(sitting: Sitting) -> None:
    """Write every trial of a person who was just given a slot; trials that are never reached stay visible so."""
    rows = []
    for step in sitting.spec.steps:
        if step.kind in TRIAL_STEPS and step.applies_to(sitting.arm):
            rows += _trials_of_step(sitting, step)
    # Not through what the process keeps: should this transaction fail, these trials were never there.
    sitting.scheduled = Trial.objects.bulk_create(rows)


def presentation_create(sitting: Sitting, *, stage: Stage, view: StageView) -> None:
    """Record that a stage is sent for the first time."""
    now = timezone.now()
    for number, items in enumerate((view.items, *view.beside)):
        trial = sitting.trial_id_of(sitting.place.trial + number)
        sent = (trial, stage.name, list(view.option_order), LAYOUT, settings.VERSION, now)
        rows = [
            (position, item.item, item.name, item.digest, item.rendering_digest)
            for position, item in enumerate(items)
        ]
        sitting.ledger.insert_family(
            (
                Presentation,
                ("trial", "stage", "option_order", "layout", "assay_version", "presented_at"),
                sent,
            ),
            (PresentedItem, ("presentation", "position", "item", "name", "digest", "rendering_digest"), rows),
        )


def presentation_exists(sitting: Sitting, *, stage: Stage) -> bool:
    """Say whether the stage was sent before."""
    return Presentation.objects.filter(trial_id=sitting.trial_id, stage=stage.name).exists()


def reveals_record(sitting: Sitting, *, stage: Stage, view: StageView) -> list[str]:
    """Record what a stage shows now and did not show before, with the moment; return the names of it."""
    presentation = Presentation.objects.get(trial_id=sitting.trial_id, stage=stage.name)
    known = [(item.item, item.name) for item in presentation.items.all()]
    new = [item for item in view.items if (item.item, item.name) not in known]
    now = timezone.now()
    PresentedItem.objects.bulk_create(
        PresentedItem(
            presentation=presentation,
            position=len(known) + number,
            item=item.item,
            name=item.name,
            digest=item.digest,
            rendering_digest=item.rendering_digest,
            revealed_at=now,
        )
        for number, item in enumerate(new)
    )
    return [ADVICE if item.item == "advice" else item.name for item in new]


def trial_responses_create(
    sitting: Sitting, *, stage: Stage, values: Mapping[str, Any], clock: Clock
) -> None:
    """Store the answers of a stage, and what the server records of it itself."""
    kinds: dict[str, str] = {field.name: field.kind for field in stage.fields}
    kinds |= dict.fromkeys(stage.recorded, "recorded")
    values = {**values, **stage.recorded}
    times = (clock.rt_ms, clock.hidden_ms, clock.explanation_visible_ms, timezone.now())
    sitting.ledger.insert(
        TrialResponse,
        (
            *("trial", "stage", "field", "kind", "value"),
            *("rt_ms", "hidden_ms", "explanation_visible_ms", "responded_at"),
        ),
        [(sitting.trial_id, stage.name, name, kinds[name], value, *times) for name, value in values.items()],
    )


def step_responses_create(
    sitting: Sitting,
    *,
    values: Mapping[str, Any],
    marks: Mapping[str, bool],
    clock: Clock,
    left_open: Collection[str] = (),
) -> None:
    """Store the answers to the items of a step, in the order in which they stood; also those left open are a row."""
    step, now = sitting.step, timezone.now()
    StepResponse.objects.bulk_create(
        StepResponse(
            participant=sitting.participant,
            step_index=step.index,
            kind=step.kind,
            instrument=step.params.get("name", step.kind),
            instrument_version=str(step.params.get("version", "")),
            attempt=sitting.place.attempt,
            item=name,
            position=position,
            value=value,
            given=_given(value, is_open=name in left_open),
            correct=marks.get(name),
            rt_ms=clock.rt_ms,
            responded_at=now,
        )
        for position, (name, value) in enumerate(values.items())
    )


def _given(value: Any, *, is_open: bool) -> str:
    if is_open:
        return StepResponse.Given.LEFT_OPEN
    return StepResponse.Given.PREFER_NOT if value is None else StepResponse.Given.ANSWER


def submission_create(sitting: Sitting, *, nonce: str, body_digest: str) -> None:
    """Record that a page was answered, so that a repeat is recognised."""
    sitting.ledger.insert(
        Submission,
        ("participant", "nonce", "body_digest", "at"),
        [(sitting.participant.pk, nonce, body_digest, timezone.now())],
    )


def body_digest_of(data: Mapping[str, Any]) -> str:
    """Return the sha-256 of the answers that a form sent."""
    text = json.dumps(dict(data), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _trials_of_step(sitting: Sitting, step: Step) -> list[Trial]:
    protocol = get_protocol(step.params["protocol"])
    return [
        Trial(
            participant=sitting.participant,
            step_index=step.index,
            block_index=planned.block_index,
            trial_index=planned.trial_index,
            case_id=planned.case_id,
            condition=sitting.condition_at(step, number).name,
            protocol=protocol.name,
            protocol_version=protocol.version,
            is_practice=step.kind == "practice",
            check_number=planned.check,
        )
        for number, planned in enumerate(sitting.cases(step))
    ]
