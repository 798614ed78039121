"""DICOM files: the pixels as the file's own numbers say, nothing of the patient, and a warning where letters may be."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from explainers.core.cases.dicom import BURNED_IN, LOOKS_BURNED_IN, dicom_read, looks_burned_in
from explainers.core.cases.manifest import case_set_read
from explainers.core.png import png_decode

NAME = "Doe^Jane"


def dicom(pixels: np.ndarray[Any, Any], **changes: Any) -> bytes:
    file = Dataset()
    file.file_meta = FileMetaDataset()
    file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    file.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    file.SOPClassUID, file.SOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    file.PatientName, file.PatientID, file.InstitutionName = NAME, "4711", "Clinic"
    file.Rows, file.Columns = pixels.shape[:2]
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 16, 15, 1
    file.RescaleSlope, file.RescaleIntercept = 1, -1000
    file.PixelData = pixels.astype("<i2").tobytes()
    for key, value in changes.items():
        setattr(file, key, value)
    out = io.BytesIO()
    file.save_as(out, enforce_file_format=True)
    return out.getvalue()


RAMP = np.arange(0, 2000, 20).reshape(10, 10)  # -1000 to 980 in the file's units


def test_a_file_is_drawn_through_each_window_by_its_own_units() -> None:
    windows = [{"label": "Lung", "center": -600, "width": 800}, {"label": "Soft", "center": 0, "width": 400}]
    found = dicom_read(dicom(RAMP), windows=windows)
    assert [(label, height, width) for label, _, height, width in found.views] == [
        ("Lung", 10, 10),
        ("Soft", 10, 10),
    ]
    for (_, png, _, _), (low, high) in zip(found.views, [(-1000, -200), (-200, 200)], strict=True):
        by_hand = np.round(255 * np.clip((RAMP - 1000 - low) / (high - low), 0, 1))
        assert (png_decode(png)[:, :, 0] == by_hand).all()


def test_without_windows_the_file_says_how_it_is_seen() -> None:
    seen = dicom_read(dicom(RAMP, WindowCenter=0, WindowWidth=400)).views[0][1]
    asked = dicom_read(dicom(RAMP), windows=[{"label": "", "center": 0, "width": 400}]).views[0][1]
    assert seen == asked


def test_a_picture_that_is_stored_as_a_negative_is_turned() -> None:
    usual = png_decode(dicom_read(dicom(RAMP)).views[0][1])
    negative = png_decode(dicom_read(dicom(RAMP, PhotometricInterpretation="MONOCHROME1")).views[0][1])
    assert (usual + negative == 255).all()


def test_identifiers_are_taken_out_and_named() -> None:
    data = dicom(RAMP, AccessionNumber="A-1")
    found = dicom_read(data)
    assert {"PatientName", "PatientID", "InstitutionName", "AccessionNumber"} <= set(found.removed)
    assert NAME.encode() in data
    assert NAME.encode() not in found.views[0][1]


def test_a_file_that_admits_burned_in_text_is_warned_about() -> None:
    assert dicom_read(dicom(RAMP, BurnedInAnnotation="YES")).warnings == (BURNED_IN,)


def written(text: str) -> np.ndarray[Any, Any]:
    image = Image.new("L", (400, 300), 20)
    ImageDraw.Draw(image).text((8, 6), text, fill=255, font_size=20)
    return np.asarray(image)


def test_letters_at_the_edge_are_noticed() -> None:
    assert looks_burned_in(written("DOE JANE 12.03.1950"))
    assert LOOKS_BURNED_IN in dicom_read(dicom(written("DOE JANE 12.03.1950").astype(int) * 8)).warnings


@pytest.mark.parametrize("seed", range(5))
def test_a_smooth_picture_is_not_taken_for_letters(seed: int) -> None:
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (12, 16)).astype(np.uint8))
    assert not looks_burned_in(np.asarray(small.resize((400, 300), Image.Resampling.BICUBIC)))


BAD = {
    "several frames": (dicom(RAMP, NumberOfFrames=3), "several frames"),
    "colours": (dicom(RAMP, PhotometricInterpretation="RGB"), "only grey pictures"),
    "pixels that are cut": (dicom(RAMP, Rows=500), "could not be read"),
    "a preamble and nothing": (bytes(128) + b"DICM", "could not be read"),
    "rubbish after the preamble": (bytes(128) + b"DICM" + bytes(range(256)) * 40, "could not be read"),
}


@pytest.mark.parametrize("name", BAD)
def test_it_refuses(name: str) -> None:
    data, words = BAD[name]
    found = dicom_read(data)
    assert words in found.problem
    assert not found.views


def test_a_manifest_may_name_dicom_files_and_says_what_was_taken_out() -> None:
    part = {
        "name": "prior",
        "kind": "picture",
        "label": "Before",
        "windows": [{"label": "W", "center": 0, "width": 400}],
    }
    found = case_set_read(
        b"case_id,file,prior,prior_alt,truth\nc1,a.dcm,b.dcm,The chest before,yes\n",
        schema={"modality": "image", "label": "Radiograph", "parts": [part]},
        files={"a.dcm": dicom(RAMP), "b.dcm": dicom(RAMP + 1)},
        apart=["truth"],
    )
    assert found.rows[0]["parts"]["prior"]["views"][0]["label"] == "W"
    assert len(found.pictures) == 2
    assert [note.split(":")[0] for note in found.notes] == [
        "row 1 (c1), column file",
        "row 1 (c1), column prior, 'b.dcm'",
    ]
    assert "PatientName" in found.notes[0]
