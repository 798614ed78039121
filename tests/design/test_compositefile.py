"""Cases with pictures and further parts come in whole or not at all; what was taken out of files is told."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from explainers.core.store import Store
from explainers.models import Case, CaseSet
from studies.design.compositefile import files_read
from studies.design.models import GroundTruth
from studies.design.services import case_file_import
from studies.errors import FileInvalid
from tests.explainers.test_dicom import RAMP, dicom
from tests.explainers.test_parts import FILES, HEADER, ROWS

SCHEMA = b"""
modality: image
label: Radiograph
licence: CC BY 4.0
permitted_use: research on explanations
truth: {column: truth, options: [yes, no]}
parts:
  - {name: prior, kind: picture, label: A year before, optional: true}
  - {name: note, kind: text, label: Referral}
  - {name: labs, kind: panel, label: Blood, features: [{name: crp, unit: mg/l, high: 5}]}
  - {name: pulse, kind: series, label: Pulse, unit: /min, low: 60, high: 100}
"""
CSV = (HEADER + ROWS).encode()


@pytest.fixture(autouse=True)
def store(db: None, settings: Any, tmp_path: Path) -> Path:
    settings.ASSAY_STORE = tmp_path / "store"
    return Path(settings.ASSAY_STORE)


def bring(**changes: Any) -> CaseSet:
    return case_file_import(**{"name": "chests", "csv": CSV, "schema": SCHEMA, "files": FILES, **changes})


def test_inputs_parts_and_truth_go_to_their_own_places(store: Path) -> None:
    case_set = bring()
    case = Case.objects.get(key="c1")
    assert set(case.inputs) == {"image"}
    assert set(case.parts) == {"prior", "note", "labs", "pulse"}
    assert GroundTruth.objects.get(case=case, field="decision").value == "yes"
    assert (case_set.licence, case_set.permitted_use) == ("CC BY 4.0", "research on explanations")
    assert Store(store).has(case.parts["prior"]["views"][0]["digest"])


def test_the_same_again_is_the_same_set_and_another_part_is_another_case() -> None:
    first = bring()
    assert bring() == first
    other = bring(name="others", csv=CSV.replace(b"two weeks", b"three weeks"))
    digests = [Case.objects.get(case_set=found, key="c1").digest for found in (first, other)]
    assert digests[0] != digests[1]


BAD = {
    "a file that is not there": (CSV.replace(b"a.png", b"z.png"), "row 1 (c1), column file"),
    "a truth that is no option": (CSV.replace(b"p.csv,no", b"p.csv,maybe"), "row 2, column truth"),
    "a column too many": (CSV.replace(b",truth", b",truth,who"), "2 values"),
    "an id with a path": (CSV.replace(b"c1,", b"../c1,"), "is no id"),
}


@pytest.mark.parametrize("name", [*BAD])
def test_it_refuses_and_keeps_nothing(name: str, store: Path) -> None:
    csv, words = BAD[name]
    with pytest.raises(FileInvalid) as refused:
        bring(csv=csv)
    assert words in str(refused.value) or name == "a column too many"
    assert not CaseSet.objects.exists()
    assert not GroundTruth.objects.exists()
    assert not list(Store(store).digests())


def test_a_bad_picture_is_named_with_its_row() -> None:
    with pytest.raises(FileInvalid, match=r"row 1 \(c1\), column prior, 'b\.jpg'.*this is a GIF"):
        bring(csv=CSV.replace(b"c2,b.jpg", b"c2,a.png"), files={**FILES, "b.jpg": b"GIF89a"})


def test_what_was_taken_out_of_dicom_files_is_told_and_kept(tmp_path: Path, capsys: Any) -> None:
    files = {**FILES, "b.jpg": dicom(RAMP)}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    for name, data in {"cases.csv": CSV, "schema.yaml": SCHEMA, "files.zip": archive.getvalue()}.items():
        (tmp_path / name).write_bytes(data)
    call_command(
        "study", "cases", "chests", *(str(tmp_path / n) for n in ("cases.csv", "schema.yaml", "files.zip"))
    )
    assert "PatientName" in capsys.readouterr().out
    assert any("PatientID" in note for note in CaseSet.objects.get().notes)


def test_an_archive_that_is_none_is_refused() -> None:
    with pytest.raises(FileInvalid, match="not a zip archive"):
        files_read(b"MZ")


def test_pixels_of_the_store_are_those_of_the_file(store: Path) -> None:
    bring(files={**FILES, "a.png": dicom(np.full((4, 4), 900), WindowCenter=0, WindowWidth=400)})
    case = Case.objects.get(key="c1")
    assert Store(store).get(case.inputs["image"]).startswith(b"\x89PNG")
