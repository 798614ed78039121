"""A trial of each condition as its page shows it, drawn from what was frozen at launch, for the report on the study."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from explainers.core.cases import RESULTS_ONLY
from explainers.core.errors import ArtefactCorrupt, ArtefactMissing
from explainers.core.store import Store
from explainers.models import Case, Prediction
from studies.design.models import PlannedTrial
from studies.design.spec import ConditionSpec, Step
from studies.export.people import Scope
from studies.protocols.stages import Stage
from studies.trials.casestages import stages_of_case
from studies.trials.stageview import StageView, TrialOfStudy, stage_view

CANDIDATES = 24  # cases that are tried; the first on which every condition shows all that it can is drawn
MOST_BYTES = 1_500_000  # of a picture that is drawn in
_PICTURE = re.compile(r'src="p/([0-9a-f]{64})"')
_BLANKS = re.compile(r">\s+<")
_TREATMENT = frozenset({"advice", "explanations", "alternatives"})


def trials_drawn(scope: Scope) -> dict[str, dict[str, str]]:
    """Return a drawn trial of each condition: ``case_id``, ``stage``, HTML of ``prompt, case, shown, asked``.

    All conditions are drawn on one case, one of the practice if there are any. A study whose pages are no trials of
    single cases, whose content may not leave, or is not there any more, has none: the report then tells its conditions
    in words.
    """
    step = _main_step(scope)
    if step is None:
        return {}
    names = [condition.name for condition in scope.spec.conditions]
    best: dict[str, tuple[int, Stage, StageView]] = {}
    for case_id in _candidates(scope, step):
        found = {name: view for name in names if (view := _view(scope, step, name, case_id)) is not None}
        if _richness(found) > _richness(best):
            best = {name: (case_id, *view) for name, view in found.items()}
    keys = Case.objects.in_bulk({case_id for case_id, *_ in best.values()})
    return {
        name: _drawn(scope, view, stage=stage) | {"case_id": keys[case_id].key}
        for name, (case_id, stage, view) in best.items()
    }


def _main_step(scope: Scope) -> Step | None:
    steps = [step for step in scope.spec.steps if step.kind == "trials"]
    decisions = [
        step for step in steps if step.params.get("protocol") in ("decision", "judge_advisor", "deferral")
    ]
    return next(iter([*decisions, *steps]), None)


def _candidates(scope: Scope, step: Step) -> Iterator[int]:
    practice = [one.index for one in scope.spec.steps if one.kind == "practice"]
    seen: set[int] = set()
    for index in [*practice, step.index]:
        planned = PlannedTrial.objects.filter(version=scope.version, step_index=index)
        # Of a set whose cases may not leave, no case is drawn: the picture would leave with the dataset.
        rows = (
            planned.exclude(case__case_set__export_rule=RESULTS_ONLY)
            .order_by("plan", "trial_index")
            .values_list("case_id", flat=True)
        )
        for case_id in rows[:CANDIDATES]:
            if case_id not in seen:
                seen.add(case_id)
                yield case_id


def _view(scope: Scope, step: Step, name: str, case_id: int) -> tuple[Stage, StageView] | None:
    """Compose the page of a trial on which its treatment stands; None where something of it is not there."""
    condition: ConditionSpec = scope.spec.condition(name)
    try:
        stages = stages_of_case(scope.version.pk, step.index, name, case_id)
        if not stages:
            return None
        stage = next((one for one in reversed(stages) if _TREATMENT & set(one.items)), stages[-1])
        trial = TrialOfStudy(
            version_id=scope.version.pk, spec=scope.spec, condition=condition, case_id=case_id
        )
        return stage, stage_view(trial, stage=stage, earlier={})
    except (ArtefactCorrupt, ArtefactMissing, Case.DoesNotExist, Prediction.DoesNotExist, LookupError):
        return None


def _richness(found: Mapping[str, tuple[Any, ...]]) -> tuple[int, int]:
    return len(found), sum(len(view[-1].items) for view in found.values())


def _drawn(scope: Scope, view: StageView, *, stage: Stage) -> dict[str, str]:
    content = dict(view.content)
    with translation.override(scope.spec.languages[0]):
        parts = {
            name: _with_pictures(render_to_string(f"export/trial_{name}.html", {**content, "study_url": ""}))
            for name in ("prompt", "case", "shown", "asked")
        }
    return {"stage": str(content["stage_label"] or stage.name), **parts}


def _with_pictures(html: str) -> str:
    """Put the pictures of the case into the page; one that is too large is left out, its words stay."""

    def inlined(match: re.Match[str]) -> str:
        content = Store(settings.ASSAY_STORE).get(match[1])
        if len(content) > MOST_BYTES:
            return ""
        return f'src="data:image/png;base64,{base64.b64encode(content).decode("ascii")}"'

    return _BLANKS.sub("> <", _PICTURE.sub(inlined, html)).strip()
