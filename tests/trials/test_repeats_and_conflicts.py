"""Double clicks, two tabs, back, skipping, reload: nothing twice, nothing lost, the first answer stands."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.utils.html import escape

from studies.design.models import StudyVersion
from studies.enrolment.models import Completion, Participant
from studies.trials.models import Event, Presentation, Submission, TrialResponse
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
ANSWER = {"decision": "benign", "confidence": "70"}
OTHER = {"decision": "malignant", "confidence": "70"}


def rows() -> list[tuple[str, str, object]]:
    return list(TrialResponse.objects.order_by("pk").values_list("stage", "field", "value"))


def test_the_reply_to_an_answer_is_the_next_page(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial").send(**ANSWER)
    assert somebody.reply.status_code == 200
    assert "Your final answer" in somebody.text


def test_without_script_an_answer_is_followed_by_a_redirect(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial").send(**ANSWER, swap=False)
    assert (somebody.reply.status_code, somebody.reply["Location"]) == (303, somebody.url)
    assert "Your final answer" in somebody.look().text
    assert not Event.objects.filter(kind="reload").exists()


def test_a_repeat_is_told_what_the_first_was_told(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial")
    nonce = somebody.nonce
    first = somebody.send(nonce=nonce, **ANSWER).nonce
    assert somebody.send(nonce=nonce, **ANSWER).reply.status_code == 200
    assert somebody.nonce == first
    assert len(rows()) == 2
    assert Event.objects.filter(kind="repeated").count() == 1


def test_another_answer_to_an_answered_page_is_a_conflict(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial")
    nonce = somebody.nonce
    somebody.send(nonce=nonce, **ANSWER)
    somebody.send(nonce=nonce, **OTHER)
    assert somebody.reply.status_code == 409
    assert "Your final answer" in somebody.text
    assert rows() == [("initial", "decision", "benign"), ("initial", "confidence", 0.7)]
    assert Event.objects.get(kind="conflict").payload["sent"] == OTHER


def test_the_nonce_of_a_later_page_cannot_be_guessed_or_used(study: Study, person: Arrive) -> None:
    ahead = person(study()).go_to("trial").answer()
    later = ahead.nonce
    other = Person(Client(), "cells").start().go_to("trial")
    for nonce in (later, "0" * 64, "", "é", later[:-1]):
        assert other.send(nonce=nonce, **ANSWER).reply.status_code == 409
    assert TrialResponse.objects.filter(trial__participant=Participant.objects.last()).count() == 0


def test_forged_progress_is_refused(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial")
    forged = {"step_index": "9", "condition": "ig", "participant": "1", "correct": "true", "version": "2"}
    somebody.send(**ANSWER, **forged)
    assert somebody.reply.status_code == 422
    assert rows() == []
    assert somebody.send(**ANSWER).reply.status_code == 200


def test_an_invalid_answer_keeps_the_page_the_nonce_and_what_was_typed(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial")
    nonce = somebody.nonce
    somebody.send(decision="malignant", confidence="170")
    assert (somebody.reply.status_code, somebody.nonce) == (422, nonce)
    assert escape("Give a number from 0 to 100.") in somebody.text
    assert somebody.page.xpath("//input[@name='decision'][@checked]/@value") == ["malignant"]
    assert rows() == []
    assert Event.objects.get(kind="invalid").payload["fields"] == ["confidence"]


def test_going_back_and_answering_again_changes_nothing(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial", stage="Your final answer")
    before = rows()
    old = somebody.replies[-2]
    somebody.replies.append(old)
    assert somebody.send(**OTHER).reply.status_code == 409
    assert rows() == before


def test_a_reload_shows_the_same_page_and_is_logged_not_presented_twice(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial")
    nonce = somebody.nonce
    assert somebody.look().look().nonce == nonce
    assert Presentation.objects.count() == 1
    assert Event.objects.filter(kind="reload").count() == 2
    assert list(Event.objects.order_by("seq").values_list("seq", flat=True)) == [0, 1]


def test_a_late_answer_after_the_end_is_a_conflict_with_the_last_page(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial")
    old = somebody.nonce
    somebody.go_to("done")
    stored = len(rows())
    assert somebody.send(nonce=old, **OTHER).reply.status_code == 409
    assert Completion.objects.get().code in somebody.text
    assert len(rows()) == stored


def test_a_double_click_on_the_last_page_gives_the_same_code(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("trial")
    while True:
        nonce = somebody.nonce
        if somebody.send(**ANSWER).kind == "done":
            break
    code = Completion.objects.get().code
    assert somebody.send(nonce=nonce, **ANSWER).reply.status_code == 200
    assert code in somebody.text
    assert Completion.objects.count() == 1


def test_every_accepted_page_leaves_one_submission(study: Study, person: Arrive) -> None:
    person(study()).go_to("done")
    assert Submission.objects.count() == 1 + 3 * 2
    assert Submission.objects.values("nonce").distinct().count() == 1 + 3 * 2
