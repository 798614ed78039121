"""The analyst's doors: one button in the admin, the API, downloads; each with its own permission (A10)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from analysis.downloads import style_source
from analysis.models import Dataset, Report
from analysis.services import report_carry_out
from analysis.services import reports as reports_module
from studies.design.models import StudyVersion
from studies.export.services import dataset_export

pytestmark = [pytest.mark.django_db, pytest.mark.heavy]
ANALYST = ("view_dataset", "add_dataset", "view_report", "add_report")


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports_module.current_app, "send_task", lambda *_, **__: None)


@pytest.fixture
def frozen(version: StudyVersion, send: Callable[..., None]) -> Dataset:
    send(count=2, policies=("follow",))
    return dataset_export(version=version, simulated=True)


@pytest.fixture
def client_of(db: None) -> Callable[..., Client]:
    def sign_in(*permissions: str, staff: bool = True) -> Client:
        user = User.objects.create_user(username=f"u{User.objects.count()}", is_staff=staff)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def done(frozen: Dataset, client_of: Callable[..., Client]) -> Report:
    client_of(*ANALYST).post(reverse("admin:analysis_dataset_report", args=[frozen.pk]))
    report = Report.objects.get()
    assert report_carry_out(report_id=report.pk)
    report.refresh_from_db()
    return report


def doors(dataset: Dataset, version: StudyVersion) -> list[tuple[str, str, str]]:
    """Return every door of a dataset: method, address, the permission that opens it."""
    digest, pk = dataset.digest, dataset.pk
    return [
        ("get", reverse("admin:analysis_dataset_change", args=[pk]), "view_dataset"),
        ("get", reverse("admin:analysis_dataset_file", args=[pk, "trials.csv"]), "view_dataset"),
        ("post", reverse("admin:analysis_dataset_report", args=[pk]), "add_report"),
        ("post", reverse("admin:export_version_export", args=[version.pk]), "add_dataset"),
        ("get", reverse("admin:export_exportedversion_change", args=[version.pk]), "add_dataset"),
        ("get", reverse("api_datasets"), "view_dataset"),
        ("get", reverse("api_dataset_file", args=[digest, "trials.parquet"]), "view_dataset"),
        ("post", reverse("api_dataset_report", args=[digest]), "add_report"),
        ("get", reverse("api_schema"), ""),
    ]


def test_every_door_is_shut_without_its_permission(
    frozen: Dataset, version: StudyVersion, client_of: Callable[..., Client]
) -> None:
    for method, url, needed in doors(frozen, version):
        others = [permission for permission in ANALYST if permission != needed] if needed else []
        client = client_of(*others, staff=bool(needed))
        reply = getattr(client, method)(url, {"kind": "simulated"}, secure=True)
        assert reply.status_code in {302, 403}, (url, reply.status_code)
        assert reply.status_code == 403 or "/login/" in reply["Location"], url
    assert Report.objects.count() == 0
    assert Dataset.objects.count() == 1


def test_an_analyst_presses_one_button_and_reads_the_report(
    frozen: Dataset, version: StudyVersion, client_of: Callable[..., Client]
) -> None:
    client = client_of(*ANALYST)
    page = reverse("admin:export_exportedversion_change", args=[version.pk])
    assert "Export and report the simulated participants" in client.get(page).content.decode()
    url = reverse("admin:export_version_export", args=[version.pk])
    waiting = client.post(url, {"kind": "simulated", "report": "1"}, follow=True)
    assert waiting.headers["Refresh"] == "2"
    report = Report.objects.get()
    assert report_carry_out(report_id=report.pk)
    ready = client.get(reverse("admin:analysis_report_change", args=[report.pk]))
    assert "Read the report" in ready.content.decode()
    assert "Refresh" not in ready.headers
    assert client.get(reverse("admin:analysis_report_open", args=[report.pk])).status_code == 200


def test_the_report_may_use_its_own_style_and_nothing_else(
    done: Report, client_of: Callable[..., Client]
) -> None:
    reply = client_of(*ANALYST).get(reverse("admin:analysis_report_open", args=[done.pk]))
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert style_source(reply.content) in policy
    assert "script" not in policy
    assert reply.content.count(b"<style") == 1
    assert b"<script" not in reply.content
    assert b"style=" not in reply.content


def test_a_report_that_was_changed_is_not_shown(
    done: Report, client_of: Callable[..., Client], fresh_process: Path
) -> None:
    with (fresh_process / done.folder / "report.html").open("a") as file:
        file.write("<p>forged</p>")
    reply = client_of(*ANALYST).get(reverse("admin:analysis_report_open", args=[done.pk]))
    assert reply.status_code == 500
    assert b"forged" not in reply.content


def test_downloads_are_attachments_that_no_browser_opens(
    frozen: Dataset, client_of: Callable[..., Client]
) -> None:
    client = client_of(*ANALYST)
    for name in frozen.manifest["files"]:
        for url in (
            reverse("admin:analysis_dataset_file", args=[frozen.pk, name]),
            reverse("api_dataset_file", args=[frozen.digest, name]),
        ):
            reply = client.get(url)
            assert reply.headers["Content-Disposition"] == f'attachment; filename="{name}"'
            assert reply.headers["X-Content-Type-Options"] == "nosniff"
            assert len(b"".join(reply.streaming_content)) == frozen.manifest["files"][name]["bytes"]
            reply.close()


@pytest.mark.parametrize("name", ["secret_key", "..%2f..%2fsecret_key", "../../secret_key", "nothing.csv"])
def test_no_name_leads_out_of_the_dataset(
    frozen: Dataset, client_of: Callable[..., Client], fresh_process: Path, name: str
) -> None:
    (fresh_process / "secret_key").write_text("canary of the key")
    base = reverse("admin:analysis_dataset_file", args=[frozen.pk, "x"]).removesuffix("x")
    for url in (base + name, f"/api/datasets/{frozen.digest}/files/{name}"):
        reply = client_of(*ANALYST).get(url, follow=True)
        assert "Content-Disposition" not in reply.headers
        assert "canary of the key" not in reply.content.decode()


def test_a_program_exports_asks_for_the_report_and_fetches_it(
    version: StudyVersion, send: Callable[..., None], client_of: Callable[..., Client]
) -> None:
    send(count=2, policies=("follow",))
    client = client_of(*ANALYST)
    wanted = {"study": "cells", "version": 1, "is_simulated": True}
    made = client.post(reverse("api_datasets"), wanted, content_type="application/json")
    assert made.status_code == 201, made.content
    asked = client.post(reverse("api_dataset_report", args=[made.json()["digest"]]))
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    report_carry_out(report_id=asked.json()["id"])
    assert client.get(reverse("api_report", args=[asked.json()["id"]])).json()["state"] == "done"
    numbers = client.get(reverse("api_report_file", args=[asked.json()["id"], "report.json"]))
    assert b"".join(numbers.streaming_content).startswith(b"{")
    numbers.close()


def test_nothing_to_export_is_said_in_words(version: StudyVersion, client_of: Callable[..., Client]) -> None:
    wanted = {"study": "cells", "version": 1, "is_simulated": False}
    reply = client_of(*ANALYST).post(reverse("api_datasets"), wanted, content_type="application/json")
    assert reply.status_code == 400
    assert "no real participants yet" in reply.content.decode()


def test_the_description_of_the_api_names_every_operation(client_of: Callable[..., Client]) -> None:
    text = client_of(*ANALYST).get(reverse("api_schema")).content.decode()
    for operation in (
        "datasets_list",
        "datasets_export",
        "datasets_file",
        "datasets_report",
        "reports_get",
        "reports_file",
    ):
        assert f"operationId: {operation}" in text
