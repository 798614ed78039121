"""DICOM files: single grey frames, opened in a process of their own; their pixels are kept, who they are of is not."""

import io
import json
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.png import png_encode
from explainers.core.sandbox import SandboxFailedError, sandbox_answer, sandbox_ask, sandbox_enter

MAXIMUM_BYTES = 100_000_000
MAXIMUM_SIDE = 8_192
PREAMBLE = 128
MAGIC = b"DICM"
# Attributes of patients, people, places, devices and dates that the Basic Profile of DICOM PS3.15 (Annex E) takes out.
IDENTIFIERS = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientBirthTime", "PatientSex", "PatientAge", "PatientSize",
    "PatientWeight", "PatientAddress", "PatientTelephoneNumbers", "PatientMotherBirthName", "OtherPatientIDs",
    "OtherPatientNames", "OtherPatientIDsSequence", "EthnicGroup", "Occupation", "AdditionalPatientHistory",
    "PatientComments", "MedicalRecordLocator", "MilitaryRank", "IssuerOfPatientID", "AccessionNumber",
    "InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName", "ReferringPhysicianName",
    "PerformingPhysicianName", "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy", "OperatorsName",
    "RequestingPhysician", "StationName", "DeviceSerialNumber", "DeviceUID", "ProtocolName", "StudyDate",
    "SeriesDate", "AcquisitionDate", "ContentDate", "AcquisitionDateTime", "StudyTime", "SeriesTime",
    "AcquisitionTime", "ContentTime", "StudyID", "StudyDescription", "SeriesDescription", "ImageComments",
    "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID",
    "RequestedProcedureDescription", "RequestAttributesSequence",
)  # fmt: skip
BURNED_IN = "the file itself says that text is burned into the picture (BurnedInAnnotation YES): look at it"
LOOKS_BURNED_IN = "there is something like burned-in text at the edge of the picture: look at it"
BAND = 0.15
INK = 0.98
STEP = 0.5
STROKES = 3
LINES = 6


@dataclass(frozen=True)
class DicomPicture:
    """
    The pixels of a DICOM file, or the reason why it was not taken.

    Parameters
    ----------
    views : tuple of tuple
        (label, PNG bytes, height, width): the file drawn through each window; empty if there is a problem.
    removed : tuple of str
        Identifying attributes that the file held and that are gone.
    warnings : tuple of str
        What somebody has to look at.
    problem : str
        In words; empty if there is none.
    """

    views: tuple[tuple[str, bytes, int, int], ...] = ()
    removed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    problem: str = ""


def is_dicom(data: bytes) -> bool:
    """
    Say whether bytes are a DICOM file.

    Parameters
    ----------
    data : bytes
        A file.

    Returns
    -------
    bool
        True if it has the preamble of DICOM PS3.10.

    Examples
    --------
    >>> is_dicom(bytes(128) + b"DICM"), is_dicom(b"GIF89a")
    (True, False)
    """
    return data[PREAMBLE : PREAMBLE + len(MAGIC)] == MAGIC


def dicom_read(data: bytes, *, windows: Sequence[Mapping[str, Any]] = ()) -> DicomPicture:
    """
    Draw a DICOM file through windows; nothing but pixels of 8 bits is kept.

    Parameters
    ----------
    data : bytes
        The file, at most 100 MB.
    windows : Sequence of Mapping
        `{"label", "center", "width"}` in the unit that the file rescales to, such as Hounsfield units. Without any the
        file's own window is used, else the whole range of its values.

    Returns
    -------
    DicomPicture
        With the identifying attributes that were taken out.
    """
    if len(data) > MAXIMUM_BYTES:
        return DicomPicture(problem=f"the file has {len(data)} bytes, at most {MAXIMUM_BYTES} are taken")
    message = json.dumps([dict(window) for window in windows]).encode() + b"\n" + data
    try:
        answer, pixels = sandbox_ask(__name__, message=message)
    except SandboxFailedError as error:
        return DicomPicture(problem=f"the DICOM file could not be read, {error}")
    if answer.get("problem"):
        return DicomPicture(problem=str(answer["problem"]))
    views, begin = [], 0
    for view in answer["views"]:
        views.append((view["label"], pixels[begin : begin + view["length"]], view["height"], view["width"]))
        begin += view["length"]
    return DicomPicture(tuple(views), tuple(answer["removed"]), tuple(answer["warnings"]))


def main() -> None:
    """Answer for one file: windows and bytes on standard input; what was found and bare PNGs on standard output."""
    sandbox_enter(prepare=_import_pydicom)
    windows = json.loads(sys.stdin.buffer.readline())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, removed, notes = _open(sys.stdin.buffer.read())
            drawn = [(label, _drawn(found, low, high)) for label, low, high in _ranges(found, windows)]
    except Exception as error:  # noqa: BLE001 - a stranger's file: whatever pydicom stumbles over is the answer
        sandbox_answer(
            {"problem": f"the DICOM file could not be read: {str(error)[:200] or 'it is damaged'}"}
        )
        return
    files = [png_encode(pixels[:, :, None]) for _, pixels in drawn]
    height, width = found.values.shape
    views = [
        {"label": label, "length": len(file), "height": height, "width": width}
        for (label, _), file in zip(drawn, files, strict=True)
    ]
    if looks_burned_in(drawn[0][1]) and BURNED_IN not in notes:
        notes.append(LOOKS_BURNED_IN)
    sandbox_answer({"views": views, "removed": removed, "warnings": notes}, b"".join(files))


def _import_pydicom() -> None:
    import pydicom.pixels

    del pydicom


@dataclass(frozen=True)
class _Frame:
    values: NDArray[np.float64]
    is_inverted: bool
    window: tuple[float, float] | None


def _open(data: bytes) -> tuple[_Frame, list[str], list[str]]:
    import pydicom
    from pydicom.pixels.processing import apply_rescale

    file = pydicom.dcmread(io.BytesIO(data))
    kind = str(file.get("PhotometricInterpretation", ""))
    if kind not in ("MONOCHROME1", "MONOCHROME2"):
        raise ValueError(f"its pixels are {kind or 'missing'}, only grey pictures are taken")
    if int(file.get("NumberOfFrames", 1) or 1) != 1:
        raise ValueError("it has several frames: save the frame that people are to see as a file of its own")
    if not 0 < max(int(file.Rows), int(file.Columns)) <= MAXIMUM_SIDE:
        raise ValueError(
            f"it has {file.Rows} x {file.Columns} pixels, at most {MAXIMUM_SIDE} a side are taken"
        )
    values = np.asarray(apply_rescale(file.pixel_array, file), dtype=np.float64)
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError("its pixels are no single grey frame of finite numbers")
    removed = [name for name in IDENTIFIERS if name in file and str(file.get(name) or "")]
    if any(element.tag.is_private for element in file.iterall()):
        removed.append("private attributes")
    notes = [BURNED_IN] if str(file.get("BurnedInAnnotation", "")).upper() == "YES" else []
    return _Frame(values, kind == "MONOCHROME1", _own_window(file)), removed, notes


def _own_window(file: Any) -> tuple[float, float] | None:
    center, width = file.get("WindowCenter"), file.get("WindowWidth")
    if center is None or width is None:
        return None
    first = [value[0] if hasattr(value, "__iter__") else value for value in (center, width)]
    return (float(first[0]), float(first[1])) if float(first[1]) >= 1 else None


def _ranges(frame: _Frame, windows: Sequence[Mapping[str, Any]]) -> list[tuple[str, float, float]]:
    if windows:
        return [(w["label"], w["center"] - w["width"] / 2, w["center"] + w["width"] / 2) for w in windows]
    if frame.window is not None:
        center, width = frame.window
        return [("", center - width / 2, center + width / 2)]
    return [("", float(frame.values.min()), float(frame.values.max()))]


def _drawn(frame: _Frame, low: float, high: float) -> NDArray[np.uint8]:
    share = np.clip((frame.values - low) / max(high - low, 1e-9), 0, 1)
    return np.round(255 * (1 - share if frame.is_inverted else share)).astype(np.uint8)


def looks_burned_in(pixels: NDArray[np.uint8]) -> bool:
    """
    Guess whether letters are burned into the edge of a picture.

    Lines of the outer bands (15 % of each side) are counted in which at least three strokes of nearly the brightest
    value rise and fall by half of the range within a step; six such lines next to each other look like a line of text.

    Parameters
    ----------
    pixels : numpy.ndarray
        uint8, (height, width).

    Returns
    -------
    bool
        True if somebody should look. Letters in the middle, pale letters and other alphabets than strokes are missed;
        a grid at the edge is taken for letters.

    Examples
    --------
    >>> looks_burned_in(np.zeros((64, 64), dtype=np.uint8))
    False
    """
    height, width = pixels.shape
    rows, columns = max(8, int(BAND * height)), max(8, int(BAND * width))
    bands = (pixels[:rows], pixels[-rows:], pixels[:, :columns], pixels[:, -columns:])
    return any(_has_strokes(band, span=int(pixels.max()) - int(pixels.min())) for band in bands)


def _has_strokes(band: NDArray[np.uint8], *, span: int) -> bool:
    if span < 64:
        return False
    least = int(STEP * span)
    steps = np.diff(band.astype(np.int16), axis=1)
    ink = band >= int(INK * 255)
    rises = (steps >= least) & ink[:, 1:]
    falls = (steps <= -least) & ink[:, :-1]
    lines = (rises.sum(axis=1) >= STROKES) & (falls.sum(axis=1) >= STROKES)
    run = best = 0
    for is_line in lines:
        run = run + 1 if is_line else 0
        best = max(best, run)
    return best >= LINES


if __name__ == "__main__":
    main()
