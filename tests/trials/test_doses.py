"""What pages tell of explanations is bound to its trial by the server alone, and added up over reloads."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from studies.design.models import StudyVersion
from studies.export.doses import Dose, doses_of
from studies.trials.models import Event, Trial
from tests.factories import CONDITIONS
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]


@pytest.fixture
def somebody(study: Study, person: Arrive) -> Person:
    return person(study(conditions={"ig": CONDITIONS["ig"]})).go_to("trial", stage="final answer")


def tell(somebody: Person, *, source: str = "page1", seq: int = 0, **payload: Any) -> int:
    taken = {"panel": 1, "visible_ms": 500, "opens": 1, "toggles": 2, "zooms": 3}
    sent = {"nonce": somebody.nonce[:16], **taken, **payload}
    event = {"seq": seq, "kind": "dose", "t": 1, "payload": sent}
    reply = somebody.client.post(
        f"{somebody.url}events",
        json.dumps({"source": source, "events": [event]}),
        content_type="application/json",
    )
    return int(reply.status_code)


def doses() -> dict[Any, Dose]:
    return doses_of(list(Event.objects.values_list("participant_id", flat=True).distinct()))


def test_a_dose_is_bound_to_the_trial_and_the_stage_of_its_page(somebody: Person) -> None:
    assert tell(somebody) == 204
    first = Trial.objects.order_by("pk")[0].pk
    assert doses() == {(first, "final", 1): Dose(500, 1, 2, 3)}


def test_a_dose_that_comes_with_the_answer_is_bound_to_the_page_that_is_answered(somebody: Person) -> None:
    payload = {
        "nonce": somebody.nonce[:16], "panel": 0, "visible_ms": 7, "opens": 0, "toggles": 0, "zooms": 0,
    }  # fmt: skip
    events = [{"seq": 0, "kind": "dose", "t": 1, "payload": payload}]
    somebody.send(decision="benign", confidence="50", events=json.dumps({"source": "p", "events": events}))
    assert doses() == {(Trial.objects.order_by("pk")[0].pk, "final", 0): Dose(7, 0, 0, 0)}


def test_the_last_reading_of_a_page_counts_and_what_was_loaded_again_is_added(somebody: Person) -> None:
    tell(somebody, seq=0, visible_ms=100, opens=0)
    tell(somebody, seq=1, visible_ms=400, opens=1)
    tell(somebody, seq=1, visible_ms=400, opens=1)
    tell(somebody, source="page2", seq=0, visible_ms=50, opens=1)
    (dose,) = doses().values()
    assert (dose.visible_ms, dose.opens) == (450, 2)


def test_a_page_that_is_over_binds_nothing(somebody: Person) -> None:
    tell(somebody, nonce="0" * 16)
    assert doses() == {}


def test_what_only_the_server_may_say_is_taken_from_no_client(somebody: Person) -> None:
    tell(somebody, nonce="0" * 16, _trial=1, _stage="final")
    (event,) = Event.objects.filter(kind="dose")
    assert {key for key in event.payload if key.startswith("_")} == set()
    assert doses() == {}


@pytest.mark.parametrize(
    "broken",
    [{"visible_ms": -1}, {"visible_ms": 1e12}, {"visible_ms": True}, {"opens": 1.5}, {"zooms": "3"}, {"panel": "1"}],
)  # fmt: skip
def test_a_reading_that_cannot_be_is_kept_in_the_log_and_is_no_dose(
    somebody: Person, broken: dict[str, Any]
) -> None:
    assert tell(somebody, **broken) == 204
    assert Event.objects.filter(kind="dose").count() == 1
    assert doses() == {}
