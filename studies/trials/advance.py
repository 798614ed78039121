"""Moves a participant to their next place; on the way there they are allocated, and at the end completed."""

from __future__ import annotations

from dataclasses import replace

from studies.design.strata import stratum_key
from studies.enrolment.models import Consent, Withdrawal
from studies.enrolment.selectors import CONSENT_AFTER_DEBRIEF, CONSENT_AT_START
from studies.enrolment.services import Pay, completion_mint, participant_withdraw, slot_claim
from studies.errors import StudyError, StudyFull
from studies.trials.answers import Clock
from studies.trials.casestages import stages_of_case
from studies.trials.deadline import TIMED_OUT
from studies.trials.earnings import earned_by
from studies.trials.erasure import participant_erase
from studies.trials.itempages import items_asked_in, page_place
from studies.trials.models import StepResponse, Trial, TrialResponse
from studies.trials.pauses import session_enter
from studies.trials.position import TRIAL_STEPS, Place, place_within, step_from
from studies.trials.records import schedule_create, trial_responses_create
from studies.trials.sitting import Sitting, State, seat_given

ITEM_STEPS = ("screening", "questionnaire", "comprehension")


def place_advance(sitting: Sitting) -> None:
    """Go to the next screen, trial or step; trials that the system routes without a page are recorded and passed."""
    _pass_group(sitting)
    _advance_once(sitting)
    while sitting.is_active and (stage := sitting.stage) is not None and not sitting.is_due:
        if not stage.only_if:
            trial_responses_create(sitting, stage=stage, values={}, clock=Clock())
        _advance_once(sitting)


def _pass_group(sitting: Sitting) -> None:
    """Record the further examples of the page that is left, and go to the last of them."""
    stage = sitting.stage
    if stage is None or stage.fields:
        return
    for _ in sitting.group[1:]:
        sitting.place = replace(sitting.place, trial=sitting.place.trial + 1)
        # How long each example was looked at is not known when several share a page.
        trial_responses_create(sitting, stage=stage, values={}, clock=Clock())


def _advance_once(sitting: Sitting) -> None:
    step = sitting.step
    if step.kind in TRIAL_STEPS:
        within = place_within(sitting.place, trials=len(sitting.cases(step)), screens=sitting.screens)
        if within is not None:
            sitting.place = within
            return
    elif step.kind == "questionnaire":
        page = page_place(sitting, step, first=sitting.place.screen + 1)
        if page is not None:
            sitting.place = page
            return
    _enter_step(sitting, index=step.index + 1)


def place_repeat(sitting: Sitting) -> None:
    """Try the same step once more."""
    sitting.place = replace(sitting.place, attempt=sitting.place.attempt + 1)


def _enter_step(sitting: Sitting, *, index: int) -> None:
    while (step := step_from(sitting.spec, index=index, arm=sitting.arm)) is not None:
        if step.kind == "allocate":
            if not _allocate(sitting):
                return
        elif step.kind == "session":
            sitting.place = Place(step=step.index)
            session_enter(sitting, step)
            return
        elif step.kind == "questionnaire":
            page = page_place(sitting, step, first=0)
            if page is not None:
                sitting.place = page
                return
        elif step.kind not in TRIAL_STEPS or sitting.cases(step):
            sitting.place = Place(step=step.index)
            return
        index = step.index + 1
    _complete(sitting)


def _allocate(sitting: Sitting) -> bool:
    person = sitting.participant
    person.stratum = stratum_key(sitting.spec, _stratum_answers(sitting))
    try:
        assignment = slot_claim(participant=person, stratum=person.stratum)
    except StudyFull:
        person.state = State.FULL
        return False
    person.state = State.ALLOCATED
    sitting.seat = seat_given(assignment)
    schedule_create(sitting)
    return True


def _stratum_answers(sitting: Sitting) -> dict[str, str]:
    asked = {
        (step.index, step.params["stratum"]): step.params["name"]
        for step in sitting.spec.steps
        if step.kind == "questionnaire" and step.params["name"] in sitting.spec.strata
    }
    if not asked:
        return {}
    rows = StepResponse.objects.filter(
        participant=sitting.participant, step_index__in=[index for index, _item in asked]
    )
    return {
        asked[index, item]: str(value)
        for index, item, value in rows.values_list("step_index", "item", "value")
        if (index, item) in asked
    }


def _complete(sitting: Sitting) -> None:
    sitting.ledger.write()  # what is counted now has to be there
    missing = missing_answers(sitting)
    if missing:
        raise StudyError("The completion code is not given out: " + "; ".join(missing) + " are missing.")
    person = sitting.participant
    person.state = State.COMPLETED
    code = sitting.spec.document["completion"].get("code") or ""
    earned = dict(earned_by(person.version, participants={person.pk: True})).get(person.pk)
    pay = None
    if earned is not None:
        counted = earned.counted
        pay = Pay(earned.bonus, right=counted.right, scored=counted.scored, prizes=counted.prizes)
    completion_mint(participant=person, code=code, pay=pay)
    if Consent.objects.filter(participant=person, occasion=CONSENT_AFTER_DEBRIEF, given=False).exists():
        # Whoever learns what the study hid and takes the consent back has worked all the same: code, but no data.
        participant_withdraw(participant=person, policy=Withdrawal.Policy.ERASE)
        participant_erase(participant=person)


def missing_answers(sitting: Sitting) -> list[str]:
    """Say which rows of a whole participation are not in the database; empty when every one is there."""
    person = sitting.participant
    missing = []
    if not Consent.objects.filter(participant=person, occasion=CONSENT_AT_START, given=True).exists():
        missing.append("consent")
    answered = set(
        StepResponse.objects.filter(participant=person).values_list("step_index", "item").distinct()
    )
    for step in sitting.spec.steps:
        if step.kind in ITEM_STEPS and step.applies_to(sitting.arm):
            asked = items_asked_in(sitting, step) if step.kind == "questionnaire" else step.params["items"]
            required = {i["id"] for i in asked if i.get("required", True)}
            if required - {item for index, item in answered if index == step.index}:
                missing.append(f"answers of step {step.index}")
    return missing + _missing_trials(sitting)


def _missing_trials(sitting: Sitting) -> list[str]:
    rows = Trial.objects.filter(participant=sitting.participant).values_list(
        "id", "step_index", "condition", "case_id"
    )
    stored = set(
        TrialResponse.objects.filter(trial__participant=sitting.participant).values_list(
            "trial_id", "stage", "field"
        )
    )
    planned = sum(
        len(sitting.cases(step))
        for step in sitting.spec.steps
        if step.kind in TRIAL_STEPS and step.applies_to(sitting.arm)
    )
    needed = {
        (trial_id, stage.name, name)
        for trial_id, step_index, condition, case_id in rows
        for stage in stages_of_case(sitting.version_id, step_index, condition or sitting.arm or "", case_id)
        if not stage.only_if  # whether it was due is known where it was decided
        for name in stage.required
    }
    over = {(trial_id, stage) for trial_id, stage, field in stored if field == TIMED_OUT}
    needed = {place for place in needed if place[:2] not in over}
    missing = ["scheduled trials"] if len(rows) != planned else []
    return missing + (["answers of trials"] if needed - stored else [])
