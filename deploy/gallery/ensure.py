"""What every study of the gallery does: bring something in once, and have what a study shows made."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.models import CaseSet, Predictor
from explainers.services import BroughtFile
from studies.design.gallery import Landmark
from studies.design.models import Recruitment, StudyVersion
from studies.design.selectors import version_current, version_latest
from studies.design.services import gates_override, recruitment_set, study_import, version_launch


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as the bytes of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def maps_brought(said: Mapping[str, tuple[str, NDArray[Any]]], *, source: str) -> BroughtFile:
    """Return maps, by case with the answer that each explains, as they are brought in from a file."""
    arrays = io.BytesIO()
    np.savez_compressed(arrays, allow_pickle=False, **{key: where for key, (_, where) in said.items()})
    targets = csv_bytes(("case_id", "target"), [(key, label) for key, (label, _) in said.items()])
    return BroughtFile("maps", targets, extra=arrays.getvalue(), source=source)


def predictor_once(name: str, make: Callable[[], Predictor]) -> Predictor:
    """Return the predictor of that name, made if it is not there; training is not repeated."""
    return Predictor.objects.filter(name=name).first() or make()


def cases_once(name: str, make: Callable[[], CaseSet]) -> CaseSet:
    """Return the case set of that name, brought in if it is not there."""
    return CaseSet.objects.filter(name=name).first() or make()


def study_bring(landmark: Landmark) -> StudyVersion:
    """Bring in the materials and the study; one that is launched stays, whatever its file says now."""
    import_module(f"deploy.gallery.{landmark.name}").bring_in()
    version = version_current(landmark.slug) or version_latest(landmark.slug)
    if version is None or version.launched_at is None:
        version = study_import(source=landmark.source, files=landmark.files)
    return version


def study_open(landmark: Landmark, version: StudyVersion) -> None:
    """Launch a prepared version, unless it is launched, and let participants in.

    A red light of the quality gate is let through only with the reason that the gallery gives for its method.
    """
    if version.launched_at is None:
        gates_override(version=version, reasons=landmark.overrides)
        version_launch(version=version)
    recruitment_set(version=version, state=Recruitment.State.OPEN)
