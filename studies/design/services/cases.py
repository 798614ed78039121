"""Bringing cases in: one file is split into inputs (explainers) and truth (here), all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from explainers.core.errors import CaseSetRefused
from explainers.models import Case, CaseSet
from explainers.services import case_set_import
from studies.design.casefile import MAXIMUM_BYTES, CaseFile, case_file_read, schema_read
from studies.design.models import GroundTruth
from studies.design.services.audit import action_record
from studies.design.truth import FIELD, truth_of
from studies.errors import Fault, FileInvalid


def case_file_import(
    *,
    name: str,
    csv: bytes | Path | str,
    schema: bytes | Path | str,
    options: Sequence[str] = (),
    actor: AbstractBaseUser | None = None,
) -> CaseSet:
    """Bring in a case file under a name; the same content gives the set that is there, other content is refused."""
    declared = schema_read(_bytes_of(schema), options=options)
    file = case_file_read(_bytes_of(csv), schema=declared)
    with transaction.atomic():
        case_set = _inputs_import(name, file)
        _truth_import(name, case_set, file)
        action_record(
            verb="case_file_import", study=None, actor=actor, detail={"name": name, "rows": len(file.rows)}
        )
    return case_set


def _inputs_import(name: str, file: CaseFile) -> CaseSet:
    try:
        return case_set_import(
            name=name,
            schema={"features": list(file.schema.features)},
            rows=file.rows,
            licence=file.schema.licence,
        )
    except CaseSetRefused as error:
        raise FileInvalid(name, [Fault(0, "", str(error))]) from error


def _truth_import(name: str, case_set: CaseSet, file: CaseFile) -> None:
    ids = dict(Case.objects.filter(case_set=case_set).values_list("key", "pk"))
    known = truth_of(case_ids=list(ids.values()))
    wanted = {ids[key]: value for key, value in file.truth.items()}
    if known and known != wanted:
        raise FileInvalid(
            name, [Fault(0, "", "The same cases are there with other reference answers: use a new name.")]
        )
    if not known:
        GroundTruth.objects.bulk_create(
            [
                GroundTruth(case_id=case, field=FIELD, value=value, source=file.schema.source)
                for case, value in wanted.items()
            ],
            batch_size=500,
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
