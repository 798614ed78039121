"""What reads in analysis: where the files of a dataset or a report lie, and nothing outside them."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from analysis.models import Dataset, Report

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class StoredFile:
    """One file that may be downloaded."""

    path: Path
    name: str
    content_type: str


def dataset_file(dataset: Dataset, *, name: str) -> StoredFile | None:
    """Return a file that the dataset's manifest names; ``None`` for every other name."""
    return _file(dataset.folder, files=dataset.manifest["files"], name=name)


def report_file(report: Report, *, name: str) -> StoredFile | None:
    """Return a file that the report's manifest names; ``None`` for every other name."""
    return _file(report.folder, files=report.manifest.get("files", {}), name=name)


def _file(folder: str, *, files: Mapping[str, Any], name: str) -> StoredFile | None:
    # Only names that the manifest holds are looked up, so that no name from outside ever becomes a path.
    if name not in files and name != MANIFEST:
        return None
    path = Path(settings.ASSAY_VAR) / folder / name
    if not path.is_file():
        return None
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return StoredFile(path, name, kind)
