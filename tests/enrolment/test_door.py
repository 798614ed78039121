"""The door: open, closed, invited, known, unknown; the cookie; and who knocks too often."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from django.test import Client

from studies.design.models import Recruitment, StudyVersion
from studies.enrolment.models import Identifier, Invitation, Participant
from studies.enrolment.services import invitations_create
from studies.enrolment.tokens import TOKEN_LENGTH, new_code, new_token, token_digest
from studies.trials.models import Event
from studies.trials.throttle import PER_MINUTE, InvalidTokens
from tests.trials.person import Person

Study = Callable[..., StudyVersion]
Arrive = Callable[..., Person]
URL = "/s/cells/"


@pytest.fixture
def version(study: Study) -> StudyVersion:
    return study()


def test_opening_the_door_does_nothing(version: StudyVersion) -> None:
    stranger = Person(Client(), "cells").look()
    assert stranger.kind == "welcome"
    assert not Participant.objects.exists()
    assert "assay_s" not in stranger.client.cookies


@pytest.mark.parametrize("state", ["closed", "paused"])
def test_a_study_that_takes_nobody_says_so(version: StudyVersion, state: str) -> None:
    Recruitment.objects.update(state=state)
    stranger = Person(Client(), "cells").look()
    assert (stranger.reply.status_code, stranger.kind) == (200, "closed")
    assert stranger.client.post(f"{URL}start").status_code == 403
    assert not Participant.objects.exists()


def test_who_began_goes_on_when_recruitment_closes(version: StudyVersion, person: Arrive) -> None:
    somebody = person(version)
    Recruitment.objects.update(state="closed")
    assert somebody.go_to("done").kind == "done"


def test_no_study_and_one_that_is_not_launched_look_the_same(version: StudyVersion) -> None:
    assert Client().get("/s/none/").status_code == 404
    assert Client().post("/s/none/start").status_code == 404


def test_the_cookie_is_the_person_s_and_the_study_s_alone(version: StudyVersion, person: Arrive) -> None:
    cookie = person(version).client.cookies["assay_s"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (URL, True, "Lax")
    assert len(cookie.value) == TOKEN_LENGTH
    stored = Participant.objects.get().token_digest
    assert stored == token_digest(cookie.value)
    assert cookie.value not in stored


def test_the_cookie_is_secure_where_cookies_are(version: StudyVersion, settings: object) -> None:
    settings.SESSION_COOKIE_SECURE = True  # type: ignore[attr-defined]
    stranger = Client()
    stranger.post(f"{URL}start", {"visit": "v"})
    assert stranger.cookies["assay_s"]["secure"]


def test_pressing_start_twice_starts_once(version: StudyVersion) -> None:
    first, second = Client(), Client()
    visit = {"visit": secrets.token_urlsafe(32)}
    first.post(f"{URL}start", visit)
    second.post(f"{URL}start", visit)
    assert Participant.objects.count() == 1
    assert first.cookies["assay_s"].value == second.cookies["assay_s"].value


def test_a_known_person_goes_on_and_the_old_cookie_is_worth_nothing(
    version: StudyVersion, person: Arrive
) -> None:
    before = person(version, PROLIFIC_PID="5f00").go_to("trial")
    after = person(version, PROLIFIC_PID="5f00")
    assert Participant.objects.count() == 1
    assert after.kind == "trial"
    assert after.nonce == before.nonce
    assert before.look().reply.status_code == 403
    assert Event.objects.filter(kind="resumed").count() == 1


def test_two_known_people_are_two_participants(version: StudyVersion, person: Arrive) -> None:
    person(version, PROLIFIC_PID="5f00")
    person(version, PROLIFIC_PID="5f01")
    assert Participant.objects.count() == Identifier.objects.count() == 2


def test_a_link_with_an_id_leads_to_a_clean_address(version: StudyVersion, person: Arrive) -> None:
    somebody = person(version, PROLIFIC_PID="5f00")
    reply = somebody.client.get(URL, {"PROLIFIC_PID": "5f00", "SESSION_ID": "x"})
    assert (reply.status_code, reply["Location"]) == (303, URL)


def test_another_person_in_the_same_browser_is_at_the_door(version: StudyVersion, person: Arrive) -> None:
    somebody = person(version, PROLIFIC_PID="5f00").go_to("trial")
    assert somebody.look({"PROLIFIC_PID": "5f99"}).kind == "welcome"


def test_an_invitation_is_used_up_by_pressing_start_not_by_opening_it(version: StudyVersion) -> None:
    [token] = invitations_create(version=version, count=1)
    somebody = Person(Client(), "cells")
    somebody.replies.append(somebody.client.get(f"{URL}i/{token}/"))
    assert somebody.kind == "welcome"
    assert not Participant.objects.exists()
    reply = somebody.client.post(f"{URL}i/{token}/")
    assert (reply.status_code, reply["Location"]) == (303, URL)
    assert somebody.look().kind == "consent"
    assert Invitation.objects.get().participant == Participant.objects.get()


def test_a_lost_reply_to_an_invitation_can_be_had_again_until_the_first_answer(version: StudyVersion) -> None:
    [token] = invitations_create(version=version, count=1)
    first, second = Client(), Client()
    first.post(f"{URL}i/{token}/")
    assert second.post(f"{URL}i/{token}/").status_code == 303
    assert first.cookies["assay_s"].value == second.cookies["assay_s"].value
    Person(first, "cells").look().answer()
    assert Client().post(f"{URL}i/{token}/").status_code == 403
    assert Participant.objects.count() == 1


def test_the_link_of_another_person_in_the_same_browser_leads_to_the_door(version: StudyVersion) -> None:
    tokens = invitations_create(version=version, count=2)
    shared = Person(Client(), "cells")
    for token in tokens:
        shared.client.post(f"{URL}i/{token}/")
        assert shared.client.get(f"{URL}i/{token}/").status_code == 303
        shared.look().answer()
    assert Participant.objects.count() == 2


def test_the_token_of_an_invitation_is_not_stored_and_is_not_the_cookie(version: StudyVersion) -> None:
    [token] = invitations_create(version=version, count=1)
    stranger = Client()
    stranger.post(f"{URL}i/{token}/")
    assert Invitation.objects.get().token_digest == token_digest(token)
    assert stranger.cookies["assay_s"].value != token


def test_invitations_of_simulated_participants_need_no_open_recruitment(version: StudyVersion) -> None:
    Recruitment.objects.update(state="closed")
    tokens = invitations_create(version=version, count=3, is_simulated=True, policies=["follow", "random"])
    for token in tokens:
        assert Client().post(f"{URL}i/{token}/").status_code == 303
    people = Participant.objects.order_by("pk").values_list("is_simulated", "policy")
    assert list(people) == [(True, "follow"), (True, "random"), (True, "follow")]


def test_tokens_of_another_study_open_nothing(version: StudyVersion, study: Study, person: Arrive) -> None:
    other = study(slug="other")
    somebody = person(other)
    [token] = invitations_create(version=other, count=1)
    stranger = Client()
    stranger.cookies["assay_s"] = somebody.client.cookies["assay_s"].value
    assert stranger.get(URL).status_code == 403
    assert stranger.post(URL, {"nonce": somebody.nonce, "consent": "given"}).status_code == 403
    assert stranger.get(f"{URL}i/{token}/").status_code == 404


def test_guesses_are_slowed_down_and_valid_people_behind_the_same_address_are_not(
    version: StudyVersion, person: Arrive
) -> None:
    people = [person(version) for _ in range(100)]
    codes = []
    for _ in range(PER_MINUTE + 5):
        guesser = Client()
        guesser.cookies["assay_s"] = new_token()
        codes.append(guesser.get(URL).status_code)
    assert codes == [403] * PER_MINUTE + [429] * 5
    assert {somebody.look().reply.status_code for somebody in people} == {200}
    assert Client().get(f"{URL}i/{new_token()}/").status_code == 429


def test_the_count_of_guesses_starts_anew_after_a_minute() -> None:
    now = [0.0]
    guesses = InvalidTokens(clock=lambda: now[0])
    assert [guesses.is_too_many("a") for _ in range(PER_MINUTE + 1)][-1]
    assert not guesses.is_too_many("b")
    now[0] = 60.0
    assert not guesses.is_too_many("a")


def test_no_two_of_a_hundred_thousand_tokens_are_the_same() -> None:
    tokens = {new_token() for _ in range(100_000)}
    assert len(tokens) == 100_000
    assert {len(token) for token in tokens} == {TOKEN_LENGTH}
    assert len({new_code() for _ in range(10_000)}) == 10_000


def test_pages_of_participants_are_never_stored(version: StudyVersion, person: Arrive) -> None:
    somebody = person(version).go_to("done")
    assert {reply["Cache-Control"] for reply in somebody.replies} == {"no-store"}


def test_a_request_without_csrf_token_changes_nothing(version: StudyVersion) -> None:
    strict = Client(enforce_csrf_checks=True)
    for path in ("", "start", "withdraw", "events", f"i/{new_token()}/"):
        assert strict.post(f"{URL}{path}").status_code == 403
    assert not Participant.objects.exists()


def test_every_address_refuses_other_methods(version: StudyVersion) -> None:
    for path in ("", "start", "withdraw", "events"):
        assert Client().put(f"{URL}{path}").status_code == 405
