"""The preview: any stage of any condition for staff, and not a row written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.test import Client

from studies.design.models import StudyVersion
from tests.factories import WHOLE_FLOW
from tests.trials.person import Person

Study = Callable[..., StudyVersion]


@pytest.fixture
def version(study: Study) -> StudyVersion:
    return study(
        flow=WHOLE_FLOW, strata=["expertise"], stratum_keys=["expertise=novice"],
        fragment=lambda name, i: f"<p>drawn {name} {i}</p>",
    )  # fmt: skip


@pytest.fixture
def experimenter(db: None) -> Client:
    user = User.objects.create_user("experimenter", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_studyversion"))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(version: StudyVersion, condition: str, step: int, stage: str) -> str:
    return f"/s/cells/preview/{version.pk}/{condition}/{step}/{stage}/"


def looked(client: Client, url: str, **query: str) -> Person:
    looker = Person(client, "cells")
    looker.replies.append(client.get(url, query))
    return looker


def counts() -> dict[str, int]:
    return {
        m.__name__: m.objects.count()
        for label in ("enrolment", "trials")
        for m in apps.get_app_config(label).get_models()
    }  # type: ignore[attr-defined]


@pytest.mark.parametrize("step", [0, 1, 2, 3, 4, 9, 10])
def test_every_page_of_the_flow_can_be_seen(version: StudyVersion, experimenter: Client, step: int) -> None:
    page = looked(experimenter, address(version, "ig", step, "-"))
    assert (page.reply.status_code, page.kind) == (200, WHOLE_FLOW[step]["kind"])


def test_a_stage_is_seen_as_its_condition_shows_it(version: StudyVersion, experimenter: Client) -> None:
    url = address(version, "ig", 7, "final")
    seen = looked(experimenter, url, case="cell-3")
    assert "drawn ig 3" in seen.text
    assert seen.nonce == ""
    assert "drawn" not in looked(experimenter, address(version, "ai", 7, "final"), case="cell-3").text
    assert "drawn" not in looked(experimenter, address(version, "ig", 7, "initial"), case="cell-3").text


def test_a_preview_writes_nothing(version: StudyVersion, experimenter: Client) -> None:
    before = counts()
    looked(experimenter, address(version, "placebo", 7, "final"))
    assert experimenter.post(address(version, "placebo", 7, "final")).status_code == 405
    assert counts() == before


def test_what_is_not_there_is_not_found(version: StudyVersion, experimenter: Client) -> None:
    for url in (
        address(version, "none", 7, "final"),
        address(version, "ig", 99, "-"),
        address(version, "ig", 7, "none"),
        address(version, "ig", 5, "-"),
        address(version, "ig", 7, "final") + "?case=none",
        address(version, "ig", 7, "final").replace(f"/{version.pk}/", "/999/"),
    ):
        assert experimenter.get(url).status_code == 404


def test_strangers_and_staff_without_the_permission_see_nothing(version: StudyVersion) -> None:
    url = address(version, "ig", 7, "final")
    assert Client().get(url).status_code == 302
    plain = Client()
    plain.force_login(
        User.objects.create_user("plain", is_staff=True), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert plain.get(url).status_code == 403
