"""Takes the answer to a page: checks it, stores it, and says whether the participant goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from studies.design.attention import item_marks
from studies.enrolment.selectors import CONSENT_AFTER_DEBRIEF, CONSENT_AT_START
from studies.enrolment.services import consent_record
from studies.errors import AnswerInvalid
from studies.protocols.stages import Stage
from studies.trials.answers import Clock, read_choice, read_fields, read_items, refuse_answers
from studies.trials.content import text_shown
from studies.trials.deadline import is_too_late, seconds_left, stage_time_out
from studies.trials.itempages import items_asked
from studies.trials.pauses import session_begin
from studies.trials.records import step_responses_create, trial_responses_create
from studies.trials.scoring import comprehension_marks, screening_marks
from studies.trials.sitting import Sitting, State

GIVEN, DECLINED = "given", "declined"
LOOK_FIRST = "Look at what is still to be shown before you answer."
Data = Mapping[str, Any]
Move = Literal["on", "again", "out"]
"""What follows: the next place, the same step once more, or nothing (the state says why)."""


def answer_receive(sitting: Sitting, *, data: Data, clock: Clock) -> Move:
    """Store the answer to the current page, or raise AnswerInvalid before anything is stored."""
    return _RECEIVE[sitting.step.kind](sitting, data, clock)


def _consent(sitting: Sitting, data: Data, _clock: Clock) -> Move:
    is_given = read_choice("consent", values=(GIVEN, DECLINED), data=data) == GIVEN
    _consent_store(sitting, CONSENT_AT_START, is_given=is_given)
    if is_given:
        return "on"
    sitting.participant.state = State.WITHDRAWN
    return "out"


def _debrief(sitting: Sitting, data: Data, _clock: Clock) -> Move:
    if not sitting.step.params.get("consent"):
        refuse_answers(data)
        return "on"
    is_given = read_choice("consent", values=(GIVEN, DECLINED), data=data) == GIVEN
    _consent_store(sitting, CONSENT_AFTER_DEBRIEF, is_given=is_given)
    return "on"


def _consent_store(sitting: Sitting, occasion: str, *, is_given: bool) -> None:
    _html, digest = text_shown(sitting.version_id, sitting.step.params["text"], sitting.participant.language)
    consent_record(participant=sitting.participant, occasion=occasion, text_digest=digest, given=is_given)


def _instructions(_sitting: Sitting, data: Data, _clock: Clock) -> Move:
    refuse_answers(data)
    return "on"


def _session(sitting: Sitting, data: Data, _clock: Clock) -> Move:
    refuse_answers(data)
    session_begin(sitting)
    return "on"


def _screening(sitting: Sitting, data: Data, clock: Clock) -> Move:
    items = sitting.step.params["items"]
    values = read_items(items, data)
    marks = screening_marks(items, values)
    step_responses_create(sitting, values=values, marks=marks, clock=clock)
    if all(marks.values()):
        return "on"
    sitting.participant.state = State.SCREENED_OUT
    return "out"


def _questionnaire(sitting: Sitting, data: Data, clock: Clock) -> Move:
    items = items_asked(sitting)
    values = read_items(items, data)
    asked = {item["id"]: values.get(item["id"]) for item in items}
    marks = item_marks(items, values)
    step_responses_create(sitting, values=asked, marks=marks, clock=clock, left_open=set(asked) - set(values))
    return "on"


def _comprehension(sitting: Sitting, data: Data, clock: Clock) -> Move:
    params = sitting.step.params
    values = read_items(params["items"], data)
    marks = comprehension_marks(params["items"], values)
    step_responses_create(sitting, values=values, marks=marks, clock=clock)
    if all(marks.values()):
        return "on"
    if sitting.place.attempt + 1 < params["attempts"]:
        return "again"
    sitting.participant.state = State.COMPREHENSION_FAILED
    return "out"


def _trial(sitting: Sitting, data: Data, clock: Clock) -> Move:
    stage = sitting.stage
    if stage is None:  # feedback and breaks ask nothing
        refuse_answers(data)
        return "on"
    left = seconds_left(sitting, stage)
    try:
        _refuse_unseen(sitting, stage)
        values = read_fields(stage.fields, data)
    except AnswerInvalid:
        if left is None or left > 0:
            raise
        values = None
    if values is None or is_too_late(left):
        stage_time_out(sitting, stage=stage, clock=clock)
        return "on"
    trial_responses_create(sitting, stage=stage, values=values, clock=clock)
    sitting.remember_answer(stage, values)
    return "on"


def _refuse_unseen(sitting: Sitting, stage: Stage) -> None:
    """Raise AnswerInvalid when something has to be looked at first that was not shown yet."""
    if not sitting.condition.treatment.is_held:
        return
    # Not what is due by now: what counts is what was sent.
    trial = sitting.trial_of_study
    seen = trial.seen.names if trial.seen else frozenset()
    unseen = {
        f"part-{part.number}": LOOK_FIRST
        for part in sitting.condition.parts
        if part.reveal.is_held and part.reveal.is_required and part.name not in seen
        if part.number not in stage.held and part.is_due(trial.confidence)
        if ("advice" if part.is_advice else "explanations") in stage.items
    }
    if unseen:
        raise AnswerInvalid(unseen)


_RECEIVE: Mapping[str, Callable[[Sitting, Data, Clock], Move]] = {
    "consent": _consent,
    "screening": _screening,
    "questionnaire": _questionnaire,
    "instructions": _instructions,
    "comprehension": _comprehension,
    "practice": _trial,
    "trials": _trial,
    "session": _session,
    "debrief": _debrief,
}
