"""Protocols on real pages: a small study of one, rehearsed through the application, and the tables that come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from analysis.core.dataset import read_table
from analysis.core.schema import validate
from studies.design.models import StudyVersion
from studies.export.services import dataset_export
from studies.rehearsal.policies import PolicyChoice
from studies.rehearsal.services import rehearsal_run
from tests.factories import launched_version, step
from tests.trials.conftest import forget_everything

POLICIES = ("follow", "never_follow:skill=0.7", "by_confidence:skill=0.6", "random:attention=1")
BEFORE = [step("consent", text="consent"), step("allocate")]


@dataclass(frozen=True)
class Rehearsed:
    """A study that simulated participants went through, with the tables of its dataset."""

    version: StudyVersion
    folder: Path

    def table(self, name: str) -> pd.DataFrame:
        for form in ("csv", "parquet"):
            found = read_table(self.folder / f"{name}.{form}", name)
            assert [fault.sentence for fault in validate(found, name)] == []
        return found


@pytest.fixture
def rehearse(db: None, settings: Any, tmp_path: Path) -> Iterator[Callable[..., Rehearsed]]:
    """Launch a study made of rows, send people through it over HTTP, and export it: ``rehearse(flow, ...)``."""
    settings.ASSAY_VAR = tmp_path
    settings.ASSAY_STORE = tmp_path / "store"
    forget_everything()
    yield lambda *flow, people=8, **recipe: rehearsed(
        launched_version(flow=[*BEFORE, *flow], **recipe), people
    )
    forget_everything()


def rehearsed(version: StudyVersion, people: int) -> Rehearsed:
    found = rehearsal_run(
        version=version,
        base_url="https://localhost",
        count=people,
        policies=[PolicyChoice.parse(text) for text in POLICIES],
        seed=3,
        concurrency=1,
        transport=httpx.WSGITransport(app=get_wsgi_application()),
    )
    assert found.ends == {"done": people}
    dataset = dataset_export(version=version, simulated=True)
    return Rehearsed(version, Path(settings.ASSAY_VAR) / dataset.folder)
