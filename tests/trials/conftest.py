"""What every test of this floor starts with: an empty memory, an own store, and a person to send through the study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from studies.design import selectors as design_selectors
from studies.design.models import StudyVersion
from studies.trials.content import forget
from studies.trials.throttle import invalid_tokens
from tests.factories import launched_version
from tests.trials.person import Person


def forget_everything() -> None:
    forget()
    invalid_tokens.forget()
    for thing in vars(design_selectors).values():
        if hasattr(thing, "cache_clear"):
            thing.cache_clear()


@pytest.fixture(autouse=True)
def fresh_process(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Primary keys come back after a rollback: what one test's process read must not reach the next."""
    settings.ASSAY_STORE = tmp_path / "store"
    forget_everything()
    yield
    forget_everything()


@pytest.fixture
def study(db: None) -> Callable[..., StudyVersion]:
    return launched_version


@pytest.fixture
def person(db: None) -> Callable[..., Person]:
    """A person who pressed start: ``person(version)``."""

    def arrive(version: StudyVersion, **query: str) -> Person:
        return Person(Client(), version.study.slug).start(**query)

    return arrive
