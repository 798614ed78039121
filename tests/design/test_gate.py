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
    assert REASON in experimenter.get(address).content.decode()


def test_who_may_only_look_is_not_asked_for_a_reason(client: Client) -> None:
    version = examined("red")
    user = User.objects.create_user("visitor", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_studyversion"))
    client.force_login(user)
    address = f"/admin/design/studyversion/{version.pk}/gate/"
    assert "<textarea" not in client.get(address).content.decode()
    assert client.post(address, {"gate": gate_id(version), "reason": REASON}).status_code == 403
