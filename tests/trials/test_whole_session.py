"""One person goes through every kind of step, and every row that should be there is there."""

from __future__ import annotations

from collections.abc import Callable

from studies.design.models import StudyVersion
from studies.enrolment.models import Completion, Consent, Participant
from studies.trials.models import Presentation, PresentedItem, StepResponse, Submission, Trial, TrialResponse
from tests.factories import WHOLE_FLOW
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
STRATA = {"strata": ["expertise"], "stratum_keys": ["expertise=novice", "expertise=expert"]}
ADVISED = ("ai", "ig", "placebo")


def whole_study(study: Study) -> StudyVersion:
    return study(flow=WHOLE_FLOW, **STRATA)


def test_the_pages_come_in_the_order_of_the_flow(study: Study, person: Arrive) -> None:
    somebody = person(whole_study(study))
    kinds = [somebody.kind]
    while somebody.kind != "done":
        somebody.answer()
        kinds.append(somebody.kind)
    practice = ["trial", "trial", "feedback"] * 2
    advised = Participant.objects.get().assignment.condition in ADVISED
    assert kinds == [
        "consent", "screening", "questionnaire", "instructions", "comprehension",
        *practice, *["trial"] * 4, "break", *["trial"] * 4, "trial", "trial",
        *["questionnaire"] * advised, "debrief", "done",
    ]  # fmt: skip


def test_every_answer_of_a_whole_session_is_stored_once(study: Study, person: Arrive) -> None:
    somebody = person(whole_study(study)).go_to("done")
    participant = Participant.objects.get()
    assert participant.state == Participant.State.COMPLETED
    assert participant.stratum == "expertise=novice"
    assert Trial.objects.count() == 2 + 4 + 2
    # Two stages with two fields each in practice and trials, one stage with two in the forward simulation.
    assert TrialResponse.objects.count() == (2 + 4) * 4 + 2 * 2
    assert Presentation.objects.count() == (2 + 4) * 2 + 2
    items = {"adult", "level", "who"} | (
        {"reliable", "honest", "useful"} if participant.assignment.condition in ADVISED else set()
    )
    assert set(StepResponse.objects.values_list("item", flat=True)) == items
    assert Submission.objects.count() == len([r for r in somebody.replies if r.status_code == 200]) - 2
    assert [c.occasion for c in Consent.objects.order_by("pk")] == ["start", "after_debrief"]


def test_the_code_on_the_last_page_is_the_stored_one(study: Study, person: Arrive) -> None:
    somebody = person(whole_study(study)).go_to("done")
    code = Completion.objects.get().code
    assert len(code) == 12
    assert code in somebody.text
    assert code in somebody.look().text


def test_a_presentation_names_what_was_on_the_screen(study: Study, person: Arrive) -> None:
    person(study(conditions={"ig": study_condition("ig")})).go_to("trial", stage="Your final answer")
    shown = PresentedItem.objects.filter(presentation__stage="final").order_by("position")
    assert list(shown.values_list("item", "name")) == [
        ("case", "cell-0"),
        ("own_answer", ""),
        ("advice", "cells-mlp"),
        ("explanation", "ig"),
    ]
    assert all(len(item.digest) == 64 for item in shown)
    assert shown.get(item="explanation").rendering_digest
    assert Presentation.objects.get(stage="final").option_order == ["benign", "malignant"]


def study_condition(name: str) -> object:
    from tests.factories import CONDITIONS

    return CONDITIONS[name]
