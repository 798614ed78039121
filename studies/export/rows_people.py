"""Rows of the tables about participants: ``participants``, ``scales`` and ``events``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Count, Max

from studies.design.attention import INSTRUCTED, INSTRUMENT
from studies.design.spec import StudySpec
from studies.enrolment.models import Completion, Consent, Participant, Withdrawal
from studies.export.attention import Attended, asked_items
from studies.export.factors import arm_levels
from studies.export.met import condition_asked_about, conditions_met
from studies.export.payloads import payload_text, study_words
from studies.export.people import Person, Scope
from studies.trials.models import Event, StepResponse, Trial, TrialResponse

Row = dict[str, Any]
SERVER = "server"
WORD = re.compile(r"[a-z][a-z0-9_.:-]{0,39}")
STATUS = {Participant.State.FULL: "enrolled"}


def participant_rows(scope: Scope, answered: Mapping[str, int], attended: Attended) -> Iterator[Row]:
    """Yield one row for each participant; ``answered`` counts answered trials by pseudonym, ``attended`` checks."""
    for people in scope.people():
        pks = [person.pk for person in people]
        consented = _having(Consent, pks, occasion="start", given=True)
        withdrawn = _having(Withdrawal, pks)
        completed = _having(Completion, pks)
        checks = _comprehension(pks)
        asked = asked_items(pks)
        scheduled = dict(
            Trial.objects.filter(participant__in=pks).values_list("participant_id").annotate(Count("pk"))
        )
        ends = _ends(pks)
        for person in people:
            attempts, passed = checks.get(person.pk, (None, None))
            met, failed = asked.get(person.pk, (0, 0))
            yield scope.heads | {
                "participant_id": person.participant_id,
                "is_simulated": scope.simulated,
                "stratum": person.stratum,
                "language": person.language,
                "slot": person.slot,
                "condition": person.condition,
                **arm_levels(scope.spec, person.condition),
                "status": STATUS.get(Participant.State(person.state), person.state),
                "consented": person.pk in consented,
                "comprehension_attempts": attempts,
                "comprehension_passed": passed,
                "allocated": person.slot is not None,
                "n_scheduled": scheduled.get(person.pk, 0),
                "n_answered": answered.get(person.participant_id, 0),
                "attention_checks": None if person.withheld else met + attended.met[person.participant_id],
                "attention_failed": None
                if person.withheld
                else failed + attended.failed[person.participant_id],
                "completed": person.pk in completed,
                "withdrawn": person.pk in withdrawn,
                "started_s": 0.0,
                "ended_s": None if person.withheld else person.seconds(ends.get(person.pk)),
                "excluded": bool(person.withheld),
                "exclusion_reason": person.withheld or None,
            }


def scale_rows(scope: Scope) -> Iterator[Row]:
    """Yield one row for each answered item of a questionnaire."""
    items = questionnaire_items(scope.spec)
    scoring = {step.index: step.params.get("scoring", "mean") for step in scope.spec.steps}
    for people in scope.people_with_answers():
        persons, met = {person.pk: person for person in people}, conditions_met(scope, people)
        answers = StepResponse.objects.filter(participant__in=list(persons), kind="questionnaire")
        for answer in answers.order_by("participant_id", "pk").values(
            "participant_id", "step_index", "instrument", "instrument_version", "item", "value", "responded_at",
            "position", "given",
        ).iterator():  # fmt: skip
            person = persons[answer["participant_id"]]
            item = items.get((answer["step_index"], answer["item"]), {})
            is_check = INSTRUCTED in item
            low, high = item_bounds(item)
            yield scope.heads | {
                "participant_id": person.participant_id,
                "condition": condition_asked_about(met, person, step_index=answer["step_index"]),
                "step_index": answer["step_index"],
                # Under a name of its own, so that no scale counts it.
                "questionnaire": INSTRUMENT if is_check else answer["instrument"],
                "questionnaire_version": answer["instrument_version"],
                "item": answer["item"],
                "subscale": item.get("subscale") or None,
                "value": item_number(item, answer["value"]),
                "minimum": low,
                "maximum": high,
                "reverse": bool(item.get("reverse")),
                "answered_s": person.seconds(answer["responded_at"]),
                "scoring": "none" if is_check else scoring[answer["step_index"]],
                "position": answer["position"],
                "given": answer["given"],
            }


def event_rows(scope: Scope) -> Iterator[Row]:
    """Yield one row for each event; of its details only what `payload_text` lets through."""
    words = study_words(scope.spec)
    for people in scope.people_with_answers():
        persons = {person.pk: person for person in people}
        events = Event.objects.filter(participant__in=list(persons)).order_by("participant_id", "pk")
        for event in events.values(
            "participant_id", "source", "seq", "kind", "t_client_ms", "received_at", "payload"
        ).iterator():
            person = persons[event["participant_id"]]
            source = event["source"]
            yield scope.heads | {
                "participant_id": person.participant_id,
                "source": source
                if source == SERVER
                else f"page-{scope.pseudonym('page', person.pk, source)}",
                "seq": event["seq"],
                "kind": event["kind"] if WORD.fullmatch(event["kind"]) else "other",
                "t_client_ms": event["t_client_ms"],
                "received_s": person.seconds(event["received_at"]),
                "payload": payload_text(event["payload"], words=words),
            }


def questionnaire_items(spec: StudySpec) -> dict[tuple[int, str], Mapping[str, Any]]:
    """Return the items of every questionnaire of the flow by (step, item)."""
    return {
        (step.index, item["id"]): item
        for step in spec.steps
        if step.kind == "questionnaire"
        for item in step.params["items"]
    }


def item_bounds(item: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return the lowest and highest number that an item can give."""
    if item.get("options"):
        return 1.0, float(len(item["options"]))
    low, high = item.get("minimum"), item.get("maximum")
    return None if low is None else float(low), None if high is None else float(high)


def item_number(item: Mapping[str, Any], value: Any) -> float | None:
    """Return an answer as a number: of a choice the place among its options, from 1; free text has none."""
    options = [option["value"] for option in item.get("options") or ()]
    if options:
        return float(options.index(value) + 1) if value in options else None
    if item.get("kind") == "text" or value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _having(model: Any, pks: list[int], **conditions: Any) -> set[int]:
    return set(
        model.objects.filter(participant__in=pks, **conditions).values_list("participant_id", flat=True)
    )


def _comprehension(pks: list[int]) -> dict[int, tuple[int, bool]]:
    correct: dict[int, dict[int, bool]] = defaultdict(dict)
    rows = StepResponse.objects.filter(participant__in=pks, kind="comprehension")
    for pk, attempt, right in rows.values_list("participant_id", "attempt", "correct"):
        correct[pk][attempt] = correct[pk].get(attempt, True) and bool(right)
    return {pk: (len(attempts), attempts[max(attempts)]) for pk, attempts in correct.items()}


def _ends(pks: list[int]) -> dict[int, Any]:
    ends: dict[int, Any] = {}
    for found in (
        TrialResponse.objects.filter(trial__participant__in=pks)
        .values_list("trial__participant_id")
        .annotate(Max("responded_at")),
        StepResponse.objects.filter(participant__in=pks)
        .values_list("participant_id")
        .annotate(Max("responded_at")),
        Completion.objects.filter(participant__in=pks).values_list("participant_id", "at"),
    ):
        for pk, at in found:
            ends[pk] = max(at, ends.get(pk, at))
    return ends


__all__ = ["Person", "event_rows", "participant_rows", "scale_rows"]
