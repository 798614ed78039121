"""Each landmark study from its files to its measures: material, launch, simulated participants, tables, numbers."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from analysis.core.dataset import Dataset, read_dataset
from analysis.measures import registry as measures
from analysis.measures import tabulations
from studies.design.gallery import MOST_MISSING, Landmark, landmark, landmark_names
from studies.design.models import StudyVersion
from studies.design.planpreview import plan_preview
from studies.design.selectors import version_current
from studies.enrolment.models import Participant
from studies.export.services import dataset_export
from studies.rehearsal.policies import PolicyChoice
from studies.rehearsal.services import rehearsal_run
from tests.rehearsal.conftest import ADDRESS

POLICIES = ("by_confidence", "follow", "random")

pytestmark = [pytest.mark.django_db, pytest.mark.heavy]


def opened(study: Landmark) -> StudyVersion:
    """Bring a study in as an operator does, and return its launched version."""
    call_command("gallery", study.name)
    version = version_current(study.slug)
    assert version is not None
    return version


def rehearsed(version: StudyVersion, count: int, wsgi: httpx.BaseTransport) -> Dataset:
    """Send simulated participants through, and read what leaves; reading checks every column against the schema."""
    found = rehearsal_run(
        version=version,
        base_url=ADDRESS,
        count=count,
        policies=[PolicyChoice.parse(f"{name}:attention=1,patience=0") for name in POLICIES],
        concurrency=1,
        transport=wsgi,
    )
    assert dict(found.ends) == {"done": count}
    return read_dataset(Path(settings.ASSAY_VAR) / dataset_export(version=version, simulated=True).folder)


def undefined(study: Landmark, dataset: Dataset) -> list[str]:
    """Return the measures of the paper that have no value at all in these data."""
    without = []
    for name in (row.measure for row in study.measures):
        if name in tabulations.names():
            found = not tabulations.get(name).compute(dataset.trials).empty
        else:
            measure = measures.get(name)
            table = dataset.trials if measure.table == "trials" else dataset.scales
            assert table is not None, f"{name} needs the table of scales"
            found = bool(measure.compute(table).notna().any())
        without += [] if found else [name]
    return without


@pytest.mark.parametrize("name", landmark_names())
@pytest.mark.parametrize("people", ["fewest", pytest.param("forty", marks=pytest.mark.long)])
def test_a_landmark_study_runs_from_its_files_to_the_measures_of_its_paper(
    name: str, people: str, wsgi: httpx.BaseTransport
) -> None:
    study = landmark(name)
    version = opened(study)
    broken = [claim.text for claim in plan_preview(version).claims if claim.verdict == "broken"]
    assert broken == []
    dataset = rehearsed(version, study.fewest if people == "fewest" else 40, wsgi)
    assert set(dataset.trials.condition.dropna()) == {each["name"] for each in version.spec["conditions"]}
    assert undefined(study, dataset) == []
    assert (
        Participant.objects.filter(version=version, state=Participant.State.COMPLETED).count() >= study.fewest
    )


@pytest.mark.parametrize("name", landmark_names())
def test_a_page_of_the_gallery_names_at_most_two_features_of_the_paper_that_are_missing(name: str) -> None:
    study = landmark(name)
    assert len(study.missing) <= MOST_MISSING
    assert len(study.expresses) >= 3
    assert study.doi.startswith("10.")
    shelf, tables = measures.names(), tabulations.names()
    assert [
        row.measure for row in study.measures if row.measure not in shelf and row.measure not in tables
    ] == []


def test_the_gallery_is_read_in_the_admin_and_its_files_can_be_taken(admin_client: Client) -> None:
    page = admin_client.get(reverse("admin:design_gallery")).content.decode()
    for name in landmark_names():
        study = landmark(name)
        assert escape(study.title) in page
        packed = admin_client.get(reverse("admin:design_gallery_files", args=[name])).content
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            found = {file: archive.read(file) for file in archive.namelist()}
        assert found == {f"{name}/study.yaml": study.source.encode()} | {
            f"{name}/{file}": data for file, data in study.files.items()
        }
    assert admin_client.get(reverse("admin:design_gallery_files", args=["nothing"])).status_code == 404


def test_the_gallery_is_closed_to_staff_who_may_not_see_studies(client: Client) -> None:
    client.force_login(get_user_model().objects.create_user("nobody", is_staff=True))
    assert client.get(reverse("admin:design_gallery")).status_code == 403


def test_the_command_lists_the_gallery_and_refuses_a_name_that_is_not_there() -> None:
    said = io.StringIO()
    call_command("gallery", stdout=said)
    assert len(said.getvalue().splitlines()) == len(landmark_names())
    with pytest.raises(CommandError, match="has no nothing"):
        call_command("gallery", "nothing")
