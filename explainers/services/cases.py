"""Bringing cases in: inputs only; the ground truth never comes here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from explainers.core.cases import check_rows, check_schema
from explainers.core.digest import digest_of
from explainers.core.errors import CaseSetRefused
from explainers.models import Case, CaseSet


@transaction.atomic
def case_set_import(
    *, name: str, schema: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], licence: str = ""
) -> CaseSet:
    """Freeze a set of cases, all or nothing; the same content under the same name gives the set that is there."""
    if not name or len(name) > 80:
        raise CaseSetRefused("A case set needs a name of at most 80 characters.")
    features = check_schema(schema)
    checked = check_rows(rows, features=features)
    content = {"name": name, "schema": {"features": features}, "rows": checked, "licence": licence}
    digest = digest_of(content)
    existing = CaseSet.objects.filter(name=name).first()
    if existing is not None:
        if existing.digest != digest:
            raise CaseSetRefused(
                f"There is another case set called {name!r}, and case sets never change; use a new name."
            )
        return existing
    case_set = CaseSet.objects.create(
        name=name, digest=digest, schema=content["schema"], licence=licence[:200]
    )
    Case.objects.bulk_create(
        [
            Case(
                case_set=case_set,
                key=row["key"],
                position=position,
                inputs=row["inputs"],
                digest=digest_of(row["inputs"]),
            )
            for position, row in enumerate(checked)
        ],
        batch_size=500,
    )
    return case_set
