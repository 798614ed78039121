"""What is collected for one answer arrives whole, on both engines."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from studies.enrolment.models import Participant
from studies.enrolment.services import participant_enrol
from studies.trials.ledger import Ledger
from studies.trials.models import Event, Submission
from studies.trials.turns import turn
from tests.factories import launched_version as launched
from tests.trials.crowd import Orm

pytestmark = pytest.mark.postgres
EVENT = ("participant", "source", "received_at", "seq", "kind", "t_client_ms", "payload")


def event(person: Participant, seq: int, **payload: Any) -> tuple[Any, ...]:
    return (person.pk, "page", timezone.now(), seq, "change", None, payload)


@pytest.fixture
def someone(database_url: str, orm: Orm, tmp_path: Path, settings: Any) -> Participant:
    settings.ASSAY_STORE = tmp_path / "store"
    with orm(database_url):
        return participant_enrol(version=launched())[0]


def test_rows_hold_the_values_that_were_given(database_url: str, orm: Orm, someone: Participant) -> None:
    payload = {"text": "é“\\\"' %s", "deep": [1, 2.5, None, True, {"a": "b"}], "number": 0.1 + 0.2}
    ledger, before = Ledger(), timezone.now()
    ledger.insert(Event, EVENT, [event(someone, 3, **payload)])
    with orm(database_url):
        with transaction.atomic():
            ledger.write()
        stored = Event.objects.get(participant=someone, source="page")
    assert (stored.seq, stored.kind, stored.t_client_ms, stored.payload) == (3, "change", None, payload)
    assert before <= stored.received_at <= timezone.now()


def test_a_row_that_is_there_may_stay_as_it_is(database_url: str, orm: Orm, someone: Participant) -> None:
    with orm(database_url):
        for seqs in ([0, 1], [1, 2]):
            ledger = Ledger()
            ledger.insert(Event, EVENT, [event(someone, seq) for seq in seqs], ignore_conflicts=True)
            with transaction.atomic():
                ledger.write()
        kept = Event.objects.filter(participant=someone, source="page").order_by("seq")
        assert [row.seq for row in kept] == [0, 1, 2]


def test_two_changes_of_one_row_both_arrive(database_url: str, orm: Orm, someone: Participant) -> None:
    ledger = Ledger()
    someone.step_index = 1
    ledger.update(someone, ("step_index",))
    someone.attempt = 4
    ledger.update(someone, ("attempt", "moved_at"))
    with orm(database_url):
        with transaction.atomic():
            ledger.write()
        assert Participant.objects.filter(pk=someone.pk, step_index=1, attempt=4).exists()


def test_one_bad_row_leaves_nothing_behind(database_url: str, orm: Orm, someone: Participant) -> None:
    ledger = Ledger()
    ledger.insert(Event, EVENT, [event(someone, 7)])
    same = (someone.pk, "n" * 64, "d" * 64, timezone.now())
    ledger.insert(Submission, ("participant", "nonce", "body_digest", "at"), [same, same])
    with orm(database_url):
        with pytest.raises((IntegrityError, DataError)), transaction.atomic():
            ledger.write()
        assert not Event.objects.filter(participant=someone, source="page").exists()


def test_a_ledger_is_empty_after_it_was_written(database_url: str, orm: Orm, someone: Participant) -> None:
    ledger = Ledger()
    ledger.insert(Event, EVENT, [event(someone, 7)])
    with orm(database_url), transaction.atomic():
        ledger.write()
        ledger.write()
        assert Event.objects.filter(participant=someone, source="page").count() == 1


def test_on_sqlite_the_second_waits_until_the_first_has_had_its_turn(sqlite_url: str, orm: Orm) -> None:
    order: list[str] = []

    def second() -> None:
        with orm(sqlite_url), turn():
            order.append("second")
        connection.close()

    with orm(sqlite_url):
        waiting = threading.Thread(target=second)
        with turn():
            waiting.start()
            time.sleep(0.3)
            order.append("first")
        waiting.join(10)
    assert order == ["first", "second"]


def test_a_turn_ends_with_an_error(sqlite_url: str, orm: Orm) -> None:
    with orm(sqlite_url):
        with pytest.raises(ZeroDivisionError), turn():
            raise ZeroDivisionError
        with turn():
            pass
