"""Rows of the tables about trials: ``trials`` (wide) and ``responses`` (long)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Min

from studies.design.models import PlannedTrial
from studies.export.casefacts import CaseFacts, predictor_of
from studies.export.doses import SHOWN, shown_in
from studies.export.factors import condition_levels
from studies.export.outcomes import Asked, answered, facts_of_trial, field_score, learning_columns
from studies.export.people import Person, Scope
from studies.export.trialshape import TrialShape, optional_columns, trial_shape
from studies.export.understanding import understanding_of
from studies.protocols.keys import same_answer
from studies.trials.deadline import TIMED_OUT
from studies.trials.models import Presentation, Trial, TrialResponse

Row = dict[str, Any]
PLACE = ("participant_id", "block_index", "trial_index")


@dataclass(frozen=True)
class Answers:
    """What was answered in one trial: values by (stage, field), readings of the clock by stage."""

    values: Mapping[tuple[str, str], Any]
    clocks: Mapping[str, tuple[float | None, float | None, float | None]]
    last: datetime | None


NOTHING = Answers({}, {}, None)


def trial_rows(scope: Scope, facts: CaseFacts) -> Iterator[Row]:
    """Yield one row for each scheduled trial, also those never reached."""
    shapes: dict[tuple[int, str], TrialShape] = {}
    blank = dict.fromkeys(optional_columns(scope.spec))
    dealt = _variants_dealt(scope)
    for people in scope.people_with_answers():
        trials = trials_of(people)
        answers = _answers([trial["pk"] for trial in trials])
        shown = dict(
            Presentation.objects.filter(trial__participant__in=[person.pk for person in people])
            .values_list("trial_id")
            .annotate(Min("presented_at"))
        )
        persons = {person.pk: person for person in people}
        reached = _furthest(trials, answered=answers.keys())
        understanding = understanding_of(scope, people)
        learning = learning_columns(scope.spec, trials)
        came = dict(shown_in([trial["pk"] for trial in trials])) if SHOWN[0] in blank else {}
        for trial in trials:
            person = persons[trial["participant_id"]]
            trial["condition"] = trial["condition"] or person.condition
            kind = (trial["step_index"], trial["condition"] or "")
            if kind not in shapes:
                shapes[kind] = trial_shape(scope.spec, step=scope.spec.steps[kind[0]], condition=kind[1])
            row = blank | _place(scope, person, trial, facts)
            found = answers.get(trial["pk"], NOTHING)
            row |= condition_levels(scope.spec, trial["condition"], dealt=dealt.get(person.plan, ""))
            row |= _shown(scope, shapes[kind], facts=facts, trial=trial)
            asked = Asked(scope.spec, shapes[kind], facts_of_trial(scope, facts, shapes[kind], trial, person))
            row |= answered(asked, found.values)
            row |= learning[trial["pk"]] | came.get(trial["pk"], {})
            row["understanding"] = understanding.of(person.pk, step_index=trial["step_index"])
            row |= _times(shapes[kind], found)
            row["status"] = _status(shapes[kind], found, passed=reached[person.pk] > _order(trial))
            row["presented_s"] = person.seconds(shown.get(trial["pk"]))
            row["responded_s"] = person.seconds(found.last if row["status"] == "answered" else None)
            yield row


def _variants_dealt(scope: Scope) -> dict[int | None, str]:
    """Return the variant of explanations that each plan shows; nothing is read where none vary."""
    if not scope.spec.variants:
        return {}
    rows = PlannedTrial.objects.filter(version=scope.version).order_by()
    return dict(rows.values_list("plan", "variant").distinct())


def response_rows(scope: Scope, facts: CaseFacts) -> Iterator[Row]:
    """Yield one row for each answered field; free text stays inside."""
    for people in scope.people_with_answers():
        trials = trials_of(people)
        places = {trial["pk"]: trial for trial in trials}
        persons = {person.pk: person for person in people}
        answers = TrialResponse.objects.filter(trial__in=list(places)).order_by("trial_id", "pk")
        asked = _asked_in(scope, facts, trials, persons)
        for answer in answers.values(
            "trial_id", "stage", "field", "kind", "value", "rt_ms", "hidden_ms", "responded_at"
        ).iterator():
            trial = places[answer["trial_id"]]
            person = persons[trial["participant_id"]]
            yield long_place(scope, person, trial, facts) | {
                "protocol": trial["protocol"],
                "stage": answer["stage"],
                "field": answer["field"],
                "kind": answer["kind"],
                "value": None if answer["kind"] == "text" else value_text(answer["value"]),
                "rt_ms": answer["rt_ms"],
                "hidden_ms": answer["hidden_ms"],
                "responded_s": person.seconds(answer["responded_at"]),
                **field_score(asked[trial["pk"]], (answer["stage"], answer["field"]), answer["value"]),
            }


def _asked_in(
    scope: Scope, facts: CaseFacts, trials: Sequence[Row], persons: Mapping[int, Person]
) -> dict[int, Asked]:
    """Return what each trial asked, with the key to it."""
    shapes: dict[tuple[int, str], TrialShape] = {}
    found = {}
    for trial in trials:
        person = persons[trial["participant_id"]]
        trial["condition"] = trial["condition"] or person.condition
        kind = (trial["step_index"], trial["condition"] or "")
        if kind not in shapes:
            shapes[kind] = trial_shape(scope.spec, step=scope.spec.steps[kind[0]], condition=kind[1])
        key = facts_of_trial(scope, facts, shapes[kind], trial, person)
        found[trial["pk"]] = Asked(scope.spec, shapes[kind], key)
    return found


def value_text(value: Any) -> str | None:
    """Write an answer as text: numbers exactly, yes and no as in every other column, what has parts as JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return value if value is None or isinstance(value, str) else repr(value)


def trials_of(people: Sequence[Person]) -> list[Row]:
    """Return the scheduled trials of people, in their order."""
    found = Trial.objects.filter(participant__in=[person.pk for person in people]).values(
        "pk",
        "participant_id",
        "step_index",
        "block_index",
        "trial_index",
        "case_id",
        "condition",
        "protocol",
        "is_practice",
        "check_number",
    )
    order = {person.pk: at for at, person in enumerate(people)}
    rows: list[Row] = [dict(trial) for trial in found]
    return sorted(rows, key=lambda trial: (order[trial["participant_id"]], *_order(trial)))


def _order(trial: Row) -> tuple[int, int]:
    return trial["step_index"], trial["trial_index"]


def _answers(trials: Sequence[int]) -> dict[int, Answers]:
    values: dict[int, dict[tuple[str, str], Any]] = defaultdict(dict)
    clocks: dict[int, dict[str, tuple[float | None, float | None, float | None]]] = defaultdict(dict)
    last: dict[int, datetime] = {}
    rows = TrialResponse.objects.filter(trial__in=trials).order_by("pk")
    for pk, stage, field, value, rt, hidden, visible, at in rows.values_list(
        "trial_id", "stage", "field", "value", "rt_ms", "hidden_ms", "explanation_visible_ms", "responded_at"
    ).iterator():
        values[pk][stage, field] = value
        clocks[pk][stage] = (rt, hidden, visible)
        last[pk] = at
    return {pk: Answers(values[pk], clocks[pk], last[pk]) for pk in values}


def _furthest(trials: Sequence[Row], *, answered: Any) -> dict[int, tuple[int, int]]:
    furthest: dict[int, tuple[int, int]] = defaultdict(lambda: (-1, -1))
    for trial in trials:
        if trial["pk"] in answered:
            furthest[trial["participant_id"]] = max(furthest[trial["participant_id"]], _order(trial))
    return furthest


def _place(scope: Scope, person: Person, trial: Row, facts: CaseFacts) -> Row:
    return scope.heads | {
        "participant_id": person.participant_id,
        "stratum": person.stratum,
        "slot": person.slot,
        "condition": trial["condition"],
        "block_index": trial["block_index"],
        "trial_index": trial["trial_index"],
        "case_id": facts.keys[trial["case_id"]],
        "protocol": trial["protocol"],
        "is_practice": trial["is_practice"],
        "is_attention_check": trial["check_number"] is not None,
        "is_simulated": scope.simulated,
        "excluded": False,
        "exclusion_reason": None,
    }


def long_place(scope: Scope, person: Person, trial: Row, facts: CaseFacts) -> Row:
    """Return the columns with which every row about a trial begins."""
    return scope.heads | {
        "participant_id": person.participant_id,
        "condition": trial["condition"] or person.condition,
        "block_index": trial["block_index"],
        "trial_index": trial["trial_index"],
        "case_id": facts.keys[trial["case_id"]],
    }


def _shown(scope: Scope, shape: TrialShape, *, facts: CaseFacts, trial: Row) -> Row:
    predictor = predictor_of(scope, condition=trial["condition"])
    verdict = facts.verdict(predictor, trial["case_id"])
    truth = facts.truth.get(trial["case_id"])
    return {
        "predictor": predictor,
        "advice_source": shape.advice_source,
        "explanations": shape.explanations,
        "ground_truth": truth,
        "ai_prediction": verdict.label if verdict else None,
        "ai_confidence": verdict.confidence if verdict else None,
        "ai_correct": same_answer(scope.spec.decision, verdict.label if verdict else None, truth),
    }


def _times(shape: TrialShape, found: Answers) -> Row:
    initial = found.clocks.get(shape.initial_stage or "")
    return {
        "rt_initial_ms": initial[0] if initial else None,
        "rt_ms": _sum(found, 0, of=shape.stages) if found.clocks.keys() >= set(shape.stages) else None,
        "hidden_ms": _sum(found, 1),
        "explanation_visible_ms": _known_sum(found, 2),
    }


def _sum(found: Answers, which: int, *, of: Collection[str] = ()) -> float | None:
    # A page that comes only sometimes, to ask for a reason, is no part of the time of the decision.
    readings = [clock[which] for stage, clock in found.clocks.items() if not of or stage in of]
    known = [reading for reading in readings if reading is not None]
    return sum(known) if known and len(known) == len(readings) else None


def _known_sum(found: Answers, which: int) -> float | None:
    # Stages without an explanation have no such reading; that is no gap.
    known = [clock[which] for clock in found.clocks.values() if clock[which] is not None]
    return sum(reading for reading in known if reading is not None) if known else None


def _status(shape: TrialShape, found: Answers, *, passed: bool) -> str:
    if shape.is_answered(frozenset(found.values)):
        return "answered"
    if any(field == TIMED_OUT for _stage, field in found.values):
        return "timed_out"
    return "skipped" if passed else "not_reached"
