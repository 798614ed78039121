"""Free text for two blinded coders: texts go out without condition or person, a file of codes comes back from each.

Free text is in no dataset. What leaves for coding is the text and the question that it answers, in random order, under
a name that tells nothing; what a dataset gets in the end are codes.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from analysis.core.codings import CodesInvalidError, read_codes
from analysis.core.stream import sub_seed
from studies.design.models import StudyVersion
from studies.design.services.audit import action_record
from studies.design.services.launch import seed_bytes
from studies.errors import StudyError
from studies.export.csvsafe import safe_text
from studies.export.models import TextCode
from studies.export.people import Person, Scope
from studies.trials.models import StepResponse, Trial, TrialResponse

COLUMNS = ("response", "question", "text", "code")
CODERS = 2


class NothingToCode(StudyError):
    """A version has no free text."""

    code = "nothing_to_code"


class CodesRefused(StudyError):
    """Codes cannot be brought in."""

    code = "codes_refused"


@dataclass(frozen=True)
class FreeText:
    """One answer in a participant's own words."""

    response: str
    question: str
    text: str
    person: Person
    condition: str
    trial_response: int | None = None
    step_response: int | None = None


def texts_of(scope: Scope) -> Iterator[FreeText]:
    """Yield the free texts of everybody whose answers may leave; an empty one is none."""
    for people in scope.people_with_answers():
        persons = {person.pk: person for person in people}
        yield from _of_trials(scope, persons)
        yield from _of_steps(scope, persons)


def texts_sheet(*, version: StudyVersion, simulated: bool, actor: AbstractBaseUser | None) -> str:
    """Return the texts as the CSV file that a coder fills in, and leave a line in the audit trail."""
    found = sorted(texts_of(Scope(version, simulated)), key=lambda one: one.response)
    if not found:
        raise NothingToCode(f"{version} has no free text to code.")
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    lines.writerows([one.response, safe_text(one.question), safe_text(one.text), ""] for one in found)
    detail = {"version": version.number, "simulated": simulated, "texts": len(found)}
    action_record(verb="texts_to_code", study=version.study, actor=actor, detail=detail)
    return text.getvalue()


@transaction.atomic
def codes_bring(
    *, version: StudyVersion, simulated: bool, coder: str, content: bytes, actor: AbstractBaseUser | None
) -> int:
    """Take in the file of one coder, whole or not at all; the same coder again takes the place of what was there."""
    name = coder.strip()[:40]
    others = coders_of(version, simulated=simulated).keys() - {name}
    if not name:
        raise CodesRefused("Say who coded: a name or a letter by which the two coders are told apart.")
    if len(others) >= CODERS:
        raise CodesRefused(
            f"{' and '.join(sorted(others))} have coded these texts already; kappa is of two coders. "
            "Bring the file under one of these names to replace it."
        )
    texts = {one.response: one for one in texts_of(Scope(version, simulated))}
    try:
        codes = read_codes(content, name="the file", known=texts.keys())
    except CodesInvalidError as error:
        raise CodesRefused(" ".join(error.faults)) from error
    TextCode.objects.filter(_kind(simulated), version=version, coder=name).delete()
    TextCode.objects.bulk_create(
        TextCode(
            version=version,
            coder=name,
            trial_response_id=texts[response].trial_response,
            step_response_id=texts[response].step_response,
            code=code,
        )
        for response, code in codes.items()
    )
    detail = {"version": version.number, "coder": name, "codes": len(codes), "simulated": simulated}
    action_record(verb="codes_brought", study=version.study, actor=actor, detail=detail)
    return len(codes)


def coding_rows(scope: Scope) -> list[Mapping[str, Any]]:
    """Return the codes of a dataset, each with the condition in which its text was written."""
    codes: dict[tuple[str, int], list[tuple[str, str]]] = {}
    rows = TextCode.objects.filter(version=scope.version)
    for coder, trial, step, code in rows.values_list("coder", "trial_response", "step_response", "code"):
        key = ("trial", trial) if step is None else ("step", step)
        codes.setdefault(key, []).append((coder, code))
    if not codes:
        return []
    return [
        {
            "response": one.response,
            "coder": coder,
            "code": code,
            "participant_id": one.person.participant_id,
            "condition": one.condition,
            "question": one.question,
        }
        for one in sorted(texts_of(scope), key=lambda one: one.response)
        for coder, code in sorted(codes.get(_key(one), []))
    ]


def _key(one: FreeText) -> tuple[str, int]:
    return (
        ("trial", one.trial_response) if one.trial_response is not None else ("step", one.step_response or 0)
    )


def coders_of(version: StudyVersion, *, simulated: bool) -> dict[str, int]:
    """Return how many texts of simulated, or of real, participants each coder has coded."""
    found: dict[str, int] = {}
    rows = TextCode.objects.filter(_kind(simulated), version=version)
    for coder in rows.values_list("coder", flat=True):
        found[coder] = found.get(coder, 0) + 1
    return dict(sorted(found.items()))


def asks_text(version: StudyVersion) -> bool:
    """Say whether a version asks anything that is answered in one's own words."""
    spec = Scope(version, simulated=False).spec
    items = (item for step in spec.steps for item in step.params.get("items", ()))
    fields = (
        field
        for step in spec.steps
        if step.kind in ("trials", "practice") and step.params.get("protocol")
        for condition in spec.conditions
        for stage in spec.stages(step, condition.name)
        for field in stage.fields
    )
    return any(item.get("kind") == "text" for item in items) or any(field.kind == "text" for field in fields)


def _kind(simulated: bool) -> Q:
    """Select codes of simulated, or of real, participants."""
    return Q(trial_response__trial__participant__is_simulated=simulated) | Q(
        step_response__participant__is_simulated=simulated
    )


def _of_trials(scope: Scope, persons: Mapping[int, Person]) -> Iterator[FreeText]:
    labels = _field_labels(scope)
    trials = Trial.objects.filter(participant__in=persons).in_bulk()
    rows = TrialResponse.objects.filter(trial__in=trials, kind="text").order_by("pk")
    for pk, trial_id, field, value in rows.values_list("pk", "trial_id", "field", "value"):
        if isinstance(value, str) and value.strip():
            trial = trials[trial_id]
            person = persons[trial.participant_id]
            yield FreeText(
                response=_name(scope, "trial", pk),
                question=labels.get((trial.step_index, field), field),
                text=value,
                person=person,
                condition=trial.condition or person.condition or "",
                trial_response=pk,
            )


def _of_steps(scope: Scope, persons: Mapping[int, Person]) -> Iterator[FreeText]:
    asked = {
        (step.index, item["id"]): item["text"]
        for step in scope.spec.steps
        for item in step.params.get("items", ())
        if item.get("kind") == "text"
    }
    steps = {index for index, _item in asked}
    rows = StepResponse.objects.filter(participant__in=persons, step_index__in=steps).order_by("pk")
    for pk, person_id, index, item, value in rows.values_list(
        "pk", "participant_id", "step_index", "item", "value"
    ):
        if (index, item) in asked and isinstance(value, str) and value.strip():
            person = persons[person_id]
            yield FreeText(
                response=_name(scope, "step", pk),
                question=asked[index, item],
                text=value,
                person=person,
                condition=person.condition or "",
                step_response=pk,
            )


def _field_labels(scope: Scope) -> dict[tuple[int, str], str]:
    """Return the question of every field of every step of trials."""
    return {
        (step.index, field.name): field.label
        for step in scope.spec.steps
        if step.kind in ("trials", "practice") and step.params.get("protocol")
        for condition in scope.spec.conditions
        for stage in scope.spec.stages(step, condition.name)
        for field in stage.fields
    }


def _name(scope: Scope, kind: str, pk: int) -> str:
    """Return a name that tells nothing and is the same for ever, so that a file of codes finds its texts again."""
    key = sub_seed(seed_bytes(scope.version.allocation_seed), "texts")
    return hmac.new(key, f"{kind}:{pk}".encode(), hashlib.sha256).hexdigest()[:16]
