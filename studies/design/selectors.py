"""What others may read of a study and its versions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import F, QuerySet

from explainers.models import Case, Prediction, Rendering
from explainers.selectors import job_progress
from studies.design.attention import check_cases
from studies.design.casecolumns import ORIGINAL
from studies.design.models import CaseColumn, Preparation, PreparedExplanation, StudyText, StudyVersion
from studies.design.spec import StudySpec
from studies.design.texts import cleaned_html


def version_spec(version_id: int) -> StudySpec:
    """Return the typed study of a version; of a launched one it is kept in the process, because it cannot change."""
    try:
        return _launched_spec(version_id)
    except _NotLaunchedError as found:
        return found.spec


def version_current(slug: str) -> StudyVersion | None:
    """Return the newest launched version of a study, or ``None``."""
    return (
        StudyVersion.objects.filter(study__slug=slug, launched_at__isnull=False)
        .select_related("study")
        .order_by("-number")
        .first()
    )


def version_latest(slug: str) -> StudyVersion | None:
    """Return the newest version of a study, launched or not, or ``None``."""
    return StudyVersion.objects.filter(study__slug=slug).select_related("study").order_by("-number").first()


def text_get(version_id: int, name: str) -> StudyText:
    """Return a text of a version; its HTML passes the allow-list again on the way out."""
    text = StudyText.objects.get(version_id=version_id, name=name)
    text.html = cleaned_html(text.html)
    return text


def columns_of(*, case_ids: Collection[int]) -> dict[tuple[int, str], str]:
    """Return what the columns that describe cases hold, by case and column."""
    rows = CaseColumn.objects.filter(case_id__in=case_ids)
    return {(case, name): value for case, name, value in rows.values_list("case_id", "name", "value")}


def original_map(*, case_ids: Collection[int]) -> dict[int, int]:
    """Return the case that each changed case was made from; cases that were not changed are left out."""
    columns = CaseColumn.objects.filter(case__in=case_ids, name=ORIGINAL)
    same_set = columns.filter(case__case_set__cases__key=F("value"))
    return dict(same_set.values_list("case_id", "case__case_set__cases__pk"))


def originals_of(case_ids: QuerySet[Any, Any]) -> list[int]:
    """Return the cases that changed ones among these were made from."""
    columns = CaseColumn.objects.filter(case__in=case_ids, name=ORIGINAL)
    same_set = columns.filter(case__case_set__cases__key=F("value"))
    return list(same_set.values_list("case__case_set__cases__pk", flat=True).distinct())


@dataclass(frozen=True)
class Progress:
    """How much of one kind of content is there."""

    wanted: int
    done: int
    failed: int = 0

    @property
    def is_complete(self) -> bool:
        return self.done >= self.wanted


def prediction_progress(version: StudyVersion) -> Progress:
    """Return how many cases of the version have a prediction."""
    spec = version_spec(version.pk)
    names, sets = sorted(set(predictor_aliases(spec).values())), case_set_names(spec)
    done = Prediction.objects.filter(predictor__name__in=names, case__case_set__name__in=sets)
    return Progress(wanted=len(names) * _case_count(sets), done=done.count())


def check_case_map(spec: StudySpec) -> dict[tuple[str, str], int]:
    """Return the cases of a study that check attention and are there, by case set and key."""
    wanted = check_cases(spec.steps)
    cases = Case.objects.filter(
        case_set__name__in={name for name, _ in wanted}, key__in={key for _, key in wanted}
    )
    rows = cases.values_list("case_set__name", "key", "pk")
    return {(name, key): pk for name, key, pk in rows if (name, key) in wanted}


def case_set_names(spec: StudySpec) -> list[str]:
    """Return the names of the case sets of a study, each once."""
    own = [step.params["cases"]["from"] for step in spec.steps if step.kind == "trials"]
    return list(dict.fromkeys([spec.case_set, *own]))


def predictor_aliases(spec: StudySpec) -> dict[str, str]:
    """Return the predictors that give advice or explain it: alias to the name under which each is registered."""
    used = [condition.predictor for condition in spec.conditions]
    used += [variant.checkpoint for variant in spec.variants if variant.checkpoint]
    return {alias: spec.document["predictors"][alias] for alias in dict.fromkeys(used)}


def explanation_progress(version: StudyVersion) -> dict[str, Progress]:
    """Return how far each explanation of the version is, by its name."""
    keys: dict[str, list[str]] = {}
    for name, key in PreparedExplanation.objects.filter(version=version).values_list("name", "key"):
        keys.setdefault(name, []).append(key)
    spec = version_spec(version.pk)
    wanted = _case_count(case_set_names(spec))
    found = {}
    for condition in spec.conditions:
        for explanation in condition.explanations:
            jobs = job_progress(keys=keys.get(explanation.name, []))
            times = len(spec.variants_shown(explanation))
            found[explanation.name] = Progress(wanted * times, jobs["done"], jobs["failed"])
    return found


def rendering_progress(version: StudyVersion) -> Progress:
    """Return how many explanations of the version are drawn by its one specification."""
    wanted = sum(progress.wanted for progress in explanation_progress(version).values())
    preparation = Preparation.objects.filter(version=version).exclude(rendering_spec="").first()
    if preparation is None:
        return Progress(wanted, 0)
    keys = PreparedExplanation.objects.filter(version=version).values("key")
    drawn = Rendering.objects.filter(spec_digest=preparation.rendering_spec, explanation__key__in=keys)
    return Progress(wanted, drawn.count())


def _case_count(names: list[str]) -> int:
    return Case.objects.filter(case_set__name__in=names).count()


class _NotLaunchedError(Exception):
    """Carries the spec of a version that may still change past the cache, which keeps no exceptions."""

    def __init__(self, spec: StudySpec) -> None:
        super().__init__()
        self.spec = spec


@lru_cache(maxsize=256)
def _launched_spec(version_id: int) -> StudySpec:
    document, launched_at = StudyVersion.objects.values_list("spec", "launched_at").get(pk=version_id)
    spec = StudySpec.of(document)
    if launched_at is None:
        raise _NotLaunchedError(spec)
    return spec


version_spec.cache_clear = _launched_spec.cache_clear  # type: ignore[attr-defined]
