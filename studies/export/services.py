"""Freezing what a study has collected into a dataset: one moment, every table, its codebook, plan and allocation."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from analysis.core.digest import digest_of, file_digest
from analysis.models import Dataset
from analysis.services import dataset_register
from studies.design.models import StaffAction, StudyVersion
from studies.errors import StudyError
from studies.export.attention import Attended
from studies.export.casefacts import case_facts
from studies.export.codebook import NAMES, codebook_document, codebook_rows, exported_tables
from studies.export.coding import coding_rows
from studies.export.files import write_records, write_table
from studies.export.people import Scope
from studies.export.rows_people import event_rows, participant_rows, scale_rows
from studies.export.rows_presentations import presentation_rows
from studies.export.rows_trials import response_rows, trial_rows
from studies.export.sidecars import allocation_document, plan_text
from studies.export.snapshot import snapshot
from studies.export.tally import ExportInconsistent, expected_counts
from studies.export.treatment import treatment_document

Rows = Iterable[Mapping[str, Any]]


class NothingToExport(StudyError):
    """A version has nobody of the kind that was asked for."""

    code = "nothing_to_export"


def dataset_export(*, version: StudyVersion, simulated: bool, actor: User | None = None) -> Dataset:
    """Freeze the real, or the simulated, participants of a launched version into a dataset; never both together."""
    datasets = settings.ASSAY_VAR / "datasets"
    datasets.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=datasets, prefix=".draft-"))
    try:
        with snapshot():
            manifest = _write(Scope(version, simulated), folder=draft)
        _save_json(draft / "manifest.json", manifest)
        folder = datasets / digest_of(manifest)
        os.replace(draft, folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    folder.chmod(0o750)
    dataset = dataset_register(folder=folder, actor=actor)
    StaffAction.objects.create(
        actor=actor,
        study=version.study,
        verb="dataset_exported",
        detail={"version": version.number, "simulated": simulated, "digest": dataset.digest},
    )
    return dataset


def _write(scope: Scope, *, folder: Path) -> dict[str, Any]:
    expected = expected_counts(scope)
    if not expected["participants"]:
        kind = "simulated" if scope.simulated else "real"
        raise NothingToExport(f"{scope.version} has no {kind} participants yet: nothing was exported.")
    rows = _write_tables(scope, folder=folder)
    wrong = [
        f"{name}: {rows[name]} instead of {count}" for name, count in expected.items() if rows[name] != count
    ]
    if wrong:
        raise ExportInconsistent(
            f"The export of {scope.version} disagrees with the database ({'; '.join(wrong)}); nothing was kept. "
            "Try again, and report it if it happens again."
        )
    write_records(folder / "codebook.csv", names=NAMES, records=codebook_rows(scope.spec))
    _save_json(folder / "codebook.json", codebook_document(scope))
    _save_json(folder / "treatment.json", treatment_document(scope))
    _save_json(folder / "allocation.json", allocation_document(scope))
    if codes := coding_rows(scope):
        write_records(folder / "codings.csv", names=list(codes[0]), records=codes)
    (folder / "plan.yaml").write_text(plan_text(scope), encoding="utf-8")
    return _manifest(scope, folder=folder, rows=rows)


def _write_tables(scope: Scope, *, folder: Path) -> dict[str, int]:
    facts = case_facts(scope)
    answered: Counter[str] = Counter()
    attended = Attended()

    def counted() -> Iterator[Mapping[str, Any]]:
        for row in trial_rows(scope, facts):
            answered[row["participant_id"]] += row["status"] == "answered"
            attended.note(row)
            yield row

    sources: dict[str, Callable[[], Rows]] = {
        "trials": counted,
        "responses": lambda: response_rows(scope, facts),
        "presentations": lambda: presentation_rows(scope, facts),
        "participants": lambda: participant_rows(scope, answered, attended),
        "scales": lambda: scale_rows(scope),
        "events": lambda: event_rows(scope),
    }
    tables = exported_tables(scope.spec)
    return {name: write_table(table, rows=sources[name](), folder=folder) for name, table in tables.items()}


def _manifest(scope: Scope, *, folder: Path, rows: Mapping[str, int]) -> dict[str, Any]:
    return {
        "assay_dataset": 1,
        "assay_version": settings.VERSION,
        "study": scope.version.study.slug,
        "version": scope.version.number,
        "version_digest": scope.version.digest,
        "plan_digest": digest_of(dict(scope.spec.plan)),
        "is_simulated": scope.simulated,
        "files": {
            file.name: {
                "sha256": file_digest(file),
                "bytes": file.stat().st_size,
                "rows": rows.get(file.stem),
            }
            for file in sorted(folder.iterdir())
        },
    }


def _save_json(file: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    file.write_text(text + "\n", encoding="utf-8")
