"""Free text and two blinded coders: texts out without condition, codes back, kappa in the report."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from analysis.models import Dataset
from analysis.report.bundle import read_bundle
from analysis.report.kappa import coder_agreement
from studies.design.models import StaffAction, StudyVersion
from studies.export.coding import (
    CodesRefused,
    NothingToCode,
    asks_text,
    codes_bring,
    coding_rows,
    texts_of,
    texts_sheet,
)
from studies.export.models import TextCode
from studies.export.people import Scope
from studies.export.services import dataset_export
from studies.trials.models import TrialResponse
from tests.export.conftest import folder_of, send_people
from tests.factories import launched_version, step, trials_step

WHY = {"name": "why", "kind": "text", "label": "Why did you decide so?"}
QUESTION = {"id": "more", "text": "What else?", "kind": "text"}


@pytest.fixture
def told(fresh_process: Path) -> StudyVersion:
    """A study that asks for words in a trial and in a questionnaire, and four people who wrote some."""
    stages = [{"name": "all", "items": ["case", "advice"], "fields": ["decision", "confidence", WHY]}]
    flow = [
        step("consent", text="consent"),
        step("allocate"),
        trials_step(2, protocol="own_stages", parameters={"stages": stages}),
        step("questionnaire", name="words", version="1", title="Words", items=[QUESTION], stratum=None),
    ]
    version = launched_version(flow=flow)
    send_people(version, count=4, policies=("follow",))
    return version


def sheet(version: StudyVersion) -> list[dict[str, str]]:
    text = texts_sheet(version=version, simulated=True, actor=None)
    return list(csv.DictReader(io.StringIO(text)))


def coded(rows: list[dict[str, str]], code: Callable[[int], str]) -> bytes:
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(["response", "code"])
    lines.writerows([row["response"], code(at)] for at, row in enumerate(rows))
    return text.getvalue().encode()


def bring(version: StudyVersion, coder: str, content: bytes) -> int:
    return codes_bring(version=version, simulated=True, coder=coder, content=content, actor=None)


def test_the_sheet_has_every_text_and_tells_neither_condition_nor_person(told: StudyVersion) -> None:
    rows = sheet(told)
    assert len(rows) == 4 * 2 + 4
    assert set(rows[0]) == {"response", "question", "text", "code"}
    assert {row["question"] for row in rows} == {"Why did you decide so?", "What else?"}
    assert all(row["text"] and not row["code"] for row in rows)
    conditions = {one.condition for one in texts_of(Scope(told, True))}
    assert not any(
        name in row["text"] + row["question"] for row in rows for name in conditions if name != "ai"
    )
    assert StaffAction.objects.filter(verb="texts_to_code").count() == 1


def test_names_of_texts_are_the_same_every_time_and_their_order_is_no_order_of_coming(
    told: StudyVersion,
) -> None:
    rows = [row["response"] for row in sheet(told)]
    assert rows == [row["response"] for row in sheet(told)] == sorted(rows)
    by_coming = [one.response for one in texts_of(Scope(told, True))]
    assert rows != by_coming


def test_codes_of_two_coders_reach_the_report_with_their_kappa(told: StudyVersion) -> None:
    rows = sheet(told)
    assert bring(told, "ana", coded(rows, lambda at: "colour" if at % 2 else "shape")) == 12
    assert bring(told, "ben", coded(rows, lambda at: "colour" if at % 2 or at == 0 else "shape")) == 12
    dataset = dataset_export(version=told, simulated=True)
    assert "codings.csv" in dataset.manifest["files"]
    beside = read_bundle(folder_of(dataset))
    assert beside.blinded
    found = coder_agreement(beside.codings)
    assert found is not None
    # 11 of 12 alike; by chance 6/12 * 7/12 + 6/12 * 5/12 = 1/2.
    assert found["kappa"] == pytest.approx((11 / 12 - 0.5) / 0.5)
    assert sum(row["n"] for row in found["by_condition"]) == 12


def test_codes_lie_beside_the_condition_in_which_their_text_was_written(told: StudyVersion) -> None:
    rows = sheet(told)
    bring(told, "ana", coded(rows, lambda _at: "x"))
    dataset = dataset_export(version=told, simulated=True)
    codes = pd.read_csv(folder_of(dataset) / "codings.csv", dtype=str)
    people = pd.read_csv(folder_of(dataset) / "participants.csv", dtype=str).set_index("participant_id")[
        "condition"
    ]
    assert (codes["condition"] == codes["participant_id"].map(people)).all()


def test_the_text_itself_is_in_no_file_of_a_dataset(told: StudyVersion) -> None:
    texts = {row["text"] for row in sheet(told)}
    bring(told, "ana", coded(sheet(told), lambda _at: "x"))
    folder = folder_of(dataset_export(version=told, simulated=True))
    whole = b"".join(file.read_bytes() for file in folder.glob("*.csv")).decode()
    assert not any(text in whole for text in texts if len(text) > 8)


def test_the_same_coder_again_takes_the_place_of_what_was_there(told: StudyVersion) -> None:
    rows = sheet(told)
    bring(told, "ana", coded(rows, lambda _at: "x"))
    bring(told, "ana", coded(rows[:5], lambda _at: "y"))
    assert set(TextCode.objects.values_list("code", flat=True)) == {"y"}
    assert TextCode.objects.count() == 5


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"response,code\nnobody,x\n", "are not of this study, such as nobody"),
        (b"id,code\n1,x\n", r"lacks the column\(s\) response"),
        (b"response,code\n", "no row has a code"),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_nothing_of_it_stays(
    told: StudyVersion, content: bytes, words: str
) -> None:
    with pytest.raises(CodesRefused, match=words):
        bring(told, "ana", content)
    assert not TextCode.objects.exists()


def test_a_third_coder_is_refused(told: StudyVersion) -> None:
    rows = sheet(told)
    for name in ("ana", "ben"):
        bring(told, name, coded(rows, lambda _at: "x"))
    with pytest.raises(CodesRefused, match="ana and ben have coded these texts already"):
        bring(told, "cleo", coded(rows, lambda _at: "x"))


def test_a_study_without_words_has_nothing_to_code(fresh_process: Path) -> None:
    version = launched_version()
    send_people(version, count=1, policies=("follow",))
    with pytest.raises(NothingToCode):
        texts_sheet(version=version, simulated=True, actor=None)
    assert coding_rows(Scope(version, True)) == []


def test_a_code_goes_with_the_text_that_is_erased(told: StudyVersion) -> None:
    bring(told, "ana", coded(sheet(told), lambda _at: "x"))
    response = TrialResponse.objects.filter(kind="text").first()
    assert response is not None
    from studies.enrolment.models import Withdrawal
    from studies.trials.erasure import participant_erase

    person = response.trial.participant
    Withdrawal.objects.create(participant=person, policy="erase", step_index=person.step_index)
    participant_erase(participant=person)
    assert not TextCode.objects.filter(trial_response__trial__participant=person).exists()
    assert TextCode.objects.count() == 9


def test_the_door_is_shut_without_its_permission(told: StudyVersion) -> None:
    user = User.objects.create_user(username="analyst", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["add_dataset", "view_dataset"]))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for name in ("admin:export_version_texts", "admin:export_version_codes"):
        url = reverse(name, args=[told.pk])
        assert client.post(url, {"kind": "simulated"}, secure=True).status_code == 403
    page = client.get(
        reverse("admin:export_exportedversion_change", args=[told.pk]), secure=True
    ).content.decode()
    assert "Free text, coded by two people" not in page


def test_a_coder_gets_the_texts_and_brings_the_codes_back_by_the_admin(told: StudyVersion) -> None:
    user = User.objects.create_user(username="coder", is_staff=True)
    codenames = ["add_dataset", "view_dataset", "code_texts"]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("admin:export_exportedversion_change", args=[told.pk]), secure=True)
    assert "Free text, coded by two people" in page.content.decode()
    reply = client.post(
        reverse("admin:export_version_texts", args=[told.pk]), {"kind": "simulated"}, secure=True
    )
    assert reply.headers["Content-Disposition"].endswith('texts-cells-v1.csv"')
    rows = list(csv.DictReader(io.StringIO(reply.content.decode())))
    file = SimpleUploadedFile("codes.csv", coded(rows, lambda _at: "x"))
    given = {"kind": "simulated", "coder": "ana", "codes": file}
    page = client.post(
        reverse("admin:export_version_codes", args=[told.pk]), given, secure=True, follow=True
    ).content.decode()
    assert "12 codes were brought in" in page
    assert "ana: 12 codes" in page
    assert StaffAction.objects.get(verb="codes_brought").detail["coder"] == "ana"


def test_a_study_that_asks_nothing_in_own_words_shows_no_form_for_codes(dataset: Dataset) -> None:
    version = StudyVersion.objects.get()
    assert not asks_text(version)
    user = User.objects.create_superuser(username="boss", password="not-a-secret-1")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("admin:export_exportedversion_change", args=[version.pk])
    page = client.get(url, secure=True)
    assert page.status_code == 200
    assert "coded by two people" not in page.content.decode()
