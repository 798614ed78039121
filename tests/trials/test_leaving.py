"""Leaving at any moment, under both policies; what the database lets go and what it keeps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, models, transaction

from studies.design.models import StudyVersion
from studies.enrolment.models import Assignment, Completion, Consent, Identifier, Participant, Withdrawal
from studies.trials import models as trial_models
from studies.trials.models import Event, Presentation, StepResponse, Submission, Trial, TrialResponse
from tests.factories import WHOLE_FLOW
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
ANSWERS: tuple[type[models.Model], ...] = (
    trial_models.PresentedItem, Presentation, TrialResponse, StepResponse, Submission, Event,
)  # fmt: skip
STRATA = {"strata": ["expertise"], "stratum_keys": ["expertise=novice", "expertise=expert"]}


def leave(somebody: Person) -> Person:
    somebody.replies.append(somebody.client.post(f"{somebody.url}withdraw", {"confirm": "withdraw"}))
    return somebody


@pytest.mark.parametrize(
    "kind", ["consent", "questionnaire", "trial", "feedback", "break", "debrief", "done"]
)
def test_one_can_leave_at_any_moment(study: Study, person: Arrive, kind: str) -> None:
    somebody = person(study(flow=WHOLE_FLOW, **STRATA)).go_to(kind)
    assert somebody.client.get(f"{somebody.url}withdraw").status_code == 200
    leave(somebody)
    assert somebody.kind in {"withdrawn", "done"}
    assert Withdrawal.objects.count() == 1
    assert Participant.objects.get().state == Participant.State.ERASED


def test_erasing_takes_every_answer_and_the_identifiers_and_leaves_a_tombstone(
    study: Study, person: Arrive
) -> None:
    somebody = person(study(flow=WHOLE_FLOW, **STRATA), PROLIFIC_PID="canary-pid").go_to("debrief")
    somebody.send(nonce="a page of another day")
    assert all(model.objects.exists() for model in ANSWERS)  # type: ignore[attr-defined]
    leave(somebody)
    left = {model.__name__: model.objects.count() for model in ANSWERS}  # type: ignore[attr-defined]
    assert set(left.values()) == {0}, left
    assert not Identifier.objects.exists()
    assert (Assignment.objects.count(), Consent.objects.count(), Trial.objects.count()) == (1, 1, 8)


def test_keeping_freezes_the_answers(study: Study, person: Arrive) -> None:
    somebody = person(study(withdrawal="keep")).go_to("trial", stage="Your final answer")
    nonce = somebody.nonce
    leave(somebody)
    somebody.send(nonce=nonce, decision="benign", confidence="5")
    assert somebody.reply.status_code == 409
    assert somebody.kind == "withdrawn"
    assert TrialResponse.objects.count() == 2
    assert Participant.objects.get().state == Participant.State.WITHDRAWN


def test_leaving_twice_changes_nothing(study: Study, person: Arrive) -> None:
    somebody = leave(person(study()).go_to("trial"))
    at = Withdrawal.objects.get().at
    assert leave(somebody).kind == "withdrawn"
    assert Withdrawal.objects.get().at == at


def test_leaving_needs_the_button_of_the_page(study: Study, person: Arrive) -> None:
    somebody = person(study())
    assert somebody.client.post(f"{somebody.url}withdraw").status_code == 303
    assert not Withdrawal.objects.exists()


def test_late_events_of_a_person_who_left_are_not_kept(study: Study, person: Arrive) -> None:
    somebody = leave(person(study()).go_to("trial"))
    batch = {"source": "a", "events": [{"seq": 0, "kind": "hidden", "t": 1}]}
    reply = somebody.client.post(f"{somebody.url}events", batch, content_type="application/json")
    assert reply.status_code == 204
    assert not Event.objects.exists()


def test_the_code_stays_when_somebody_leaves_after_the_end(study: Study, person: Arrive) -> None:
    somebody = leave(person(study()).go_to("done"))
    assert Completion.objects.get().code in somebody.look().text


def test_the_database_refuses_to_change_what_happened(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=WHOLE_FLOW, **STRATA)).go_to("done")
    somebody.client.post(
        f"{somebody.url}events",
        {"source": "a", "events": [{"seq": 0, "kind": "hidden", "t": 1}]},
        content_type="application/json",
    )
    for model in (*ANSWERS, Trial, Consent, Assignment, Completion):
        rows = model.objects.all()  # type: ignore[attr-defined]
        assert rows.exists(), model
        for attempt in (
            lambda rows=rows: rows.update(id=models.F("id") + 1000),
            lambda rows=rows: rows._raw_delete(rows.db),
        ):
            with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
                attempt()
