"""Bringing cases in: inputs only; the ground truth never comes here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from explainers.core.cases import check_rows, complete_schema, schema_modality
from explainers.core.cases.parts import part_faults
from explainers.core.cases.schema import refuse_faults
from explainers.core.digest import digest_of, sha256_hex
from explainers.core.errors import CaseSetRefused
from explainers.core.png import png_size
from explainers.core.store import Store
from explainers.models import Case, CaseSet


@transaction.atomic
def case_set_import(
    *,
    name: str,
    schema: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    licence: str = "",
    permitted_use: str = "",
    export_rule: str = "",
    notes: Sequence[str] = (),
    pictures: Mapping[str, bytes] | None = None,
) -> CaseSet:
    """
    Freeze a set of cases, all or nothing; the same content under the same name gives the set that is there.

    `pictures` are the PNGs that rows name by their digest, as `explainers.core.cases.manifest` gives them.
    """
    if not name or len(name) > 80:
        raise CaseSetRefused("A case set needs a name of at most 80 characters.")
    complete = complete_schema(schema)
    checked = check_rows(rows, features=complete["features"], modality=schema_modality(complete))
    if "parts" in complete:
        checked = _with_parts(checked, rows, declared=complete["parts"])
    content = {"name": name, "schema": complete, "rows": checked, "licence": licence}
    if permitted_use:
        content["permitted_use"] = permitted_use
    if export_rule:
        content["export_rule"] = export_rule
    digest = digest_of(content)
    existing = CaseSet.objects.filter(name=name).first()
    if existing is not None:
        if existing.digest != digest:
            raise CaseSetRefused(
                f"There is another case set called {name!r}, and case sets never change; use a new name."
            )
        return existing
    _pictures_keep(pictures or {}, rows=checked)
    case_set = CaseSet.objects.create(
        name=name,
        digest=digest,
        schema=content["schema"],
        licence=licence[:200],
        permitted_use=permitted_use[:400],
        export_rule=export_rule,
        notes=list(notes),
    )
    Case.objects.bulk_create(
        [
            Case(
                case_set=case_set,
                key=row["key"],
                position=position,
                inputs=row["inputs"],
                parts=row.get("parts", {}),
                digest=digest_of(
                    {"inputs": row["inputs"], "parts": row["parts"]} if "parts" in row else row["inputs"]
                ),
            )
            for position, row in enumerate(checked)
        ],
        batch_size=500,
    )
    return case_set


def _with_parts(
    checked: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    *,
    declared: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    refuse_faults(
        [
            f"row {number} ({row['key']}): {fault}"
            for number, row in enumerate(rows, start=1)
            for fault in part_faults(row.get("parts"), parts=declared)
        ]
    )
    return [{**row, "parts": given["parts"]} for row, given in zip(checked, rows, strict=True)]


def _picture_digests(row: Mapping[str, Any]) -> set[str]:
    found = {view["digest"] for part in row.get("parts", {}).values() for view in part.get("views", ())}
    image = row["inputs"].get("image")
    return found | {image} if isinstance(image, str) else found


def _pictures_keep(pictures: Mapping[str, bytes], *, rows: Sequence[Mapping[str, Any]]) -> None:
    named = set().union(*map(_picture_digests, rows))
    if named != set(pictures):
        raise CaseSetRefused(
            f"The cases name {len(named)} pictures and {len(pictures)} came, not all of them the same."
        )
    for digest, png in pictures.items():
        if sha256_hex(png) != digest:
            raise CaseSetRefused(f"The picture {digest[:12]}… is not the one that its digest names.")
        png_size(png)
    store = Store(settings.ASSAY_STORE)
    for png in pictures.values():
        store.put(png)
