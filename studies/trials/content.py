"""Launched content as pages need it, kept in each process: it can never change, so it is read once.

The keys are primary keys. Where rows can come back under an old key (tests that roll back), call ``forget``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from explainers.core.errors import ArtefactCorrupt, ArtefactMissing
from explainers.core.store import Store
from explainers.models import Case, Prediction
from explainers.selectors import case_panel
from studies.design.models import PlannedTrial, ShownExplanation
from studies.design.selectors import text_get, version_spec
from studies.design.spec import ConditionSpec, StudySpec
from studies.design.texts import cleaned_html
from studies.protocols import get_protocol
from studies.protocols.stages import Stage, Treatment

NO_TREATMENT = Treatment(advice=False, explanations=0)


@dataclass(frozen=True)
class PlannedCase:
    """One trial of a plan."""

    case_id: int
    block_index: int
    trial_index: int


@dataclass(frozen=True)
class CaseShown:
    """A case as a page shows it, with the digest of its inputs."""

    key: str
    digest: str
    panel: dict[str, Any]


@dataclass(frozen=True)
class AdviceGiven:
    """What the predictor says of a case, with the digest of the prediction."""

    label: str
    confidence: float
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


@lru_cache(maxsize=1024)
def stages_of(version_id: int, step_index: int, condition: str | None) -> tuple[Stage, ...]:
    """Return the stages of the trials of a step, for one condition."""
    spec = version_spec(version_id)
    treatment = spec.condition(condition).treatment if condition else NO_TREATMENT
    protocol = get_protocol(spec.steps[step_index].params["protocol"])
    return protocol.stages(spec.decision, treatment)


@lru_cache(maxsize=8192)
def planned_cases(version_id: int, plan: int, step_index: int) -> tuple[PlannedCase, ...]:
    """Return the trials that a plan holds for a step, in their order."""
    rows = PlannedTrial.objects.filter(version_id=version_id, plan=plan, step_index=step_index)
    return tuple(
        PlannedCase(*row)
        for row in rows.order_by("trial_index").values_list("case_id", "block_index", "trial_index")
    )


@lru_cache(maxsize=4096)
def case_shown(case_id: int) -> CaseShown:
    """Return a case as pages show it."""
    case = Case.objects.select_related("case_set").get(pk=case_id)
    return CaseShown(key=case.key, digest=case.digest, panel={"title": "The case", "rows": case_panel(case)})


@lru_cache(maxsize=8192)
def advice_given(version_id: int, condition: str, case_id: int) -> AdviceGiven:
    """Return what the condition's predictor says of a case."""
    spec = version_spec(version_id)
    predictor = predictor_name(spec, spec.condition(condition))
    found = Prediction.objects.get(predictor__name=predictor, case_id=case_id)
    return AdviceGiven(
        label=found.label,
        confidence=found.confidence,
        scores=found.scores,
        predictor=predictor,
        digest=found.digest,
    )


@lru_cache(maxsize=4096)
def explanations_shown(version_id: int, condition: str, case_id: int) -> tuple[ExplanationShown, ...]:
    """Return the explanations that a condition shows for a case; all of them, verified, or an error."""
    rows = ShownExplanation.objects.filter(version_id=version_id, condition=condition, case_id=case_id)
    shown = tuple(
        ExplanationShown(
            name=row.name,
            artefact_digest=row.artefact_digest,
            rendering_digest=row.rendering_digest,
            html=rendering_html(row.rendering_digest),
        )
        for row in rows.order_by("position")
    )
    declared = len(version_spec(version_id).condition(condition).explanations)
    if len(shown) != declared:
        raise ArtefactMissing(
            f"Case {case_id} has {len(shown)} of the {declared} explanations of condition {condition!r}."
        )
    return shown


@lru_cache(maxsize=256)
def text_shown(version_id: int, name: str) -> tuple[str, str]:
    """Return the HTML of a text of a version, and the digest of the text."""
    text = text_get(version_id, name)
    return cleaned_html(text.html), text.digest


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


CACHES: tuple[Callable[..., Any], ...] = (
    stages_of,
    planned_cases,
    case_shown,
    advice_given,
    explanations_shown,
    text_shown,
)


def forget() -> None:
    """Forget everything that this process has read."""
    for cached in CACHES:
        cached.cache_clear()  # type: ignore[attr-defined]
