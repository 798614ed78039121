"""Having everything made that a version will show: predictions, explanations, and then the drawings on one scale."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from explainers.core.errors import NotReady
from explainers.methods import METHODS
from explainers.models import Case, Explanation, Job, Rendering
from explainers.services import (
    explanation_checkpoints_request,
    explanations_request,
    predictions_request,
    renderings_request,
)
from studies.design.content import Content, content_of, explanations_of, missing_content
from studies.design.models import Preparation, PreparedExplanation, ShownExplanation, StudyVersion
from studies.design.selectors import explanation_progress, prediction_progress, rendering_progress
from studies.design.services.gate import gates_prepare
from studies.design.spec import ExplanationSpec
from studies.design.variants import NO_VARIANT, Variant
from studies.errors import StudyError


class PreparationRefused(StudyError):
    """The content that the study names is not there."""

    code = "preparation_refused"


def version_prepare(*, version: StudyVersion) -> int:
    """Ask for whatever the version still needs, and return how much is still to come; call it again until that is 0.

    1. Predictions of every case. 2. Every explanation of every case. 3. When those are there: their drawings, all on
    one scale, and their examination by the quality gate. 4. When those are there: the rows that say which condition
    shows what.
    """
    if version.launched_at is not None:
        return 0
    content = content_of(version)
    missing = missing_content(content)
    if missing:
        raise PreparationRefused(" ".join(missing))
    predictors = content.known_predictors
    if content.spec.needs_predictions:
        for predictor in predictors.values():
            for case_set in content.known_case_sets:
                predictions_request(predictor=predictor, case_set=case_set)
    cases = content.cases()
    for explanation in explanations_of(content.spec):
        for variant in content.spec.variants_shown(explanation):
            _explanations_prepare(version, explanation, variant, content=content, cases=cases)
    to_come = _to_come(version)
    if to_come == 0 and explanations_of(content.spec):
        _renderings_prepare(version)
        drawn = rendering_progress(version)
        to_come = drawn.wanted - drawn.done + gates_prepare(version)
    if to_come == 0:
        _shown_write(version)
    return to_come


def _to_come(version: StudyVersion) -> int:
    progress = [prediction_progress(version), *explanation_progress(version).values()]
    return sum(p.wanted - p.done for p in progress)


def _explanations_prepare(
    version: StudyVersion,
    explanation: ExplanationSpec,
    variant: Variant,
    *,
    content: Content,
    cases: list[Case],
) -> None:
    asked = PreparedExplanation.objects.filter(version=version, name=explanation.name, variant=variant.name)
    if asked.count() == len(cases):
        return
    with transaction.atomic():
        keys = _keys(explanation, variant, content=content, cases=cases)
        rows = Job.objects.filter(key__in=keys).values_list("case_id", "key")
        asked.delete()
        PreparedExplanation.objects.bulk_create(
            [
                PreparedExplanation(
                    version=version, name=explanation.name, variant=variant.name, case_id=case, key=key
                )
                for case, key in rows
            ],
            batch_size=500,
        )


def _keys(
    explanation: ExplanationSpec, variant: Variant, *, content: Content, cases: list[Case]
) -> list[str]:
    """Ask the engine for an explanation of every case; those by a checkpoint wait until the advice is there."""
    predictor = content.known_predictors[explanation.predictor]
    asked: dict[str, Any] = {
        "predictor": predictor,
        "cases": cases,
        "method": explanation.method,
        "target": explanation.target,
        "parameters": dict(explanation.parameters),
        # What draws nothing is the same under every seed, and is not made again.
        "seed": 0 if "seedless" in METHODS.get(explanation.method).promises else variant.seed,
    }
    if not variant.checkpoint:
        return explanations_request(
            **asked, control={"kind": explanation.control} if explanation.control else None
        )
    checkpoint = content.known_predictors[variant.checkpoint]
    try:
        return explanation_checkpoints_request(**asked, checkpoints=[checkpoint])[checkpoint.name]
    except NotReady:
        return []


def _renderings_prepare(version: StudyVersion) -> None:
    keys = sorted(set(PreparedExplanation.objects.filter(version=version).values_list("key", flat=True)))
    digest = renderings_request(keys=keys, scale_of=keys)
    Preparation.objects.update_or_create(version=version, defaults={"rendering_spec": digest})


@transaction.atomic
def _shown_write(version: StudyVersion) -> None:
    """Write which explanation each condition shows for each case; until launch this can be done anew."""
    keys: dict[tuple[str, str], dict[int, str]] = {}
    prepared = PreparedExplanation.objects.filter(version=version)
    for name, variant, case, key in prepared.values_list("name", "variant", "case_id", "key"):
        keys.setdefault((name, variant), {})[case] = key
    found = {e.key: e for e in Explanation.objects.filter(key__in=prepared.values("key"))}
    drawn = dict(
        Rendering.objects.filter(
            spec_digest__in=Preparation.objects.filter(version=version).values("rendering_spec"),
            explanation__key__in=prepared.values("key"),
        ).values_list("explanation_id", "digest")
    )
    spec = content_of(version).spec
    rows = [
        ShownExplanation(
            version=version,
            condition=condition.name,
            position=position,
            name=explanation.name,
            variant=variant,
            case_id=case,
            explanation=found[key],
            artefact_digest=found[key].artefact_digest,
            rendering_digest=drawn[found[key].pk],
        )
        for condition in spec.conditions
        for variant in spec.variants_of(condition)
        for position, explanation in enumerate(condition.explanations)
        for case, key in keys[explanation.name, variant if explanation.varies else NO_VARIANT].items()
    ]
    existing = ShownExplanation.objects.filter(version=version)
    if existing.count() != len(rows):
        existing.delete()
        ShownExplanation.objects.bulk_create(rows, batch_size=500)
