"""Taking a folder of frozen tables into the record: it is what its manifest says, or it is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from analysis.core.digest import digest_of, file_digest
from analysis.models import Dataset

MANIFEST = "manifest.json"
DEMANDED = frozenset({"study", "version", "is_simulated", "plan_digest", "files"})


class DatasetInvalid(ValueError):
    """A folder is not the dataset that its manifest describes."""


def dataset_register(*, folder: Path, actor: User | None = None) -> Dataset:
    """Record a dataset folder under the digest of its manifest; the same folder again gives the same row."""
    manifest = manifest_read(folder)
    faults = manifest_faults(folder, manifest=manifest)
    if faults:
        raise DatasetInvalid(f"The dataset in {folder.name} was refused: {' '.join(faults)}")
    dataset, _created = Dataset.objects.get_or_create(
        digest=digest_of(manifest),
        defaults={
            "study": manifest["study"],
            "version": manifest["version"],
            "is_simulated": manifest["is_simulated"],
            "plan_digest": manifest["plan_digest"],
            "folder": str(folder.relative_to(settings.ASSAY_VAR)),
            "manifest": manifest,
            "created_by": actor,
        },
    )
    return dataset


def manifest_read(folder: Path) -> dict[str, Any]:
    """Read the manifest of a dataset folder."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetInvalid(
            f"The dataset in {folder.name} has no readable {MANIFEST}: {error}. Export it again."
        ) from error
    absent = sorted(DEMANDED - manifest.keys())
    if absent:
        raise DatasetInvalid(f"The {MANIFEST} of {folder.name} lacks {', '.join(absent)}. Export it again.")
    return manifest


def manifest_faults(folder: Path, *, manifest: dict[str, Any]) -> list[str]:
    """Say which files of a folder are missing or are not the bytes that the manifest names."""
    faults = []
    for name, entry in manifest["files"].items():
        file = folder / name
        if Path(name).name != name or not file.is_file():
            faults.append(f"{name} is missing.")
        elif file_digest(file) != entry["sha256"]:
            faults.append(f"{name} was changed after it was written.")
    return faults
