"""What stands between a version and its launch, each in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from explainers.core.errors import ArtefactCorrupt, ArtefactMissing
from explainers.core.store import Store
from explainers.models import CaseSet
from explainers.selectors import explanation_problems
from studies.design.caseplan import practice_reserved, shortages
from studies.design.content import (
    Content,
    case_pool,
    content_of,
    explanations_of,
    missing_content,
    plan_request,
)
from studies.design.immutable import missing_triggers
from studies.design.languages import labels_of
from studies.design.models import PreparedExplanation, ShownExplanation, StudyVersion
from studies.design.selectors import prediction_progress
from studies.design.services.answerproblems import answer_problems, check_problems, claim_problems
from studies.design.services.gate import gate_problems_of
from studies.design.services.references import reference_problems
from studies.protocols import protocol_names

MAXIMUM_TOLD = 20


def version_problems(*, version: StudyVersion) -> list[str]:
    """Return every reason why the version cannot be launched now; an empty list means that it can."""
    if version.launched_at is not None:
        return [f"{version} is launched already."]
    content = content_of(version)
    found = missing_content(content)
    if not found:
        found += _content_problems(version, content)
    found += _engine_problems(content)
    found += _language_problems(content)
    if len(found) > MAXIMUM_TOLD:
        found = [*found[:MAXIMUM_TOLD], f"There are {len(found) - MAXIMUM_TOLD} more problems of this kind."]
    return found


def _engine_problems(content: Content) -> Iterator[str]:
    for step in content.spec.steps:
        protocol = step.params.get("protocol")
        if protocol is not None and protocol not in protocol_names():
            yield f"The protocol '{protocol}' is not installed."
    missing = missing_triggers()
    if missing:
        yield (
            f"The database does not protect launched studies ({len(missing)} triggers are missing): "
            "run 'manage.py migrate'."
        )


def _language_problems(content: Content) -> Iterator[str]:
    names = {
        block.get("from")
        for step in content.spec.steps
        for block in [step.params.get("cases")]
        if isinstance(block, dict)
    }
    sets = CaseSet.objects.filter(name__in=[*filter(None, names), content.spec.case_set])
    labels = list(dict.fromkeys(label for found in sets for label in labels_of(found.schema)))
    for language in content.spec.languages[1:]:
        words = content.spec.document["words"].get(language, {})
        missing = [label for label in labels if label not in words]
        if missing:
            told = ", ".join(repr(label) for label in missing[:MAXIMUM_TOLD])
            yield f"The words of '{language}' lack what the case sets say: {told}."


def _content_problems(version: StudyVersion, content: Content) -> list[str]:
    found = [*answer_problems(content), *check_problems(content), *reference_problems(content)]
    predictions = prediction_progress(version)
    if content.spec.needs_predictions and not predictions.is_complete:
        found.append(
            f"{predictions.wanted - predictions.done} of {predictions.wanted} predictions are not there yet: "
            "prepare the version and let the workers finish."
        )
    if not found:
        found += [*claim_problems(content), *_plan_problems(content)]
    return found + list(_explanation_problems(version, content))


def _plan_problems(content: Content) -> list[str]:
    request = plan_request(content.spec)
    pool = case_pool(content.spec, cases=content.cases(), predictors=content.known_predictors)
    found = shortages(request, pool=pool)
    if not found and request.practice:
        try:
            practice_reserved("trial run", request=request, pool=pool)
        except ValueError as error:
            return [str(error)]
    return found


def _explanation_problems(version: StudyVersion, content: Content) -> Iterator[str]:
    explanations = explanations_of(content.spec)
    if not explanations:
        return
    prepared = PreparedExplanation.objects.filter(version=version)
    wanted = len(content.cases()) * sum(len(content.spec.variants_shown(each)) for each in explanations)
    if prepared.count() < wanted:
        yield f"{wanted - prepared.count()} of {wanted} explanations were not asked for yet: prepare the version."
        return
    found = explanation_problems(keys=sorted(set(prepared.values_list("key", flat=True))))
    yield from found
    if not found:
        yield from _rendering_problems(version, content)
        yield from gate_problems_of(version)


def _rendering_problems(version: StudyVersion, content: Content) -> Iterator[str]:
    spec = content.spec
    wanted = len(content.cases()) * sum(
        len(condition.explanations) * len(spec.variants_of(condition)) for condition in spec.conditions
    )
    shown = ShownExplanation.objects.filter(version=version)
    if shown.count() < wanted:
        yield f"{wanted - shown.count()} of {wanted} explanations are not drawn yet: prepare the version again."
        return
    store = Store(settings.ASSAY_STORE)
    for digest in shown.values_list("rendering_digest", flat=True).distinct():
        try:
            store.get(digest)
        except (ArtefactMissing, ArtefactCorrupt) as error:
            yield f"A drawing of an explanation cannot be shown: {error}"
