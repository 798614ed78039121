"""Bringing cases in: one file is split into inputs (explainers) and truth (here), all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from explainers.core.errors import CaseSetRefused
from explainers.models import Case, CaseSet
from explainers.services import case_set_import
from studies.design.casefile import MAXIMUM_BYTES, CaseFile, case_file_read, schema_read
from studies.design.compositefile import composite_file_read
from studies.design.models import CaseColumn, GroundTruth
from studies.design.selectors import columns_of
from studies.design.services.audit import action_record
from studies.design.truth import FIELD, truths_of
from studies.errors import Fault, FileInvalid

Values = Mapping[tuple[int, str], str]
"""What columns hold, by case and column."""


def case_file_import(
    *,
    name: str,
    csv: bytes | Path | str,
    schema: bytes | Path | str,
    options: Sequence[str] = (),
    files: Mapping[str, bytes] | None = None,
    actor: AbstractBaseUser | None = None,
) -> CaseSet:
    """Bring in a case file under a name; the same content gives the set that is there, other content is refused.

    ``files`` are the pictures, texts and series that the case file names, by name.
    """
    declared = schema_read(_bytes_of(schema), options=options)
    if declared.is_plain and not files:
        file = case_file_read(_bytes_of(csv), schema=declared)
    else:
        file = composite_file_read(_bytes_of(csv), schema=declared, files=files or {})
    with transaction.atomic():
        case_set = _inputs_import(name, file)
        _truth_import(name, case_set, file)
        action_record(
            verb="case_file_import",
            study=None,
            actor=actor,
            detail={"name": name, "rows": len(file.rows)},
        )
    return case_set


def _inputs_import(name: str, file: CaseFile) -> CaseSet:
    try:
        return case_set_import(
            name=name,
            schema=file.schema.content,
            rows=file.rows,
            licence=file.schema.licence,
            permitted_use=file.schema.permitted_use,
            export_rule=file.schema.export_rule,
            pictures=file.pictures,
            notes=file.notes,
        )
    except CaseSetRefused as error:
        raise FileInvalid(name, [Fault(0, "", str(error))]) from error


def _truth_import(name: str, case_set: CaseSet, file: CaseFile) -> None:
    ids = dict(Case.objects.filter(case_set=case_set).values_list("key", "pk"))
    standards = {FIELD: (file.schema.source, file.schema.adjudication)}
    standards |= {name: (t.source, t.adjudication) for name, t in file.schema.further.truths.items()}
    truths = {(ids[key], FIELD): value for key, value in file.truth.items()}
    columns: dict[tuple[int, str], str] = {}
    for key, values in file.further.items():
        truths |= {(ids[key], field): value for field, value in values.truths.items()}
        columns |= {(ids[key], column): value for column, value in values.columns.items()}
    known = truths_of(case_ids=list(ids.values()))
    if known:
        _same_or_refused(name, known, truths, columns_of(case_ids=list(ids.values())), columns)
        return
    GroundTruth.objects.bulk_create(
        [
            GroundTruth(
                case_id=case,
                field=field,
                value=value,
                source=standards[field][0] or file.schema.source,
                adjudication=standards[field][1],
            )
            for (case, field), value in truths.items()
        ],
        batch_size=500,
    )
    CaseColumn.objects.bulk_create(
        [CaseColumn(case_id=case, name=column, value=value) for (case, column), value in columns.items()],
        batch_size=500,
    )


def _same_or_refused(name: str, known: Values, truths: Values, there: Values, columns: Values) -> None:
    what = "reference answers" if known != truths else "columns" if there != columns else ""
    if what:
        raise FileInvalid(
            name, [Fault(0, "", f"The same cases are there with other {what}: use a new name.")]
        )


def _bytes_of(given: bytes | Path | str) -> bytes:
    if isinstance(given, bytes):
        return given
    try:
        with Path(given).open("rb") as file:
            return file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise FileInvalid(
            Path(given).name, [Fault(0, "", f"The file cannot be read: {error.strerror}.")]
        ) from error
