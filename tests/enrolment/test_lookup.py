"""The prepared lookup of a participant is what the ORM would have found, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.db import models, transaction

from studies.enrolment.lookup import participant_by_digest
from studies.enrolment.models import Participant
from studies.enrolment.services import participant_enrol
from tests.factories import launched_version

Orm = Callable[[str], AbstractContextManager[None]]


def values(person: models.Model) -> dict[str, object]:
    return {field.attname: getattr(person, field.attname) for field in person._meta.concrete_fields}


@pytest.mark.postgres
@pytest.mark.parametrize("is_locked", [True, False])
def test_it_finds_whom_the_orm_finds(database_url: str, orm: Orm, tmp_path: Path, is_locked: bool) -> None:
    with orm(database_url):
        version = launched_version(store=tmp_path)
        somebody, _token = participant_enrol(version=version, is_simulated=True, policy="follow")
        participant_enrol(version=version)
        with transaction.atomic():
            found = participant_by_digest(somebody.token_digest, is_locked=is_locked)
        assert found is not None
        usual = values(Participant.objects.get(pk=somebody.pk))
        assert values(found) == usual
        assert {name: type(value) for name, value in values(found).items()} == {
            name: type(value) for name, value in usual.items()
        }
        assert not found._state.adding


def test_it_finds_nobody_for_a_digest_of_nobody(db: None) -> None:
    assert participant_by_digest("0" * 64, is_locked=False) is None
