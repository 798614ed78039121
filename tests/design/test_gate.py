"""The quality gate before a launch: red is refused, a written reason is kept for ever, the page shows why."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import DatabaseError
from django.test import Client

from explainers.models import Job
from studies.design.models import GateOverride, StaffAction, StudyVersion
from studies.design.services import gate_override, version_launch, version_prepare, version_problems
from studies.design.services.gate import OverrideRefused, explanation_keys
from tests.design.scene import finish_jobs, imported, make_cases, make_predictor

pytestmark = pytest.mark.django_db
REASON = "The method is itself what the study is about."


def examined(light: str) -> StudyVersion:
    make_cases()
    make_predictor()
    version = imported()
    for _ in range(2):
        version_prepare(version=version)
        finish_jobs(light=light)
    version_prepare(version=version)
    return version


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Any) -> None:
    settings.ASSAY_STORE = tmp_path / "store"


def gate_id(version: StudyVersion) -> str:
    from explainers.selectors import gates_by_method

    (gate,) = gates_by_method(keys=explanation_keys(version))
    return str(gate["gate_id"])


def test_explanations_are_examined_and_controls_are_not() -> None:
    version = examined("green")
    assert set(Job.objects.filter(kind="gate").values_list("method", flat=True)) == {"integrated_gradients"}
    assert version_problems(version=version) == []


def test_what_was_not_examined_is_no_pass() -> None:
    make_cases()
    make_predictor()
    version = imported()
    version_prepare(version=version)
    finish_jobs()
    version_prepare(version=version)
    Job.objects.filter(kind__in=("gate", "check")).update(state="cancelled")
    finish_jobs()
    version_prepare(version=version)
    assert "explanations did not go through the quality gate yet" in " ".join(
        version_problems(version=version)
    )


def test_red_stops_the_launch_until_a_reason_is_written() -> None:
    version = examined("red")
    assert "is red: " in version_problems(version=version)[0]
    gate_override(version=version, gate=gate_id(version), reason=REASON)
    assert version_problems(version=version) == []
    version_launch(version=version, seed="a seed for tests")
    kept = StaffAction.objects.get(verb="gate_override")
    assert kept.detail["reason"] == REASON


def half_examined(*, first: str, then: str) -> tuple[StudyVersion, int]:
    """Examine some cases, have the reason written, then examine the others; returns how many were examined first."""
    make_cases()
    make_predictor()
    version = imported()
    version_prepare(version=version)
    finish_jobs()
    version_prepare(version=version)
    later = list(Job.objects.filter(kind="gate", state="queued").order_by("pk").values_list("pk", flat=True))[
        5:
    ]
    Job.objects.filter(pk__in=later).update(state="cancelled")
    finish_jobs(light=first)
    gate_override(version=version, gate=gate_id(version), reason=REASON)
    Job.objects.filter(pk__in=later).update(state="queued")
    finish_jobs(light=then)
    version_prepare(version=version)
    return version, 5


def test_a_reason_covers_what_was_red_then_and_names_it() -> None:
    version, count = half_examined(first="red", then="green")
    assert version_problems(version=version) == []
    covers = GateOverride.objects.get().covers
    assert (len(covers["cases"]), covers["examined"], covers["measures"]) == (count, count, ["red_share"])
    version_launch(version=version, seed="a seed for tests")
    (told,) = StaffAction.objects.get(verb="version_launch").detail["gate_overrides"]
    keys = sorted(each["case"] for each in covers["cases"])
    assert (sorted(told["cases"]), told["measures"], told["reason"]) == (keys, ["red_share"], REASON)
    assert told["about"] == "integrated_gradients on small-net, target advised, cases of small-cases"


def test_what_turns_red_later_needs_a_reason_of_its_own() -> None:
    version, count = half_examined(first="red", then="red")
    covered = {each["case"] for each in GateOverride.objects.get().covers["cases"]}
    problems = [problem for problem in version_problems(version=version) if ", case " in problem]
    assert problems
    assert not any(f"case {case} is red" in problem for case in covered for problem in problems)
    gate_override(version=version, gate=gate_id(version), reason=REASON)
    first, second = (len(each.covers["cases"]) for each in GateOverride.objects.order_by("pk"))
    assert (first, first + second) == (count, Job.objects.filter(kind="gate").count())
    assert version_problems(version=version) == []


def test_a_reason_given_to_an_earlier_gate_covers_nothing_of_this_one() -> None:
    version = examined("red")
    override = gate_override(version=version, gate=gate_id(version), reason=REASON)
    GateOverride.objects.update(covers={**override.covers, "gate": "an earlier one"})
    assert "is red: " in version_problems(version=version)[0]


def test_amber_is_told_and_does_not_stop_anything() -> None:
    assert version_problems(version=examined("amber")) == []


@pytest.mark.parametrize(
    ("light", "reason", "message"),
    [("red", "because", "at least 20 characters"), ("green", REASON, "nothing to override")],
)
def test_an_override_needs_a_reason_and_a_red_light(light: str, reason: str, message: str) -> None:
    version = examined(light)
    with pytest.raises(OverrideRefused, match=message):
        gate_override(version=version, gate=gate_id(version), reason=reason)


def test_after_the_launch_a_reason_can_neither_come_nor_change() -> None:
    version = examined("red")
    override = gate_override(version=version, gate=gate_id(version), reason=REASON)
    version_launch(version=version, seed="a seed for tests")
    with pytest.raises(OverrideRefused, match="launched"):
        gate_override(version=version, gate=override.gate, reason=REASON)
    override.reason = "Another reason, given when the results were known."
    with pytest.raises(DatabaseError):
        override.save()


@pytest.fixture
def experimenter(client: Client) -> Client:
    user = User.objects.create_user("experimenter", password="x", is_staff=True)
    wanted = ["view_studyversion", "launch_studyversion"]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client.force_login(user)
    return client


def test_the_page_says_why_and_takes_the_reason(experimenter: Client) -> None:
    version = examined("red")
    address = f"/admin/design/studyversion/{version.pk}/gate/"
    page = experimenter.get(address).content.decode()
    assert "made red." in page
    assert page.count('<table class="bars">') == 6, "the worst cases are shown as participants see them"
    experimenter.post(address, {"gate": gate_id(version), "reason": REASON})
    assert GateOverride.objects.get().actor is not None
    page = experimenter.get(address).content.decode()
    assert REASON in page
    assert "red cases of" in page
    assert "Red without a reason" not in page
    assert "<textarea" not in page, "there is nothing left to give a reason for"


def test_who_may_only_look_is_not_asked_for_a_reason(client: Client) -> None:
    version = examined("red")
    user = User.objects.create_user("visitor", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_studyversion"))
    client.force_login(user)
    address = f"/admin/design/studyversion/{version.pk}/gate/"
    assert "<textarea" not in client.get(address).content.decode()
    assert client.post(address, {"gate": gate_id(version), "reason": REASON}).status_code == 403
