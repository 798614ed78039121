"""The payment list: amounts counted a second time, names only for who may see them, every list in the audit trail."""

from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from studies.design.models import GroundTruth, StaffAction, StudyVersion
from studies.enrolment.models import Participant
from studies.export.payments import NothingToPay, payment_list
from studies.trials.models import TrialResponse
from tests.factories import SHORT_FLOW, launched_version, trials_step
from tests.trials.person import Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_process")]
BONUS = {"currency": "EUR", "base": 4, "per_correct": 0.25, "maximum": 0.6}
FLOW = [*SHORT_FLOW[:2], trials_step(3, protocol="decision")]


def arrived(version: StudyVersion, name: str) -> Person:
    return Person(Client(), version.study.slug).start(PROLIFIC_PID=name)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


@pytest.fixture
def paid() -> StudyVersion:
    version = launched_version(flow=FLOW, bonus=BONUS)
    arrived(version, "aaa").go_to("done", decision="benign")
    arrived(version, "bbb").go_to("done", decision="malignant")
    arrived(version, "ccc").go_to("trial").answer(decision="benign")
    arrived(version, "ddd")  # has not consented: nobody to pay
    return version


def right_of(name: str) -> int:
    person = Participant.objects.get(identifiers__value=name)
    truth = dict(GroundTruth.objects.values_list("case_id", "value"))
    answers = TrialResponse.objects.filter(trial__participant=person, field="decision")
    return sum(answer.value == truth[answer.trial.case_id] for answer in answers)


def test_amounts_are_what_the_answers_give_again(paid: StudyVersion) -> None:
    rows = {row["name"]: row for row in rows_of(payment_list(version=paid, actor=None))}
    assert set(rows) == {"aaa", "bbb", "ccc"}
    for name, row in rows.items():
        right = right_of(name)
        base = Decimal(4 if name != "ccc" else 0)
        bonus = min(Decimal("0.25") * right, Decimal("0.6"))
        assert (row["right"], row["scored"]) == (str(right), "3")
        assert (Decimal(row["base"]), Decimal(row["bonus"]), Decimal(row["total"])) == (
            base,
            bonus,
            base + bonus,
        )
        assert row["currency"] == "EUR"
        assert bool(row["completion_code"]) == (name != "ccc")


def test_a_name_that_a_spreadsheet_would_carry_out_is_made_harmless(paid: StudyVersion) -> None:
    arrived(paid, "=HYPERLINK(1)").go_to("done")
    names = [row["name"] for row in rows_of(payment_list(version=paid, actor=None))]
    assert "'=HYPERLINK(1)" in names


def test_every_list_leaves_a_line_in_the_audit_trail(paid: StudyVersion) -> None:
    payment_list(version=paid, actor=None)
    action = StaffAction.objects.get(verb="payment_list")
    assert action.detail == {"version": 1, "participants": 3}
    assert "aaa" not in str(action.detail)


def test_a_study_without_rules_has_no_list() -> None:
    with pytest.raises(NothingToPay, match="has no 'bonus'"):
        payment_list(version=launched_version(), actor=None)


def staff(client: Client, *permissions: str) -> Client:
    user = User.objects.create_user("paymaster", is_staff=True)
    codenames = [name.split(".")[1] for name in permissions]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


EXPORTS = ("analysis.add_dataset", "analysis.view_dataset")


@pytest.mark.parametrize(
    ("permissions", "status"),
    [
        (EXPORTS, 403),
        (("enrolment.reveal_identifier",), 403),
        ((*EXPORTS, "enrolment.reveal_identifier"), 200),
    ],
)
def test_it_needs_both_permissions(
    paid: StudyVersion, client: Client, permissions: tuple[str, ...], status: int
) -> None:
    url = reverse("admin:export_version_payments", args=[paid.pk])
    reply = staff(client, *permissions).post(url)
    assert reply.status_code == status
    assert (b"aaa" in reply.content) is (status == 200)


@pytest.mark.parametrize(("more", "is_there"), [((), False), (("enrolment.reveal_identifier",), True)])
def test_the_button_is_there_only_for_who_may_press_it(
    paid: StudyVersion, client: Client, more: tuple[str, ...], is_there: bool
) -> None:
    page = reverse("admin:export_exportedversion_change", args=[paid.pk])
    found = staff(client, *EXPORTS, "design.view_studyversion", *more).get(page)
    assert found.status_code == 200
    assert (b"Payment list" in found.content) is is_there


def test_looking_never_writes(paid: StudyVersion, client: Client) -> None:
    url = reverse("admin:export_version_payments", args=[paid.pk])
    assert staff(client, *EXPORTS, "enrolment.reveal_identifier").get(url).status_code == 405
    assert not StaffAction.objects.filter(verb="payment_list").exists()
