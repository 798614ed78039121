"""Differential attrition: counted from the rows, tested against SciPy, shown in words, logged once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from scipy import stats

from analysis.core.monitoring.tails import chi2_sf, fisher_exact
from studies.design.models import StaffAction, StudyVersion
from studies.enrolment.attrition import attrition_watch, staying_by_arm
from studies.enrolment.models import Assignment, Completion, Participant
from studies.enrolment.services import participant_withdraw
from tests.enrolment.test_claims import come
from tests.factories import CONDITIONS, launched_version

TWO = {name: CONDITIONS[name] for name in ("unaided", "ai")}


@pytest.mark.parametrize("df", range(1, 12))
def test_the_tail_of_chi_square_is_scipys(df: int) -> None:
    for x in (0.0, 1e-6, 0.5, 3.0, 11.0, 60.0, 400.0):
        assert chi2_sf(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-10, abs=1e-300)


def test_fishers_exact_test_is_scipys() -> None:
    for table in (
        (3, 1, 1, 3),
        (20, 0, 12, 8),
        (0, 5, 5, 0),
        (250, 50, 300, 4),
        (10, 0, 10, 0),
        (1, 9, 2, 8),
    ):
        a, b, c, d = table
        found = fisher_exact(((a, b), (c, d)))
        assert found == pytest.approx(stats.fisher_exact([[a, b], [c, d]]).pvalue, rel=1e-8)


def fates(version: StudyVersion, **left: int) -> None:
    """Give 20 people each arm; of each, so many as said withdraw, the others complete."""
    come(version, 40)
    for arm in TWO:
        people = [a.participant for a in Assignment.objects.filter(condition=arm)]
        assert len(people) == 20
        for number, person in enumerate(people):
            if number < left.get(arm, 0):
                participant_withdraw(participant=person, policy="keep")
            else:
                Completion.objects.create(participant=person, code="X")
                Participant.objects.filter(pk=person.pk).update(state="completed")


def study(**changes: Any) -> StudyVersion:
    return launched_version(conditions=TWO, slots=40, allocation={"block_multiples": [1]}, **changes)


@pytest.mark.django_db
@pytest.mark.parametrize(("left", "level"), [(2, "calm"), (6, "watch"), (12, "alarm")])
def test_the_level_follows_the_test_and_is_logged_once(left: int, level: str) -> None:
    version = study()
    fates(version, ai=left)
    found = staying_by_arm(version)
    assert {a.arm: (a.allocated, a.completed, a.left) for a in found.arms} == {
        "unaided": (20, 20, 0), "ai": (20, 20 - left, left),
    }  # fmt: skip
    assert found.p == pytest.approx(stats.fisher_exact([[20, 0], [20 - left, left]]).pvalue)
    assert found.level == level
    attrition_watch(version)
    attrition_watch(version)
    assert StaffAction.objects.filter(verb=f"attrition_{level}").count() == (level != "calm")


@pytest.mark.django_db
def test_more_than_two_arms_are_compared_by_chi_square() -> None:
    version = launched_version(slots=80, allocation={"block_multiples": [1]})
    come(version, 80)
    for assignment in Assignment.objects.filter(condition="ig")[:9]:
        participant_withdraw(participant=assignment.participant, policy="keep")
    found = staying_by_arm(version)
    assert found.p == pytest.approx(
        stats.chi2_contingency([[20, 20, 11, 20], [0, 0, 9, 0]], correction=False).pvalue
    )
    assert "3 degrees of freedom" in found.p_words
    assert found.level == "alarm"


@pytest.mark.django_db
def test_who_is_on_the_way_has_stayed_and_who_is_silent_has_not() -> None:
    version = study()
    silent = come(version, 4)[0]
    assert [a.under_way for a in staying_by_arm(version).arms] == [2, 2]
    Participant.objects.filter(pk=silent.participant_id).update(moved_at=timezone.now() - timedelta(hours=25))
    assert {a.arm: a.left for a in staying_by_arm(version).arms}[silent.condition] == 1
    Participant.objects.filter(pk=silent.participant_id).update(opens_at=timezone.now() + timedelta(days=2))
    assert sum(a.left for a in staying_by_arm(version).arms) == 0


def page(version: StudyVersion, client: Client, *codenames: str) -> str:
    user = User.objects.create_user("watcher", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_studyversion", *codenames)))
    client.force_login(user)
    return client.get(reverse("admin:design_studyversion_change", args=[version.pk])).content.decode()


@pytest.mark.django_db
def test_the_page_of_a_running_version_sounds_the_alarm(client: Client) -> None:
    version = study()
    fates(version, ai=12)
    text = page(version, client, "view_allocation")
    assert "<strong>Alarm.</strong> Conditions lose different shares" in text
    assert "p &lt; 0.001 (Fisher&#x27;s exact test)" in text
    assert "60 %" in text


@pytest.mark.django_db
def test_who_may_not_see_the_allocation_reads_the_alarm_without_numbers(client: Client) -> None:
    version = study()
    fates(version, ai=12)
    text = page(version, client)
    assert "<strong>Alarm.</strong>" in text
    assert "Fisher" not in text
    assert "60 %" not in text


@pytest.mark.django_db
def test_simulated_participants_are_not_counted() -> None:
    version = study()
    come(version, 4)
    assert sum(a.allocated for a in staying_by_arm(version).arms) == 4
    from studies.enrolment.claims import slot_claim
    from studies.enrolment.services import participant_enrol

    person, _ = participant_enrol(version=version, is_simulated=True)
    slot_claim(participant=person, stratum="")
    assert sum(a.allocated for a in staying_by_arm(version).arms) == 4
