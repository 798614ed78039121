"""Each kind of step, one behaviour at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from studies.design.models import StudyVersion
from studies.enrolment.models import Assignment, Completion, Consent, Participant, Withdrawal
from studies.trials.models import Event, StepResponse, Trial, TrialResponse
from tests.factories import CONDITIONS, WHOLE_FLOW, expertise_step, step, trials_step
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
CONSENT, ALLOCATE = step("consent", text="consent"), step("allocate")
COMPREHENSION, SCREENING = WHOLE_FLOW[4], WHOLE_FLOW[1]
STATE = Participant.State


def state() -> str:
    return Participant.objects.get().state


def test_consent_is_stored_with_the_digest_of_the_text(study: Study, person: Arrive) -> None:
    version = study()
    person(version).answer()
    consent = Consent.objects.get()
    assert consent.given
    assert consent.text_digest == version.texts.get(name="consent").digest


def test_who_declines_is_asked_nothing_more(study: Study, person: Arrive) -> None:
    somebody = person(study()).answer(consent="declined")
    assert somebody.kind == "left"
    assert not Consent.objects.get().given
    assert somebody.look().kind == "left"
    assert not Assignment.objects.exists()


def test_consent_has_to_be_answered(study: Study, person: Arrive) -> None:
    somebody = person(study()).send()
    assert (somebody.reply.status_code, somebody.kind) == (422, "consent")
    assert not Consent.objects.exists()


def test_who_is_not_eligible_is_screened_out_before_allocation(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=[CONSENT, SCREENING, ALLOCATE, trials_step(1)])).answer().answer(adult="no")
    assert somebody.kind == "screened_out"
    assert state() == STATE.SCREENED_OUT
    assert not Assignment.objects.exists()


def test_the_instructions_can_be_read_again_at_the_second_attempt(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=[CONSENT, COMPREHENSION, ALLOCATE, trials_step(1)])).answer()
    assert "The instructions." not in somebody.text
    somebody.answer(who="no")
    assert somebody.kind == "comprehension"
    assert "The instructions." in somebody.text
    assert somebody.answer(who="yes").kind == "trial"
    marks = StepResponse.objects.order_by("attempt").values_list("attempt", "value", "correct")
    assert list(marks) == [(0, "no", False), (1, "yes", True)]


def test_who_fails_twice_goes_without_a_slot(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=[CONSENT, COMPREHENSION, ALLOCATE, trials_step(1)])).answer()
    assert somebody.answer(who="no").answer(who="no").kind == "comprehension_failed"
    assert not Assignment.objects.exists()


def test_the_right_answers_are_not_on_the_pages_of_the_questions(study: Study, person: Arrive) -> None:
    flow = [CONSENT, SCREENING, COMPREHENSION, ALLOCATE, trials_step(1)]
    somebody = person(study(flow=flow)).answer()
    for word in ("eligible", "correct"):
        assert word not in somebody.text
        assert word not in somebody.answer().text


def test_the_stratum_comes_from_the_questionnaire(study: Study, person: Arrive) -> None:
    version = study(
        flow=[CONSENT, expertise_step("novice", "expert"), ALLOCATE, trials_step(1)],
        strata=["expertise"],
        stratum_keys=["expertise=novice", "expertise=expert"],
    )
    person(version).answer().answer(level="expert")
    assert Assignment.objects.get().slot.stratum == "expertise=expert"


def test_scores_of_a_questionnaire_are_whole_numbers_on_its_scale(study: Study, person: Arrive) -> None:
    version = study(
        flow=[CONSENT, step("questionnaire", **WHOLE_FLOW[9]["params"]), ALLOCATE, trials_step(1)]
    )
    somebody = person(version).answer()
    assert somebody.fields["reliable"] == ["1", "2", "3", "4", "5", "6", "7"]
    somebody.answer(reliable="7")
    stored = StepResponse.objects.get(item="reliable")
    assert (stored.value, stored.instrument, stored.instrument_version) == (7, "s_tias", "1")


@pytest.mark.parametrize(("chosen", "verdict"), [("benign", "right"), ("malignant", "not right")])
def test_feedback_tells_whether_the_stored_answer_was_right(
    study: Study, person: Arrive, chosen: str, verdict: str
) -> None:
    practice = step("practice", cases=1, feedback=True, protocol="judge_advisor")
    version = study(flow=[CONSENT, ALLOCATE, practice, trials_step(1)], truth=lambda _: "benign")
    somebody = person(version).go_to("feedback", decision=chosen)
    assert f"Your answer was {verdict}" in somebody.text
    assert somebody.page.xpath("//*[@data-truth-label]/text()") == ["benign"]


def test_guesses_of_the_ai_are_scored_against_the_ai(study: Study, person: Arrive) -> None:
    practice = step("practice", cases=1, feedback=True, protocol="forward_simulation")
    version = study(
        flow=[CONSENT, ALLOCATE, practice, trials_step(1)],
        truth=lambda _: "benign",
        advice_label=lambda _: "malignant",
        conditions={"ai": CONDITIONS["ai"]},
    )
    somebody = person(version).go_to("feedback", guess="malignant")
    assert "Your answer was right" in somebody.text


def test_the_own_answer_is_shown_again_at_the_second_stage(study: Study, person: Arrive) -> None:
    version = study(conditions={"ai": CONDITIONS["ai"]}, advice_label=lambda _: "benign")
    somebody = person(version).go_to("trial")
    assert not somebody.page.xpath("//*[@data-part='advice']")
    somebody.answer(decision="malignant", confidence="64")
    own = " ".join(somebody.page.xpath("//*[@data-part='own_answer']//text()"))
    assert "malignant" in own
    assert "64 %" in own
    assert somebody.page.xpath("//*[@data-advice-label]/text()") == ["benign"]


def test_every_trial_is_scheduled_with_the_slot(study: Study, person: Arrive) -> None:
    version = study(flow=[CONSENT, ALLOCATE, trials_step(2), trials_step(3, protocol="forward_simulation")])
    person(version).answer()
    scheduled = Trial.objects.order_by("step_index", "trial_index")
    assert list(scheduled.values_list("step_index", "block_index", "trial_index", "protocol")) == [
        *[(2, 0, i, "judge_advisor") for i in range(2)],
        *[(3, 1, i, "forward_simulation") for i in range(3)],
    ]


def test_refusing_after_the_debrief_leaves_the_code_and_no_answer(study: Study, person: Arrive) -> None:
    version = study(
        flow=[CONSENT, ALLOCATE, trials_step(1), step("debrief", text="debrief", consent=True)],
        withdrawal="keep",
    )
    somebody = person(version).go_to("debrief").answer(consent="declined")
    assert somebody.kind == "done"
    assert Completion.objects.get().code in somebody.text
    assert not TrialResponse.objects.exists()
    assert Withdrawal.objects.get().policy == "erase"


def test_a_study_with_a_code_of_its_own_gives_that(study: Study, person: Arrive) -> None:
    version = study(completion={"code": "C1X2Y3", "redirect": "https://example.org/?cc={code}"})
    somebody = person(version).go_to("done")
    assert "C1X2Y3" in somebody.text
    assert somebody.page.xpath("//a[@href='https://example.org/?cc=C1X2Y3']")


def test_a_full_study_says_so_and_gives_no_slot(study: Study, person: Arrive) -> None:
    version = study(slots=1, conditions={"ai": CONDITIONS["ai"]})
    person(version).answer()
    assert person(version).answer().kind == "full"
    assert Assignment.objects.count() == 1
    assert Participant.objects.filter(state=STATE.FULL).count() == 1


def test_the_client_s_clock_is_stored_with_every_field(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial")
    clock = '{"rt_ms": 1234.5, "hidden_ms": 10, "explanation_visible_ms": 0}'
    somebody.send(decision="benign", confidence="50", clock=clock)
    times = TrialResponse.objects.values_list("rt_ms", "hidden_ms", "explanation_visible_ms")
    assert set(times) == {(1234.5, 10.0, 0.0)}


def test_without_script_the_time_is_missing_not_zero(study: Study, person: Arrive) -> None:
    person(study()).go_to("trial").send(decision="benign", confidence="50", swap=False)
    assert set(TrialResponse.objects.values_list("rt_ms", flat=True)) == {None}


def test_a_time_that_cannot_be_is_missing_and_logged(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial")
    somebody.send(decision="benign", confidence="50", clock='{"rt_ms": -1}')
    assert somebody.reply.status_code == 200
    assert set(TrialResponse.objects.values_list("rt_ms", flat=True)) == {None}
    assert Event.objects.get(kind="clock_invalid").payload["what"] == ["rt_ms"]


def test_the_database_refuses_an_answer_without_consent(
    study: Study, person: Arrive, django_db_blocker: Any
) -> None:
    from django.db import IntegrityError, transaction
    from django.utils import timezone

    person(study())
    with pytest.raises(IntegrityError, match="after consent"), transaction.atomic():
        StepResponse.objects.create(
            participant=Participant.objects.get(), step_index=1, kind="screening", instrument="screening",
            item="adult", value="yes", responded_at=timezone.now(),
        )  # fmt: skip


@pytest.mark.parametrize(("protocol", "is_final"), [("decision", False), ("judge_advisor", True)])
def test_an_answer_is_called_the_final_one_only_where_there_was_one_before(
    study: Study, person: Arrive, protocol: str, is_final: bool
) -> None:
    somebody = person(study(flow=[CONSENT, ALLOCATE, trials_step(1, protocol=protocol)])).go_to("trial")
    if is_final:
        somebody.answer()
    assert ("Your final answer" in somebody.text) == is_final


def test_a_page_of_examples_says_which_cases_stand_on_it(study: Study, person: Arrive) -> None:
    learned = trials_step(
        3, protocol="learning_transfer", phase="learn", per_page=2, parameters={"target": "prediction"}
    )
    somebody = person(study(flow=[CONSENT, ALLOCATE, learned], conditions={"ai": CONDITIONS["ai"]}))
    somebody.go_to("trial")
    assert "Cases 1 to 2 of 3" in somebody.text
    somebody.answer()
    assert "Case 3 of 3" in somebody.text
