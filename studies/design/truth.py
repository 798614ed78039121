"""The ground truth of cases. Only scoring, planning and export may import this module; a contract holds them to it."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count

from studies.design.models import GroundTruth

FIELD = "decision"


def truth_of(*, case_ids: Collection[int], field: str = FIELD) -> dict[int, str]:
    """Return the reference answer of each case that has one."""
    rows = GroundTruth.objects.filter(case_id__in=case_ids, field=field)
    return dict(rows.values_list("case_id", "value"))


def truths_of(*, case_ids: Collection[int]) -> dict[tuple[int, str], str]:
    """Return every reference answer of the cases, by case and field."""
    rows = GroundTruth.objects.filter(case_id__in=case_ids)
    return {(case, field): value for case, field, value in rows.values_list("case_id", "field", "value")}


def reference_standards(*, case_ids: Collection[int]) -> list[dict[str, str | int]]:
    """Return where the reference answers of the cases come from: field, source, adjudication and how many cases."""
    rows = GroundTruth.objects.filter(case_id__in=case_ids).order_by("field", "source", "adjudication")
    found = rows.values_list("field", "source", "adjudication").annotate(cases=Count("case_id"))
    return [
        {"field": field, "source": source, "adjudication": adjudication, "cases": cases}
        for field, source, adjudication, cases in found
    ]
