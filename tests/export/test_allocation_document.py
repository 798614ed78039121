"""What is told of the allocation: whatever the method, what was given out can be drawn again from the recorded seed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from analysis.core.redraw import places_of, redraw_faults
from studies.design.models import Recruitment, StudyVersion
from studies.enrolment.services import participant_enrol, slot_claim
from studies.export.people import Scope
from studies.export.sidecars import allocation_document
from tests.factories import SHORT_FLOW, expertise_step, launched_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_process")]
STRATA = ("expertise=novice", "expertise=expert")
FLOW = [SHORT_FLOW[0], expertise_step("novice", "expert"), *SHORT_FLOW[1:]]
METHODS: dict[str, dict[str, Any]] = {
    "permuted_blocks": {"block_multiples": [1, 2]},
    "simple": {"method": "simple"},
    "minimisation": {"method": "minimisation", "minimisation": {"probability": 0.7, "imbalance": "variance"}},
}


def recruited(allocation: dict[str, Any], *, closed: bool = True) -> StudyVersion:
    version = launched_version(slots=20, flow=FLOW, strata=["expertise"], allocation=allocation)
    for number in range(14):
        person, _ = participant_enrol(version=version, is_simulated=number > 9)
        with transaction.atomic():
            slot_claim(participant=person, stratum=STRATA[number % 3 == 0])
    if closed:
        Recruitment.objects.filter(version=version).update(state="closed")
    return version


@pytest.mark.parametrize("simulated", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_the_seed_gives_every_place_again(method: str, simulated: bool) -> None:
    document = allocation_document(Scope(recruited(METHODS[method]), simulated))
    assert document["method"] == method
    assert len(document["list"]) >= (4 if simulated else 10)
    assert redraw_faults(document) == []
    other = {**document, "seed": "another seed"}
    assert redraw_faults(other) != []


@pytest.mark.parametrize("method", METHODS)
def test_while_people_may_come_only_what_was_given_out_is_told(method: str) -> None:
    document = allocation_document(Scope(recruited(METHODS[method], closed=False), False))
    assert (len(document["list"]), document["seed"]) == (10, "")
    assert redraw_faults(document) == ["The seed is not told yet: recruitment is not over."]


def test_places_that_a_full_quota_passed_over_are_marked_and_left_out_of_the_replay() -> None:
    quotas = {"quotas": {"conditions": {"unaided": 1, "ai": 1}, "strata": {}}}
    document = allocation_document(Scope(recruited(quotas), False))
    passed = [row for row in document["list"] if row.get("passed_over")]
    assert {row["condition"] for row in passed} <= {"unaided", "ai"}
    assert passed
    places = places_of(document)
    assert places is not None
    assert not {(row["stratum"], row["slot"]) for row in passed} & set(places)
