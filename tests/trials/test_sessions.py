"""Time between answers: sessions and their windows, the longest pause, given-away places, and ways back in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import F
from django.test import Client
from django.utils import timezone

from studies.design.models import StudyVersion
from studies.enrolment.models import Participant
from studies.enrolment.services import invitations_create, simulated_clock_set
from studies.enrolment.tokens import resume_code
from studies.trials.models import Event, StepResponse, Trial, TrialResponse
from tests.factories import SHORT_FLOW, session_step, step, trials_step
from tests.trials.person import Person

Arrive = Callable[..., Person]
Study = Callable[..., StudyVersion]
pytestmark = pytest.mark.django_db
LATER = trials_step(2, protocol="decision")
FLOW = [*SHORT_FLOW, session_step(code="PART-ONE"), LATER]
HOURS_24 = {"maximum_s": 24 * 3600}


def time_passes(**length: float) -> None:
    """Let time pass for everybody, by setting back every moment that is compared with the clock."""
    back = timedelta(**length)
    Participant.objects.update(
        moved_at=F("moved_at") - back, opens_at=F("opens_at") - back, closes_at=F("closes_at") - back
    )


def kinds() -> list[str]:
    return list(Event.objects.filter(source="server").order_by("pk").values_list("kind", flat=True))


def test_after_the_first_session_the_page_says_when_to_come_back(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=FLOW)).go_to("session")
    assert "Please come back in 7 days:" in somebody.text
    opens = Participant.objects.get().opens_at
    assert opens is not None
    assert abs((opens - timezone.now()).total_seconds() - 7 * 24 * 3600) < 60
    assert f"{opens:%A}, {opens.day} {opens:%B %Y, %H:%M} (UTC)" in somebody.text
    assert "PART-ONE" in somebody.text
    assert somebody.nonce == ""


def test_who_comes_early_sees_the_same_calm_page_and_can_send_nothing(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=FLOW)).go_to("session")
    time_passes(days=6)
    assert "Please come back in 24 hours:" in somebody.look().text
    from studies.trials.sitting import Sitting

    somebody.send(nonce=Sitting(Participant.objects.get()).nonce)
    assert (somebody.reply.status_code, somebody.kind) == (409, "session")
    assert TrialResponse.objects.filter(trial__step_index=4).count() == 0


def test_who_comes_in_time_goes_on_and_completes(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=FLOW)).go_to("session")
    time_passes(days=8)
    somebody.look()
    assert "Welcome back" in somebody.text
    assert "Please begin it before" in somebody.text
    somebody.go_to("done")
    assert Participant.objects.get().state == "completed"
    assert [k for k in kinds() if k.startswith("session")] == ["session_waits", "session_begun"]


def test_who_comes_late_finds_the_study_over_and_the_trials_stay_unreached(
    study: Study, person: Arrive
) -> None:
    somebody = person(study(flow=FLOW)).go_to("session")
    time_passes(days=22)
    assert somebody.look().kind == "expired"
    assert "this part of the study is over" in somebody.text
    assert Trial.objects.filter(step_index=4).count() == 2
    assert not TrialResponse.objects.filter(trial__step_index=4).exists()
    assert (Participant.objects.get().state, kinds()[-1]) == ("expired", "session_missed")
    assert somebody.look().kind == "expired"


def test_an_answer_that_begins_a_closed_session_is_not_taken(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=FLOW)).go_to("session")
    time_passes(days=8)
    somebody.look()
    time_passes(days=14)
    somebody.send()
    assert (somebody.reply.status_code, somebody.kind) == (409, "expired")


def test_a_session_that_never_closes_can_be_begun_a_year_later(study: Study, person: Arrive) -> None:
    flow = [*SHORT_FLOW, session_step(closes=None), LATER]
    somebody = person(study(flow=flow, pause=HOURS_24)).go_to("session")
    time_passes(days=365)
    somebody.look().answer()
    assert somebody.kind == "trial"


def test_the_longest_pause_counts_within_a_session_and_not_between(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=FLOW, pause=HOURS_24)).go_to("session")
    time_passes(days=8)
    somebody.look().go_to("trial")
    time_passes(hours=25)
    assert somebody.look().kind == "expired"


@pytest.mark.parametrize(("hours", "kind"), [(23.9, "trial"), (24.1, "expired")])
def test_after_a_pause_people_go_on_where_they_were_or_find_it_over(
    study: Study, person: Arrive, hours: float, kind: str
) -> None:
    somebody = person(study(pause=HOURS_24)).go_to("trial")
    somebody.answer()
    place = Participant.objects.values_list("step_index", "trial_index", "stage_index").get()
    time_passes(hours=hours)
    assert somebody.look().kind == kind
    found = Participant.objects.get()
    assert (found.step_index, found.trial_index, found.stage_index) == place
    away = Event.objects.filter(kind="paused").get().payload["away_s"]
    assert abs(away - hours * 3600) < 60


def test_an_answer_after_the_longest_pause_is_not_taken(study: Study, person: Arrive) -> None:
    somebody = person(study(pause=HOURS_24)).go_to("trial")
    stored = TrialResponse.objects.count()
    time_passes(hours=25)
    somebody.send(decision="benign", confidence="70")
    assert (somebody.reply.status_code, somebody.kind) == (409, "expired")
    assert TrialResponse.objects.count() == stored
    assert "Your last answer was too long ago" in somebody.text


def test_nobody_is_shut_out_before_consent(study: Study, person: Arrive) -> None:
    somebody = person(study(pause=HOURS_24))
    time_passes(days=9)
    assert somebody.look().kind == "consent"


def test_who_is_shut_out_can_still_take_everything_back(study: Study, person: Arrive) -> None:
    somebody = person(study(pause=HOURS_24)).go_to("trial").answer()
    time_passes(hours=25)
    somebody.look()
    assert "Withdraw from the study" in somebody.text
    reply = somebody.client.post(f"{somebody.url}withdraw", {"confirm": "withdraw"})
    assert b"have been deleted" in reply.content
    assert (TrialResponse.objects.count(), StepResponse.objects.count()) == (0, 0)


@pytest.mark.parametrize(("returning", "kind"), [("may_finish", "trial"), ("closed", "expired")])
def test_who_lost_the_place_may_finish_or_finds_it_given_away(
    study: Study, person: Arrive, returning: str, kind: str
) -> None:
    lease = {"lease": {"seconds": 3600, "returning": returning}}
    version = study(slots=1, allocation=lease)
    first = person(version).go_to("trial")
    time_passes(hours=2)
    assert person(version).go_to("trial").kind == "trial"
    assert first.look().kind == kind
    assert Participant.objects.order_by("pk")[0].assignment.slot.seq == 0


def test_who_waits_for_a_session_keeps_the_place_until_it_has_closed(
    study: Study, person: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = study(slots=1, flow=FLOW, allocation={"lease": {"seconds": 3600, "returning": "closed"}})
    person(version).go_to("session")
    began = timezone.now()
    for days, kind in ((14, "full"), (22, "trial")):
        monkeypatch.setattr(timezone, "now", lambda days=days: began + timedelta(days=days))
        assert person(version).answer().kind == kind


def invited(version: StudyVersion, token: str, client: Client | None = None) -> Person:
    found = Person(client or Client(), version.study.slug)
    found.replies.append(found.client.post(f"{found.url}i/{token}/"))
    return found


def test_the_personal_link_lets_back_in_on_another_device_and_shuts_the_first_out(study: Study) -> None:
    version = study(returning={"link": True})
    (token,) = invitations_create(version=version, count=1)
    first = invited(version, token).look().go_to("trial").answer()
    second = invited(version, token)
    assert second.reply.status_code == 303
    assert second.look().kind == "trial"
    assert Participant.objects.count() == 1
    assert first.look().reply.status_code == 403


def test_the_personal_link_stays_used_up_where_the_study_does_not_say_otherwise(study: Study) -> None:
    version = study()
    (token,) = invitations_create(version=version, count=1)
    invited(version, token).look().go_to("trial")
    assert "already used" in invited(version, token).text


def typed(version: StudyVersion, code: str) -> Person:
    found = Person(Client(), version.study.slug)
    found.replies.append(found.client.post(f"{found.url}resume", {"code": code}))
    return found


def test_a_code_lets_back_in_on_another_device(study: Study, person: Arrive) -> None:
    version = study(flow=[SHORT_FLOW[0], step("instructions", text="instructions"), *SHORT_FLOW[1:]],
                    returning={"code": True})  # fmt: skip
    first = person(version).go_to("instructions")
    assert "See your code" in first.text
    shown = first.client.get(f"{first.url}resume").content.decode()
    code = resume_code(Participant.objects.get().public_id)
    assert code in shown
    second = typed(version, f" {code[:4].lower()}-{code[4:]} ")
    assert second.reply.status_code == 303
    assert second.look().kind == "instructions"
    assert first.look().reply.status_code == 403
    assert "resumed" in kinds()
    assert code not in str(Participant.objects.values_list().get())


def test_codes_are_not_guessed(study: Study, person: Arrive) -> None:
    version = study(returning={"code": True})
    person(version)
    replies = [typed(version, "A" * 12).reply.status_code for _ in range(40)]
    assert set(replies) == {422, 429}
    assert replies[-1] == 429


def test_a_study_without_codes_has_none(study: Study, person: Arrive) -> None:
    version = study()
    somebody = person(version)
    assert Participant.objects.get().resume_digest is None
    assert typed(version, resume_code(Participant.objects.get().public_id)).reply.status_code == 422
    assert "See your code" not in somebody.go_to("done").text


def test_only_a_simulated_participant_can_have_a_clock_that_is_ahead(study: Study, person: Arrive) -> None:
    person(study())
    with pytest.raises(IntegrityError):
        simulated_clock_set(participant=Participant.objects.get(), to=timezone.now() + timedelta(days=1))


def test_a_clock_in_a_request_changes_nothing(study: Study, person: Arrive) -> None:
    somebody = person(study(flow=FLOW)).go_to("session")
    extra: dict[str, Any] = {"clock_ahead_s": "999999", "opens_at": "2000-01-01"}
    somebody.send(**extra)
    assert (somebody.reply.status_code, Participant.objects.get().clock_ahead_s) == (409, 0)
