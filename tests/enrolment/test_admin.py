"""Staff watch: the condition and names outside are for those who may, and nothing can be edited."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from studies.design.models import StudyVersion
from studies.enrolment.models import Participant
from tests.factories import CONDITIONS
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
LIST = "/admin/enrolment/participant/"
CONDITION = "zeta_condition"


def staff(*permissions: str) -> Client:
    user = User.objects.create_user(f"staff-{len(permissions)}", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def somebody(study: Study, person: Arrive) -> Person:
    return person(study(conditions={CONDITION: CONDITIONS["ai"]}), PROLIFIC_PID="canary-pid").go_to("done")


def test_the_list_shows_states_and_progress_and_no_condition(somebody: Person) -> None:
    text = staff("view_participant").get(LIST).content.decode()
    assert Participant.objects.get().public_id in text
    assert "1 completed" in text
    assert CONDITION not in text


def test_the_condition_is_shown_to_whom_it_may(somebody: Person) -> None:
    client = staff("view_participant", "view_allocation")
    assert CONDITION in client.get(LIST).content.decode()
    one = client.get(f"{LIST}{Participant.objects.get().pk}/change/").content.decode()
    assert CONDITION in one


def test_one_participant_is_shown_without_condition_and_without_token(somebody: Person) -> None:
    participant = Participant.objects.get()
    text = staff("view_participant").get(f"{LIST}{participant.pk}/change/").content.decode()
    assert CONDITION not in text
    assert participant.token_digest not in text
    assert "canary-pid" not in text


def test_names_outside_are_for_those_who_may_reveal_them(somebody: Person) -> None:
    url = "/admin/enrolment/identifier/"
    assert staff("view_identifier").get(url).status_code == 403
    assert "canary-pid" in staff("view_identifier", "reveal_identifier").get(url).content.decode()


def test_nothing_about_people_is_edited_in_the_admin(somebody: Person) -> None:
    client = staff("view_participant", "change_participant", "delete_participant", "add_participant")
    pk = Participant.objects.get().pk
    assert client.post(f"{LIST}{pk}/change/", {"state": "enrolled"}).status_code == 403
    assert client.post(f"{LIST}{pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403


def test_the_list_of_many_participants_takes_few_queries(
    somebody: Person, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    client = staff("view_participant")
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        assert client.get(LIST).status_code == 200


def test_the_log_of_events_can_be_read(somebody: Person) -> None:
    somebody.send(nonce="old")
    assert "conflict" in staff("view_event").get("/admin/trials/event/").content.decode()
