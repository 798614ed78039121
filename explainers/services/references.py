"""Sets of cases that explanations refer to: kept once, read for every batch that names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from explainers.core.cases.manifest import ID, csv_read
from explainers.core.cases.schema import LONGEST_LABEL, refuse_faults
from explainers.core.digest import digest_of
from explainers.core.errors import ExplanationRefused
from explainers.core.method import Method
from explainers.core.reference import ReferenceSet
from explainers.models import CaseSet, Reference

OUTCOME = "outcome"


def reference_keep(*, name: str, case_set: CaseSet, labels: Mapping[str, str] | None = None) -> Reference:
    """
    Give a case set a name by which parameters of methods can name it, with the outcome of every case or of none.

    Outcomes are shown to people beside the cases, so they are the predictor's training truth and never that of cases
    which a study asks about. The same content under the same name gives the set that is there.
    """
    if not name or len(name) > 80:
        raise ExplanationRefused("A set of known cases needs a name of at most 80 characters.")
    keys, given = [case.key for case in case_set.cases.all()], dict(labels or {})
    faults = [f"there is no case {key!r:.80}" for key in sorted(set(given) - set(keys))]
    if given:
        faults += [f"case {key}: there is no outcome" for key in keys if not given.get(key)]
        faults += [f"case {key}: its outcome is too long" for key in given if len(given[key]) > LONGEST_LABEL]
    refuse_faults(faults)
    digest = digest_of({"name": name, "case_set": case_set.digest, "labels": given})
    existing = Reference.objects.filter(name=name).first()
    if existing is None:
        return Reference.objects.create(name=name, digest=digest, case_set=case_set, labels=given)
    if existing.digest != digest:
        raise ExplanationRefused(
            f"There are other known cases called {name!r}, and they never change; use a new name."
        )
    return existing


def outcomes_read(data: bytes) -> dict[str, str]:
    """Read the outcomes of known cases from a CSV with the columns `case_id` and `outcome`."""
    header, table = csv_read(data)
    if set(header) != {ID, OUTCOME}:
        raise ExplanationRefused(f"The file of outcomes needs the columns {ID} and {OUTCOME}, and no other.")
    found: dict[str, str] = {}
    faults = []
    for number, record in table:
        row = dict(zip(header, record, strict=True))
        if row[ID] in found:
            faults.append(f"row {number} ({row[ID]:.80}): the case has a row already")
        found[row[ID]] = row[OUTCOME]
    refuse_faults(faults)
    return found


def references_check(plugin: type[Method], *, parameters: Mapping[str, Any]) -> None:
    """Refuse parameters that name sets of cases which are not there, before anything is queued."""
    wanted = plugin.references(parameters)
    there = set(Reference.objects.filter(name__in=wanted).values_list("name", flat=True))
    missing = [name for name in wanted if name not in there]
    if missing:
        raise ExplanationRefused(
            f"{plugin.name} refers to known cases called {', '.join(missing)!s:.200}, which are not there: bring them "
            "first (manage.py explainers reference)."
        )


def references_of(
    plugin: type[Method], *, parameters: Sequence[Mapping[str, Any]]
) -> dict[str, ReferenceSet]:
    """Return every set that the parameters of a batch name."""
    names = {name for each in parameters for name in plugin.references(each)}
    rows = Reference.objects.filter(name__in=names)
    return {row.name: _loaded(row.digest) for row in rows}


@lru_cache(maxsize=16)
def _loaded(digest: str) -> ReferenceSet:
    row = Reference.objects.select_related("case_set").get(digest=digest)
    cases = list(row.case_set.cases.order_by("position"))
    return ReferenceSet(
        name=row.name,
        digest=row.digest,
        keys=[case.key for case in cases],
        rows=[case.inputs for case in cases],
        labels=[row.labels[case.key] for case in cases] if row.labels else (),
    )
