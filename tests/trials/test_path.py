"""A participant's path for the experimenter: complete, in order, without the truth, and every look written down."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from studies.design.models import StaffAction, StudyVersion
from studies.enrolment.models import Participant
from studies.trials.models import Event, TrialResponse
from studies.trials.path import path_of
from tests.factories import OPTIONS, WHOLE_FLOW
from tests.trials.person import Person

pytestmark = pytest.mark.django_db
Arrive = Callable[..., Person]
Study = Callable[..., StudyVersion]
STRATA: dict[str, Any] = {"strata": ["expertise"], "stratum_keys": ("expertise=novice", "expertise=expert")}


def happened(*events: tuple[str, float, dict[str, Any]], received_s: float, source: str = "p1") -> None:
    person = Participant.objects.get()
    Event.objects.bulk_create(
        Event(participant=person, source=source, seq=seq, kind=kind, t_client_ms=ms, payload=payload,
              received_at=person.started_at + timedelta(seconds=received_s))
        for seq, (kind, ms, payload) in enumerate(events)
    )  # fmt: skip


def lines(kind: str = "") -> list[tuple[float, str, str]]:
    found = path_of(Participant.objects.get(), with_condition=True)
    return [(round(m.seconds, 1), m.what, m.detail) for m in found if kind in ("", m.kind)]


def test_a_revised_answer_leaves_its_trail_and_one_value(study: Study, person: Arrive) -> None:
    """I21: 5, then 4, then 5 before sending."""
    somebody = person(study()).go_to("trial")
    events = [
        {"seq": i, "kind": "change", "t": 100.0 * i, "payload": {"field": "confidence", "value": value}}
        for i, value in enumerate(("5", "4", "5"))
    ]
    somebody.send(
        decision="benign", confidence="5", events=json.dumps({"source": "page-1", "events": events})
    )
    stored = TrialResponse.objects.get(stage="initial", field="confidence")
    assert stored.value == 0.05
    trail = Event.objects.filter(kind="change").order_by("seq")
    assert [event.payload["value"] for event in trail] == ["5", "4", "5"]
    assert [what for _, what, _ in lines("change")][-1] == "chose confidence: 5 → 4 → 5"


def test_every_answer_of_a_whole_session_is_there_in_order(study: Study, person: Arrive) -> None:
    person(study(flow=WHOLE_FLOW, **STRATA)).go_to("done")
    answers = lines("answer")
    stored = TrialResponse.objects.count() + Participant.objects.get().step_responses.count()
    assert len(answers) == stored
    moments = [seconds for seconds, _, _ in lines()]
    assert moments == sorted(moments)
    assert [what for _, what, _ in lines("door")] == [
        "started", "gave consent", "was given a place", "gave consent", "completed",
    ]  # fmt: skip


def test_the_clock_of_a_page_is_put_onto_the_servers_by_the_least_delay(study: Study, person: Arrive) -> None:
    person(study())
    happened(("page", 0, {"page": "trial"}), ("zoom", 4_000, {"part": "mri", "scale": 2.5}), received_s=34)
    happened(("page", 0, {"page": "trial"}), received_s=90, source="p2")
    found = {(what, detail): at for at, what, detail in lines()}
    assert found["picture zoomed", "part mri, scale 2.5"] == 34.0
    assert found["page on the screen", ""] == 90.0
    assert (30.0, "page on the screen", "") in lines("page")


def test_time_out_of_sight_is_one_line_with_its_length(study: Study, person: Arrive) -> None:
    person(study())
    happened(("hidden", 1_000, {}), ("visible", 13_500, {}), ("hidden", 20_000, {}), received_s=60)
    assert [(what, detail) for _, what, detail in lines() if "sight" in what] == [
        ("page was out of sight", "for 12.5 s"),
        ("page out of sight", "to the end"),
    ]


def test_it_tells_no_right_answer(study: Study, person: Arrive) -> None:
    """The differential form: with every truth turned round, the paths of the same session are the same."""
    paths = []
    for slug, truth in (
        ("one", lambda number: OPTIONS[number % 2]),
        ("two", lambda number: OPTIONS[1 - number % 2]),
    ):
        version = study(slug=slug, flow=WHOLE_FLOW, **STRATA, truth=truth)
        person(version).go_to("done", decision="benign", guess="benign", level="novice")
        found = Participant.objects.get(version=version)
        paths.append([(m.where, m.what, m.detail, m.kind) for m in path_of(found, with_condition=True)])
    assert sorted(paths[0]) == sorted(paths[1])
    assert len(paths[0]) > 30


def test_of_written_words_only_the_length_is_told(study: Study, person: Arrive) -> None:
    person(study())
    happened(("change", 10, {"field": "why", "length": 41}), received_s=5)
    assert lines("change") == [(5.0, "wrote why: 41 characters", "")]


def staff(*codenames: str) -> Client:
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_looking_at_a_path_needs_its_permission_and_is_written_down(study: Study, person: Arrive) -> None:
    person(study()).go_to("done")
    found = Participant.objects.get()
    url = reverse("admin:trials_path", args=[found.public_id])
    assert staff("view_participant", "view_event").post(url).status_code == 403
    User.objects.filter(username="ada").update(username="bob")
    client = staff("replay_path")
    asked = client.get(url)
    assert asked.status_code == 200
    assert not StaffAction.objects.filter(verb="path_replayed").exists()
    assert b"answered decision" not in asked.content
    told = client.post(url)
    assert b"answered decision" in told.content
    action = StaffAction.objects.get(verb="path_replayed")
    assert action.detail == {"version": 1, "participant": found.public_id}
    assert "no-store" in told.headers["Cache-Control"]


@pytest.mark.parametrize("sees", [False, True])
def test_the_condition_is_told_to_who_may_see_the_allocation(
    study: Study, person: Arrive, sees: bool
) -> None:
    person(study()).go_to("done")
    found = Participant.objects.get()
    client = staff("replay_path", *(["view_allocation"] if sees else []))
    text = client.post(reverse("admin:trials_path", args=[found.public_id])).content.decode()
    assert (f"<td>{found.assignment.condition}</td>" in text) is sees


def test_a_participant_cannot_reach_it(study: Study, person: Arrive) -> None:
    somebody = person(study()).go_to("done")
    found = Participant.objects.get()
    reply = somebody.client.post(reverse("admin:trials_path", args=[found.public_id]))
    assert reply.status_code == 302
    assert "login" in reply.headers["Location"]


def test_hostile_events_are_shown_as_text(study: Study, person: Arrive) -> None:
    person(study())
    happened(("change", 1, {"field": "<script>", "value": "<img src=x>"}), received_s=1)
    found = Participant.objects.get()
    text = staff("replay_path").post(reverse("admin:trials_path", args=[found.public_id])).content.decode()
    assert "<img src=x>" not in text
    assert "&lt;img src=x&gt;" in text
