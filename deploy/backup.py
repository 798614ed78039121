"""Backup and restore: the database, the files that it names, and a manifest that proves that nothing is missing."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from deploy import backup_postgresql, backup_sqlite
from deploy.backup_errors import BackupFailed
from explainers.core.store import UNFINISHED

MANIFEST = "manifest.json"
FORMAT = 1


def backup_make(*, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Write a backup of the running installation into a new folder and return its manifest."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupFailed(
            f"{folder} is not empty. Name a new folder: a backup is never written over another."
        )
    folder.mkdir(parents=True, exist_ok=True)
    tables = _engine().dump(folder / "database")
    say(f"Database: {len(tables)} tables, {sum(tables.values())} rows.")
    # These folders only grow, so a copy made after the database holds everything that the database names.
    for name, place in _places().items():
        if place.is_dir():
            # What is being written at this moment may be gone the next, and no row names it.
            shutil.copytree(place, folder / name, ignore=shutil.ignore_patterns(UNFINISHED))
    manifest = {
        "assay_backup": FORMAT,
        "version": settings.VERSION,
        "engine": connection.vendor,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "migrations": sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations()),
        "tables": tables,
        "files": {str(file.relative_to(folder)): _sha256(file) for file in _files(folder)},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    say(
        f"Database, store, datasets and reports: {len(manifest['files'])} files, each with its digest in {MANIFEST}."
    )
    return manifest


def backup_restore(*, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Restore a backup into an empty installation and prove that digests and counts are those of the manifest."""
    manifest = _read_manifest(folder)
    _verify_files(folder, manifest)
    say(f"{len(manifest['files'])} files have the digests of the manifest.")
    if connection.introspection.table_names():
        raise BackupFailed(
            "The database is not empty. Restore into a new one (DATABASE_URL); nothing was changed."
        )
    for name, place in _places().items():
        if place.is_dir() and any(place.iterdir()):
            raise BackupFailed(
                f"The {name} folder {place} is not empty. Restore into a new one (ASSAY_VAR, ASSAY_STORE); "
                "nothing was changed."
            )
    counts = _engine().load(folder / "database", manifest["migrations"])
    if counts != manifest["tables"]:
        wrong = sorted(
            name
            for name in {*counts, *manifest["tables"]}
            if counts.get(name) != manifest["tables"].get(name)
        )
        raise BackupFailed(f"These tables do not have the rows of the manifest: {', '.join(wrong)}.")
    for name, place in _places().items():
        if (folder / name).is_dir():
            shutil.copytree(folder / name, place, dirs_exist_ok=True)
    call_command(
        "migrate", interactive=False, verbosity=0
    )  # also puts back triggers that an engine does not dump
    say(f"Restored {len(counts)} tables with {sum(counts.values())} rows, all counts as in the manifest.")
    return manifest


def _places() -> dict[str, Path]:
    var = Path(settings.ASSAY_VAR)
    return {"store": Path(settings.ASSAY_STORE), "datasets": var / "datasets", "reports": var / "reports"}


def _engine() -> Any:
    engines = {"sqlite": backup_sqlite, "postgresql": backup_postgresql}
    if connection.vendor not in engines:
        raise BackupFailed(f"There is no backup for {connection.vendor}; use PostgreSQL or SQLite.")
    return engines[connection.vendor]


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackupFailed(
            f"{folder} holds no readable {MANIFEST}: {error}. It is no backup, or not a whole one."
        ) from None
    if manifest.get("assay_backup") != FORMAT:
        raise BackupFailed(
            f"{folder} is not a backup that this version of Assay ({settings.VERSION}) can read."
        )
    if manifest["engine"] != connection.vendor:
        raise BackupFailed(f"The backup is of {manifest['engine']}, DATABASE_URL is of {connection.vendor}.")
    return manifest


def _verify_files(folder: Path, manifest: dict[str, Any]) -> None:
    found = {str(file.relative_to(folder)): file for file in _files(folder)}
    expected: dict[str, str] = manifest["files"]
    missing = sorted(expected.keys() - found.keys())
    changed = sorted(
        name for name in expected.keys() & found.keys() if _sha256(found[name]) != expected[name]
    )
    if missing or changed:
        first = ", ".join([*missing, *changed][:5])
        raise BackupFailed(
            f"{len(missing)} files are missing and {len(changed)} were changed, the first: {first}."
        )


def _files(folder: Path) -> Iterator[Path]:
    # A dataset has a manifest of its own, which is a file like any other.
    return (file for file in sorted(folder.rglob("*")) if file.is_file() and file != folder / MANIFEST)


def _sha256(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
