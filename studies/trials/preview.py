"""The preview for staff: any stage of any condition as a participant would see it. It reads, and writes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from explainers.core.errors import ArtefactCorrupt, ArtefactMissing
from explainers.models import Case
from studies.design.attention import checks_of
from studies.design.models import StudyVersion
from studies.design.selectors import version_spec
from studies.design.spec import Step, StudySpec
from studies.protocols.stages import Stage
from studies.trials import compose
from studies.trials.casestages import stages_of_case
from studies.trials.content import stages_of
from studies.trials.door import at_door, page_reply
from studies.trials.pages import Page
from studies.trials.position import TRIAL_STEPS
from studies.trials.stageview import TrialOfStudy, stage_view
from studies.trials.tongue import language_of


@require_safe
@login_required
@permission_required("design.view_studyversion", raise_exception=True)
def preview(
    request: HttpRequest, slug: str, version_id: int, condition: str, step: int, stage: str
) -> HttpResponse:
    """Show a page of a version; ``-`` stands for the only page of a step without trials."""
    if not StudyVersion.objects.filter(pk=version_id, study__slug=slug).exists():
        raise Http404
    spec = version_spec(version_id)
    if condition not in {c.name for c in spec.conditions} or step >= len(spec.steps):
        raise Http404
    try:
        language = language_of(request, spec.languages)
        page = _page(
            version_id, spec, condition, spec.steps[step], stage, (request.GET.get("case", ""), language)
        )
    except (ArtefactCorrupt, ArtefactMissing):
        page = compose.broken_page(study_title=spec.title)
    return page_reply(request, at_door(request, page, version_id=version_id), slug=slug)


def _page(
    version_id: int, spec: StudySpec, condition: str, step: Step, stage_name: str, asked: tuple[str, str]
) -> Page:
    case_key, language = asked
    if step.kind == "session":
        now = timezone.now()
        closes_s = step.params["closes_s"]
        closes = None if closes_s is None else now + timedelta(seconds=closes_s)
        window = (now + timedelta(seconds=step.params["opens_s"]), closes)
        return compose.session_page(step, spec=spec, window=window, now=now)
    if step.kind not in TRIAL_STEPS:
        if step.kind == "allocate":
            raise Http404
        return _step_page(version_id, spec, step, stage_name, language)
    case_id = _case_id(spec, step, case_key)
    stages = stages_of_case(version_id, step.index, condition, case_id)
    if stage_name not in [
        s.name for s in stages
    ]:  # a case that is routed past the participant stands for others
        stages = stages_of(version_id, step.index, condition)
    stage = next((s for s in stages if s.name == stage_name), None)
    if stage is None:
        raise Http404
    trial = TrialOfStudy(
        version_id=version_id,
        spec=spec,
        condition=spec.condition(condition),
        case_id=case_id,
        is_practice=step.kind == "practice",
        check=next((check for check in checks_of(step.params) if check.case == case_key), None),
    )
    view = stage_view(trial, stage=stage, earlier=_made_up_answer(spec, stage, stages))
    return compose.trial_page(trial, view=view, number=0, of=1)


def _step_page(version_id: int, spec: StudySpec, step: Step, name: str, language: str) -> Page:
    """Show a step without trials; of a questionnaire the page of that number, with every item that it may ask."""
    if step.kind != "questionnaire":
        return compose.step_page(step, version_id=version_id, spec=spec, attempt=0, language=language)
    page = int(name) - 1 if name.isdecimal() else 0
    items = [item for item in step.params["items"] if item.get("page", 0) == page]
    if not items:
        raise Http404
    return compose.step_page(
        step, version_id=version_id, spec=spec, attempt=0, items=items, language=language
    )


def _case_id(spec: StudySpec, step: Step, key: str) -> int:
    name = (
        (step.params.get("cases") or {}).get("from") if isinstance(step.params.get("cases"), dict) else None
    )
    cases = Case.objects.filter(case_set__name=name or spec.case_set).order_by("position")
    found = (cases.filter(key=key) if key else cases).values_list("pk", flat=True).first()
    if found is None:
        raise Http404
    return found


def _made_up_answer(spec: StudySpec, stage: Stage, stages: tuple[Stage, ...]) -> dict[str, Any]:
    """Stand in for the earlier answer that a later stage shows."""
    if stage is stages[0]:
        return {}
    confidence = {"confidence": 0.5} if spec.decision.confidence else {}
    return {"decision": spec.decision.options[0].value, **confidence}
