"""A study that simulated participants really went through, page by page, and the dataset that it gives."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.test import override_settings

from analysis.models import Dataset
from studies.design.models import StudyVersion
from studies.export.services import dataset_export
from studies.rehearsal.policies import PolicyChoice
from studies.rehearsal.services import rehearsal_run
from tests.factories import WHOLE_FLOW, launched_version
from tests.trials.conftest import forget_everything

POLICIES = ("follow", "drops_out:leaves_after=3", "by_confidence", "random:attention=1")


def whole_version(slug: str = "cells") -> StudyVersion:
    keys = ("expertise=novice", "expertise=expert")
    return launched_version(slug=slug, flow=WHOLE_FLOW, strata=["expertise"], stratum_keys=keys, slots=16)


def send_people(
    version: StudyVersion, *, count: int, policies: tuple[str, ...] = POLICIES, seed: int = 1
) -> None:
    rehearsal_run(
        version=version,
        base_url="https://localhost",
        count=count,
        policies=[PolicyChoice.parse(text) for text in policies],
        seed=seed,
        concurrency=1,
        transport=httpx.WSGITransport(app=get_wsgi_application()),
    )


def folder_of(dataset: Dataset) -> Path:
    return Path(settings.ASSAY_VAR) / dataset.folder


@pytest.fixture
def fresh_process(db: None, tmp_path: Path) -> Iterator[Path]:
    """An empty memory and an own folder of run-time data."""
    with override_settings(ASSAY_VAR=tmp_path, ASSAY_STORE=tmp_path / "store"):
        forget_everything()
        yield tmp_path
        forget_everything()


@pytest.fixture
def version(fresh_process: Path) -> StudyVersion:
    return whole_version()


@pytest.fixture
def send(version: StudyVersion) -> Callable[..., None]:
    return lambda **how: send_people(version, **how)


@pytest.fixture(scope="module")
def dataset(django_db_setup: None, django_db_blocker, tmp_path_factory) -> Iterator[Dataset]:  # type: ignore[no-untyped-def]
    """The dataset of sixteen participants, made once for the tests of a file that only read."""
    folder = tmp_path_factory.mktemp("dataset")
    places = override_settings(ASSAY_VAR=folder, ASSAY_STORE=folder / "store")
    with django_db_blocker.unblock(), places, transaction.atomic():
        forget_everything()
        version = whole_version()
        send_people(version, count=16)
        yield dataset_export(version=version, simulated=True)
        transaction.set_rollback(True)
    forget_everything()
