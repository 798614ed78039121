"""Launched content as pages need it, kept in each process: it can never change, so it is read once.

What belongs to a version is kept only when that is launched; before, staff may look at it while it still changes.
The keys are primary keys. Where rows can come back under an old key (tests that roll back), call ``forget``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, wraps
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Q

from explainers.core.errors import ArtefactCorrupt, ArtefactMissing
from explainers.core.store import Store
from explainers.models import Case, CaseSet, Prediction, Rendering
from explainers.selectors import case_panel, case_parts
from studies.design.attention import checks_of, with_checks
from studies.design.languages import text_in
from studies.design.models import (
    PlannedTrial,
    Preparation,
    PreparedExplanation,
    ShownExplanation,
    StudyVersion,
)
from studies.design.selectors import check_case_map, originals_of, text_get, version_spec
from studies.design.spec import ConditionSpec, StudySpec
from studies.design.variants import NO_VARIANT
from studies.protocols.stages import Stage

Read = TypeVar("Read", bound=Callable[..., Any])
CACHES: list[Callable[[], None]] = []
LAUNCHED: set[int] = set()


@dataclass(frozen=True)
class PlannedCase:
    """One trial of a plan; ``check`` numbers those that check attention among the checks of their step."""

    case_id: int
    block_index: int
    trial_index: int
    within: str = ""
    check: int | None = None
    variant: str = ""


class CaseShown:
    """A case as a page shows it, with the digest of its inputs; the panel is made when it is first shown."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.key, self.digest = case.key, case.digest

    @cached_property
    def panel(self) -> dict[str, Any]:
        return {"title": "The case", "rows": case_panel(self._case), "parts": case_parts(self._case)}


@dataclass(frozen=True)
class AdviceGiven:
    """What the predictor says of a case, with the digest of the prediction."""

    label: str
    confidence: float | None
    scores: dict[str, float]
    predictor: str
    digest: str


@dataclass(frozen=True)
class ExplanationShown:
    """The verified fragment of an explanation, with the digests of artefact and rendering."""

    name: str
    artefact_digest: str
    rendering_digest: str
    html: str


def kept(read: Read) -> Read:
    """Keep what a function of a version (its first argument) has read, if that version is launched."""
    cached = lru_cache(maxsize=8192)(read)
    CACHES.append(cached.cache_clear)

    @wraps(read)
    def look_up(version_id: int, *about: Any) -> Any:
        return cached(version_id, *about) if _is_launched(version_id) else read(version_id, *about)

    return look_up  # type: ignore[return-value]


def kept_once_there(read: Read) -> Read:
    """Keep what a function of rows that are written once has read; while they are not there it raises."""
    cached = lru_cache(maxsize=16384)(read)
    CACHES.append(cached.cache_clear)
    return wraps(read)(cached)  # type: ignore[return-value]


def _is_launched(version_id: int) -> bool:
    if version_id not in LAUNCHED:
        if not StudyVersion.objects.filter(pk=version_id, launched_at__isnull=False).exists():
            return False
        LAUNCHED.add(version_id)
    return True


@kept
def stages_of(version_id: int, step_index: int, condition: str | None) -> tuple[Stage, ...]:
    """Return the stages of the trials of a step, for one condition, without what differs between cases."""
    spec = version_spec(version_id)
    return spec.stages(spec.steps[step_index], condition)


@kept
def has_time_limits(version_id: int) -> bool:
    """Say whether any page of a version has to be answered in time."""
    spec = version_spec(version_id)
    steps = [step for step in spec.steps if "protocol" in step.params]
    return any(
        stage.time_limit_s
        for step in steps
        for condition in spec.conditions
        for stage in spec.stages(step, condition.name)
    )


@kept
def planned_cases(version_id: int, plan: int, step_index: int) -> tuple[PlannedCase, ...]:
    """Return the trials that a plan holds for a step, in their order, with the attention checks among them."""
    rows = PlannedTrial.objects.filter(version_id=version_id, plan=plan, step_index=step_index)
    planned = [
        PlannedCase(**row)
        for row in rows.order_by("trial_index").values(
            "case_id", "block_index", "trial_index", "within", "variant"
        )
    ]
    step = version_spec(version_id).steps[step_index]
    checks = checks_of(step.params)
    if not checks or not planned:
        return tuple(planned)
    cases = check_case_ids(version_id)
    name = step.params["cases"]["from"]

    def check(number: int, beside: PlannedCase) -> PlannedCase:
        return replace(beside, case_id=cases[name, checks[number].case], check=number)

    mixed = with_checks(planned, checks, check)
    return tuple(replace(each, trial_index=number) for number, each in enumerate(mixed))


@kept
def check_case_ids(version_id: int) -> dict[tuple[str, str], int]:
    """Return the cases of a version that check attention, by case set and key."""
    return check_case_map(version_spec(version_id))


def case_shown(version_id: int, case_id: int) -> CaseShown:
    """Return a case as pages show it."""
    if _is_launched(version_id) and case_id in _cases(version_id):
        return _cases(version_id)[case_id]
    return CaseShown(Case.objects.select_related("case_set").get(pk=case_id))


@kept
def _cases(version_id: int) -> dict[int, CaseShown]:
    """Read every case of a version at once: the first people after a start would pay for each one by one."""
    planned = PlannedTrial.objects.filter(version_id=version_id).values("case_id")
    checks = list(check_case_ids(version_id).values())
    cases = list(Case.objects.filter(Q(pk__in=planned) | Q(pk__in=originals_of(planned)) | Q(pk__in=checks)))
    sets = CaseSet.objects.in_bulk({case.case_set_id for case in cases})
    for case in cases:
        case.case_set = sets[case.case_set_id]
    return {case.pk: CaseShown(case) for case in cases}


def advice_given(version_id: int, predictor: str, case_id: int) -> AdviceGiven:
    """Return what a predictor says of a case."""
    if _is_launched(version_id) and case_id in _advice(version_id, predictor):
        return _advice(version_id, predictor)[case_id]
    return _advice_of(Prediction.objects.get(predictor__name=predictor, case_id=case_id), predictor)


def advice_or_none(version_id: int, predictor: str, case_id: int) -> AdviceGiven | None:
    """Return what a predictor says of a case, or ``None`` where it says nothing: a dossier is no case of its own."""
    try:
        return advice_given(version_id, predictor, case_id)
    except Prediction.DoesNotExist:
        return None


@kept
def _advice(version_id: int, predictor: str) -> dict[int, AdviceGiven]:
    found = Prediction.objects.filter(predictor__name=predictor, case_id__in=_cases(version_id))
    return {prediction.case_id: _advice_of(prediction, predictor) for prediction in found}


def _advice_of(found: Prediction, predictor: str) -> AdviceGiven:
    return AdviceGiven(
        label=found.label,
        confidence=found.confidence,
        scores=found.scores,
        predictor=predictor,
        digest=found.digest,
    )


@kept
def explanations_shown(
    version_id: int, condition: str, case_id: int, variant: str = ""
) -> tuple[ExplanationShown, ...]:
    """Return the explanations that a condition shows for a case, in a variant (by default the first of the condition).

    All of them, verified, or an error.
    """
    spec = version_spec(version_id)
    shown = spec.condition(condition)
    declared = [e.name for e in shown.explanations]
    variant = spec.variant_in(shown, variant)
    found = _explanations(version_id).get((condition, variant, case_id), [])
    if not found and not _is_launched(version_id):
        found = _prepared(version_id, shown, variant, case_id)
    if [name for name, *_ in found] != declared:
        raise ArtefactMissing(f"Case {case_id} has {len(found)} of {len(declared)} explanations to show.")
    return tuple(ExplanationShown(*row, html=rendering_html(row[2])) for row in found)


@kept
def _explanations(version_id: int) -> dict[tuple[str, str, int], list[tuple[str, str, str]]]:
    rows = ShownExplanation.objects.filter(version_id=version_id).order_by("position")
    found: dict[tuple[str, str, int], list[tuple[str, str, str]]] = {}
    for condition, variant, case_id, *names in rows.values_list(
        "condition", "variant", "case_id", "name", "artefact_digest", "rendering_digest"
    ):
        found.setdefault((condition, variant, case_id), []).append(tuple(names))  # type: ignore[arg-type]
    return found


def _prepared(
    version_id: int, condition: ConditionSpec, variant: str, case_id: int
) -> list[tuple[str, str, str]]:
    """Return what a version that is not launched yet would show by now."""
    names = {e.name: variant if e.varies else NO_VARIANT for e in condition.explanations}
    rows = PreparedExplanation.objects.filter(version_id=version_id, case_id=case_id)
    keys = {
        name: key
        for name, made_as, key in rows.values_list("name", "variant", "key")
        if names.get(name) == made_as
    }
    drawn = Rendering.objects.select_related("explanation").filter(
        explanation__key__in=keys.values(),
        spec_digest__in=Preparation.objects.filter(version_id=version_id).values("rendering_spec"),
    )
    by_key = {row.explanation.key: (row.explanation.artefact_digest, row.digest) for row in drawn}
    return [(name, *by_key[keys[name]]) for name in names if keys.get(name) in by_key]


@kept
def allocation_seed(version_id: int) -> str:
    """Return the seed that everything random of a version is drawn from; it never leaves the server."""
    return StudyVersion.objects.values_list("allocation_seed", flat=True).get(pk=version_id)


@kept
def text_shown(version_id: int, name: str, language: str = "") -> tuple[str, str]:
    """Return the HTML of a text of a version, and the digest of the text; in a further language, if it has one."""
    further = version_spec(version_id).languages[1:]
    text = text_get(version_id, text_in(name, language) if language in further else name)
    return text.html, text.digest


def rendering_html(digest: str) -> str:
    """Read a rendering from the store, which verifies its bytes."""
    try:
        return Store(settings.ASSAY_STORE).get(digest).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArtefactCorrupt(f"The rendering {digest[:12]}… is not text.") from error


def predictor_name(spec: StudySpec, condition: ConditionSpec) -> str:
    """Return the predictor behind the alias that a condition names."""
    name: str = spec.document["predictors"][condition.predictor]
    return name


CACHES.append(LAUNCHED.clear)


def forget() -> None:
    """Forget everything that this process has read."""
    for clear in CACHES:
        clear()
