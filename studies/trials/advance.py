"""Moves a participant to their next place; on the way there they are allocated, and at the end completed."""

from __future__ import annotations

from dataclasses import replace

from studies.design.strata import stratum_key
from studies.enrolment.models import Consent, Withdrawal
from studies.enrolment.selectors import CONSENT_AFTER_DEBRIEF, CONSENT_AT_START
from studies.enrolment.services import completion_mint, participant_withdraw, slot_claim
from studies.errors import StudyError, StudyFull
from studies.trials.content import stages_of
from studies.trials.erasure import participant_erase
from studies.trials.itempages import items_asked_in, page_place
from studies.trials.models import StepResponse, Trial, TrialResponse
from studies.trials.position import TRIAL_STEPS, Place, place_within, step_from
from studies.trials.records import schedule_create
from studies.trials.sitting import Seat, Sitting, State

ITEM_STEPS = ("screening", "questionnaire", "comprehension")


def place_advance(sitting: Sitting) -> None:
    """Go to the next screen, trial or step."""
    step = sitting.step
    if step.kind in TRIAL_STEPS:
        names = [stage.name for stage in sitting.stages]
        within = place_within(step, sitting.place, trials=len(sitting.cases(step)), stages=names)
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
    sitting.seat = Seat(assignment.condition, assignment.slot.plan)
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
    completion_mint(participant=person, code=sitting.spec.document["completion"].get("code") or "")
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
    rows = Trial.objects.filter(participant=sitting.participant).values_list("id", "step_index", "condition")
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
        (trial_id, stage.name, field.name)
        for trial_id, step_index, condition in rows
        for stage in stages_of(sitting.version_id, step_index, condition or sitting.arm)
        for field in stage.fields
        if field.required
    }
    missing = ["scheduled trials"] if len(rows) != planned else []
    return missing + (["answers of trials"] if needed - stored else [])
