"""Dropout and refill under a burst (I4), and other methods claimed by many at once. Real databases and threads."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from analysis.core.minimisation import levels_of, minimisation_replay
from studies.design.models import AllocationCounter, StudyVersion
from studies.design.spec import StudySpec
from studies.enrolment.claims import minimisation_rule
from studies.enrolment.models import Assignment, Participant
from studies.errors import StudyFull
from tests.factories import CONDITIONS, expertise_step, step, trials_step
from tests.factories import launched_version as launched
from tests.trials.crowd import Orm, all_at_once
from tests.trials.test_integrity_claims import AbortedError, claim, enrolled

LEASE = {"lease": {"seconds": 3600, "returning": "may_finish"}}
FLOW = [step("consent", text="consent"), step("allocate"), trials_step(1)]
postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
pytestmark = pytest.mark.postgres
BLOCK = 8  # of four conditions, at most twice in a block


def claimed(results: Sequence[Any]) -> list[Assignment]:
    return [result for result in results if isinstance(result, Assignment)]


def silent(people: Sequence[Participant]) -> None:
    then = timezone.now() - timedelta(hours=2)
    Participant.objects.filter(pk__in=[p.pk for p in people]).update(moved_at=then)


def test_of_two_hundred_who_claim_twenty_freed_places_at_once_exactly_twenty_win(
    database_url: str, orm: Orm, tmp_path: Path
) -> None:
    """I4, first half: the twenty get the twenty slots after the last one used."""
    at_once = 200 if database_url.startswith("postgres") else 8
    with orm(database_url):
        version = launched(flow=FLOW, slots=100, allocation=LEASE, store=tmp_path)
        first = enrolled(version, 100)
        for person in first:
            claim(person, "", aborts=False)
        Participant.objects.update(state="allocated")
        silent(first[10:30])
        late = enrolled(version, 200)
    calls = [partial(claim, person, "", aborts=False) for person in late]
    results = all_at_once(orm, database_url, calls=calls, at_once=at_once)
    assert Counter(type(r) for r in results) == {Assignment: 20, StudyFull: 180}
    with orm(database_url):
        seqs = Assignment.objects.order_by("pk").values_list("slot__seq", flat=True)
        assert list(seqs) == list(range(120))
        counter = AllocationCounter.objects.get(purpose="real", stratum="*")
        assert (counter.next, counter.freed, counter.capacity) == (120, 20, 100)
        released = Participant.objects.exclude(released_at=None)
        assert set(released) == {*first[10:30]}
        assert all(p.assignment.slot.seq in range(10, 30) for p in released)


@postgres
def test_with_thirty_in_a_hundred_dropping_out_five_hundred_complete_and_conditions_stay_within_a_block(
    database_url: str, orm: Orm, tmp_path: Path
) -> None:
    """I4, second half: waves of 100 at once until the target of 500 has completed; whoever drops out does so by chance.

    Completed per condition may differ by a block and by what chance takes from each condition: 4 SD of the dropout.
    """
    rng = random.Random(4)
    with orm(database_url):
        version = launched(flow=FLOW, slots=500, allocation=LEASE, store=tmp_path)
    while True:
        with orm(database_url):
            done = Participant.objects.filter(state="completed").count()
            people = enrolled(version, min(100, 500 - done)) if done < 500 else []
        if not people:
            break
        calls = [partial(claim, person, "", aborts=False) for person in people]
        results = all_at_once(orm, database_url, calls=calls, at_once=len(people))
        assert len(claimed(results)) == len(people)
        with orm(database_url):
            drops = [p for p in people if rng.random() < 0.3]
            stay = [p.pk for p in people if p not in drops]
            Participant.objects.filter(pk__in=[p.pk for p in drops]).update(state="allocated")
            Participant.objects.filter(pk__in=stay).update(state="completed")
            silent(drops)
    with orm(database_url):
        given = list(
            Assignment.objects.order_by("slot__seq").values_list(
                "slot__seq", "condition", "participant__state"
            )
        )
        assert [seq for seq, _, _ in given] == list(range(len(given)))
        started = Counter(condition for _, condition, _ in given)
        assert max(started.values()) - min(started.values()) <= 2
        completed = Counter(condition for _, condition, state in given if state == "completed")
        assert sum(completed.values()) == 500
        allowed = BLOCK + 4 * (len(given) / 4 * 0.3 * 0.7 * 2) ** 0.5
        assert max(completed.values()) - min(completed.values()) <= allowed
        dropped = Counter(condition for _, condition, state in given if state == "allocated")
        for name in CONDITIONS:
            assert completed[name] + dropped[name] == started[name]


@postgres
def test_minimisation_under_a_burst_with_aborts_is_what_its_stream_gives_again(
    database_url: str, orm: Orm, tmp_path: Path
) -> None:
    """200 at once, one in ten rolled back: each claim saw exactly those before it."""
    rng = random.Random(2)
    strata = ("expertise=novice", "expertise=expert")
    flow = [FLOW[0], expertise_step("novice", "expert"), *FLOW[1:]]
    with orm(database_url):
        version = launched(
            flow=flow, strata=["expertise"], slots=200, allocation={"method": "minimisation"}, store=tmp_path
        )
        calls = [
            partial(claim, person, rng.choice(strata), aborts=rng.random() < 0.1)
            for person in enrolled(version, 200)
        ]
    results = all_at_once(orm, database_url, calls=calls, at_once=200)
    assert {type(r) for r in results} == {Assignment, AbortedError}
    with orm(database_url):
        assert_replayed(version, len(claimed(results)))


def assert_replayed(version: StudyVersion, number: int) -> None:
    rows = list(
        Assignment.objects.order_by("slot__seq").values_list(
            "slot__seq", "participant__stratum", "slot__draw", "condition", "copy"
        )
    )
    assert [row[0] for row in rows] == list(range(number))
    again = minimisation_replay(
        [row[2] for row in rows],
        rule=minimisation_rule(StudySpec.of(version.spec)),
        arrivals=[levels_of(row[1]) for row in rows],
    )
    assert [(row[3], row[4]) for row in rows] == again
    for stratum in {row[1] for row in rows}:
        counts = Counter(row[3] for row in rows if row[1] == stratum)
        assert max(counts.values()) - min(counts.values()) <= 10


@postgres
def test_quotas_of_conditions_hold_under_a_burst(database_url: str, orm: Orm, tmp_path: Path) -> None:
    quotas = {"quotas": {"conditions": {"ig": 5, "placebo": 7}, "strata": {}}}
    with orm(database_url):
        version = launched(flow=FLOW, slots=80, allocation=quotas, store=tmp_path)
        people = enrolled(version, 120)
    calls = [partial(claim, person, "", aborts=False) for person in people]
    results = all_at_once(orm, database_url, calls=calls, at_once=120)
    assert Counter(type(r) for r in results) == {Assignment: 80, StudyFull: 40}
    given = Counter(a.condition for a in claimed(results))
    assert (given["ig"], given["placebo"]) == (5, 7)
    assert abs(given["unaided"] - given["ai"]) <= 4
