"""Who gets a place: quotas, over-recruitment, places given out again, and methods other than blocks."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from analysis.core.minimisation import levels_of, minimisation_replay, minimisation_stream
from studies.design.models import AllocationCounter, AllocationSlot, StudyVersion
from studies.enrolment.claims import minimisation_rule, slot_claim
from studies.enrolment.models import Assignment, Participant
from studies.enrolment.services import participant_enrol
from studies.errors import StudyFull
from studies.trials.models import Event
from tests.factories import CONDITIONS, SHORT_FLOW, expertise_step, launched_version

pytestmark = pytest.mark.django_db
TWO = {name: CONDITIONS[name] for name in ("unaided", "ai")}
LEASE = {"seconds": 3600, "returning": "may_finish"}
FLOW = [SHORT_FLOW[0], expertise_step("novice", "expert"), *SHORT_FLOW[1:]]
STRATA = ("expertise=novice", "expertise=expert")


def study(slots: int = 4, **changes: Any) -> StudyVersion:
    return launched_version(slots=slots, **{"conditions": TWO, **changes})


def comes(version: StudyVersion, stratum: str = "") -> Assignment:
    person, _token = participant_enrol(version=version)
    person.stratum = stratum
    person.save()
    with transaction.atomic():
        assignment = slot_claim(participant=person, stratum=stratum)
        Participant.objects.filter(pk=person.pk).update(state="allocated")
    return assignment


def come(version: StudyVersion, count: int, stratum: str = "") -> list[Assignment]:
    return [comes(version, stratum) for _ in range(count)]


def falls_silent(assignment: Assignment, hours: float = 2) -> None:
    then = timezone.now() - timedelta(hours=hours)
    Participant.objects.filter(pk=assignment.participant_id).update(moved_at=then)


def ends(assignment: Assignment, state: str) -> None:
    Participant.objects.filter(pk=assignment.participant_id).update(state=state)


def test_the_place_of_a_silent_participant_is_given_out_again_from_the_next_slot() -> None:
    version = study(allocation={"lease": LEASE})
    first = come(version, 4)
    falls_silent(first[1])
    next_one = comes(version)
    assert next_one.slot.seq == 4
    assert next_one.slot_id not in {a.slot_id for a in first}
    silent = Participant.objects.get(pk=first[1].participant_id)
    assert (silent.released_at is not None, silent.state, silent.assignment.slot.seq) == (
        True,
        "allocated",
        1,
    )
    with pytest.raises(StudyFull):
        comes(version)


def test_without_a_lease_nobody_loses_a_place() -> None:
    version = study()
    falls_silent(come(version, 4)[0], hours=1000)
    with pytest.raises(StudyFull):
        comes(version)


@pytest.mark.parametrize("state", ["withdrawn", "erased", "expired"])
def test_the_place_of_who_left_is_free_at_once(state: str) -> None:
    version = study(allocation={"lease": LEASE})
    ends(come(version, 4)[0], state)
    assert comes(version).slot.seq == 4


def test_a_sign_of_life_keeps_the_place() -> None:
    version = study(allocation={"lease": LEASE})
    held = come(version, 4)[0]
    falls_silent(held)
    Event.objects.create(
        participant_id=held.participant_id, source="page", seq=0, kind="scroll", received_at=timezone.now()
    )
    with pytest.raises(StudyFull):
        comes(version)


def test_who_has_completed_keeps_the_place_for_ever() -> None:
    version = study(allocation={"lease": LEASE})
    for assignment in come(version, 4):
        ends(assignment, "completed")
        falls_silent(assignment, hours=1000)
    with pytest.raises(StudyFull):
        comes(version)


def test_more_may_be_under_way_but_nobody_starts_once_the_target_has_completed() -> None:
    version = study(allocation={"over_recruit": 2})
    held = come(version, 5)
    for assignment in held[:4]:
        ends(assignment, "completed")
    with pytest.raises(StudyFull):
        comes(version)
    ends(held[0], "withdrawn")
    assert comes(version).slot.seq == 5


def test_over_recruitment_has_a_limit() -> None:
    version = study(allocation={"over_recruit": 2})
    come(version, 6)
    with pytest.raises(StudyFull):
        comes(version)


def test_a_quota_of_a_condition_is_kept_and_the_others_fill_the_study() -> None:
    version = study(slots=12, allocation={"quotas": {"conditions": {"ai": 2}, "strata": {}}})
    given = Counter(a.condition for a in come(version, 12))
    assert given == {"ai": 2, "unaided": 10}
    with pytest.raises(StudyFull):
        comes(version)


def test_when_the_quotas_of_all_conditions_are_full_the_study_is_full() -> None:
    version = study(slots=12, allocation={"quotas": {"conditions": {"ai": 2, "unaided": 1}, "strata": {}}})
    assert len(come(version, 3)) == 3
    with pytest.raises(StudyFull):
        comes(version)
    assert AllocationCounter.objects.get(purpose="real", stratum="*").next == 3


def test_a_quota_of_a_stratum_is_kept() -> None:
    quotas = {"conditions": {}, "strata": {STRATA[0]: 2}}
    version = study(slots=6, flow=FLOW, strata=["expertise"], allocation={"quotas": quotas, "lease": LEASE})
    novices = come(version, 2, STRATA[0])
    with pytest.raises(StudyFull):
        comes(version, STRATA[0])
    assert len(come(version, 3, STRATA[1])) == 3
    falls_silent(novices[0])
    assert comes(version, STRATA[0]).slot.seq == 2


def test_people_who_replace_others_see_the_same_plans_again() -> None:
    version = study(slots=2, allocation={"lease": LEASE, "block_multiples": [1]})
    plans = []
    for _ in range(6):
        assignment = comes(version)
        plans.append((assignment.condition, assignment.plan))
        falls_silent(assignment)
    assert {plan for _, plan in plans} == {0}
    assert Counter(name for name, _ in plans) == {"ai": 3, "unaided": 3}


def test_simple_allocation_gives_what_its_list_holds() -> None:
    version = study(slots=30, allocation={"method": "simple"})
    slots = version.slots.filter(purpose="real").order_by("seq").values_list("condition", flat=True)
    assert [a.condition for a in come(version, 30)] == list(slots)


def minimised(**rule: Any) -> StudyVersion:
    allocation = {
        "method": "minimisation",
        "minimisation": {"probability": 0.8, "imbalance": "range", **rule},
    }
    return study(slots=24, flow=FLOW, strata=["expertise"], allocation=allocation)


def test_minimisation_gives_what_the_recorded_stream_and_the_arrivals_give_again() -> None:
    version = minimised()
    order = [STRATA[i % 3 == 0] for i in range(24)]
    given = [comes(version, stratum) for stratum in order]
    words = [s.draw for s in version.slots.filter(purpose="real").order_by("seq")]
    rule = minimisation_rule_of(version)
    again = minimisation_replay(words, rule=rule, arrivals=[levels_of(stratum) for stratum in order])
    assert [(a.condition, a.copy) for a in given] == again
    assert words == minimisation_stream("seed of the tests", places=24)
    assert not version.slots.exclude(condition="").exists()


def minimisation_rule_of(version: StudyVersion) -> Any:
    from studies.design.spec import StudySpec

    return minimisation_rule(StudySpec.of(version.spec))


def test_under_minimisation_the_conditions_see_the_same_plans_in_the_same_order() -> None:
    version = minimised(probability=0.99)
    plans: dict[str, list[int]] = {}
    for i in range(24):
        assignment = comes(version, STRATA[i % 2])
        plans.setdefault(assignment.condition, []).append(assignment.plan or 0)
    for mine in plans.values():
        assert mine == [rank % 12 for rank in range(len(mine))]


def test_minimisation_with_a_ratio_counts_the_copies_of_a_condition_apart() -> None:
    allocation = {"method": "minimisation", "minimisation": {"probability": 0.99, "imbalance": "range"}}
    version = study(slots=30, flow=FLOW, strata=["expertise"], ratio=[2, 1], allocation=allocation)
    given = Counter((a.condition, a.copy) for a in (comes(version, STRATA[i % 2]) for i in range(30)))
    assert set(given) == {("unaided", 0), ("unaided", 1), ("ai", 0)}
    assert max(given.values()) - min(given.values()) <= 3


def test_an_aborted_claim_leaves_the_stream_where_it_was() -> None:
    version = minimised()
    comes(version, STRATA[0])
    person, _ = participant_enrol(version=version)
    with transaction.atomic():
        slot_claim(participant=person, stratum=STRATA[0])
        transaction.set_rollback(True)
    assert comes(version, STRATA[0]).slot.seq == 1
    assert AllocationSlot.objects.filter(assignment__isnull=False).count() == 2


def test_rehearsal_and_reality_free_only_their_own_places() -> None:
    version = study(slots=2, allocation={"lease": LEASE})
    for assignment in come(version, 2):
        falls_silent(assignment)
    simulated, _ = participant_enrol(version=version, is_simulated=True)
    with transaction.atomic():
        assert slot_claim(participant=simulated, stratum="").slot.purpose == "rehearsal"
    assert not Participant.objects.exclude(released_at=None).exists()
