"""The log of events: idempotent, whole batches or nothing, only what is known and small."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from studies.design.models import StudyVersion
from studies.trials.models import Event
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]


def event(seq: int, kind: str = "hidden", **more: Any) -> dict[str, Any]:
    return {"seq": seq, "kind": kind, "t": 12.5, "payload": {}, **more}


@pytest.fixture
def somebody(study: Study, person: Arrive) -> Person:
    return person(study())


def send(somebody: Person, batch: Any) -> int:
    body = batch if isinstance(batch, str) else json.dumps(batch)
    reply = somebody.client.post(f"{somebody.url}events", body, content_type="application/json")
    return int(reply.status_code)


def test_a_batch_is_stored_once_however_often_it_is_sent(somebody: Person) -> None:
    batch = {"source": "a1", "events": [event(0), event(1, "visible")]}
    assert [send(somebody, batch) for _ in range(3)] == [204, 204, 204]
    assert list(Event.objects.values_list("source", "seq", "kind", "t_client_ms")) == [
        ("a1", 0, "hidden", 12.5),
        ("a1", 1, "visible", 12.5),
    ]


def test_an_event_that_is_there_is_not_changed_by_another_of_its_number(somebody: Person) -> None:
    send(somebody, {"source": "a1", "events": [event(0)]})
    send(somebody, {"source": "a1", "events": [event(0, "blur"), event(1)]})
    assert list(Event.objects.order_by("seq").values_list("kind", flat=True)) == ["hidden", "hidden"]


@pytest.mark.parametrize(
    "bad",
    [
        {"source": "server", "events": [event(0)]},
        {"source": "../x", "events": [event(0)]},
        {"source": "x" * 41, "events": [event(0)]},
        {"source": "a", "events": [event(0), event(1, "conflict")]},
        {"source": "a", "events": [event(-1)]},
        {"source": "a", "events": [event(2**31)]},
        {"source": "a", "events": [event(True)]},
        {"source": "a", "events": [{"seq": 0}]},
        {"source": "a", "events": [event(0, participant=1)]},
        {"source": "a", "events": [event(0, payload={"x": "y" * 4096})]},
        {"source": "a", "events": [event(0, payload={"x": "\x00"})]},
        {"source": "a", "events": [event(0, payload={"x": "\ud800"})]},
        {"source": "a", "events": [event(0, payload=[1])]},
        {"source": "a", "events": [event(0, t="soon")]},
        {"source": "a", "events": [event(i) for i in range(201)]},
        {"source": "a", "events": {"0": event(0)}},
        {"events": [event(0)]},
        '{"source": "a", "events": [{"seq": 0, "kind": "hidden", "t": NaN}]}',
        "[" * 10_000,
        "nothing",
    ],
)
def test_what_is_not_a_batch_is_refused_whole(somebody: Person, bad: Any) -> None:
    assert send(somebody, bad) == 400
    assert not Event.objects.exists()


def test_a_batch_that_is_far_too_long_is_refused_unread(somebody: Person) -> None:
    assert send(somebody, "x" * (1024 * 1024 + 1)) == 413


def test_events_of_nobody_are_refused(somebody: Person) -> None:
    somebody.client.cookies.clear()
    assert send(somebody, {"source": "a", "events": [event(0)]}) == 403


def test_a_closing_page_may_send_its_events_as_a_form(somebody: Person) -> None:
    batch = json.dumps({"source": "a", "events": [event(0, "pagehide")]})
    assert somebody.client.post(f"{somebody.url}events", {"batch": batch}).status_code == 204
    assert Event.objects.get().kind == "pagehide"


def test_events_that_come_with_an_answer_are_stored_with_it(somebody: Person) -> None:
    batch = json.dumps({"source": "a", "events": [event(0, "change"), event(1, "submit")]})
    somebody.send(consent="given", events=batch)
    assert list(Event.objects.order_by("seq").values_list("kind", flat=True)) == ["change", "submit"]


@pytest.mark.parametrize(
    "events", ["[", '{"source": "server", "events": []}', '{"source": "a", "events": [7]}']
)
def test_an_answer_is_not_refused_for_its_events(somebody: Person, events: str) -> None:
    somebody.send(consent="given", events=events)
    assert somebody.reply.status_code == 200
    assert somebody.kind == "trial"
    assert Event.objects.get().kind == "events_dropped"


def test_the_trail_of_a_revised_answer_is_kept_and_one_value_stored(somebody: Person) -> None:
    somebody.answer()
    trail = [event(i, "change", payload={"field": "confidence", "value": v}) for i, v in enumerate("545")]
    somebody.send(decision="benign", confidence="5", events=json.dumps({"source": "p", "events": trail}))
    assert [e.payload["value"] for e in Event.objects.order_by("seq")] == ["5", "4", "5"]
