"""The content that a version stands on: its cases, its predictor, what the predictor says, and the plan request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from explainers.models import Case, CaseSet, Prediction, Predictor
from studies.design.caseplan import Block, PlanRequest, PoolCase, PracticeBlock
from studies.design.models import StudyVersion
from studies.design.selectors import version_spec
from studies.design.spec import ExplanationSpec, StudySpec
from studies.design.strata import case_cells, stratum_keys
from studies.design.truth import truth_of


@dataclass(frozen=True)
class Content:
    """Cases and predictor of a version; ``None`` where the name in the study file is not there."""

    spec: StudySpec
    case_set: CaseSet | None
    predictor: Predictor | None

    def cases(self) -> list[Case]:
        """Return the cases in their order."""
        return [] if self.case_set is None else list(self.case_set.cases.order_by("position"))


def content_of(version: StudyVersion) -> Content:
    """Find the content that a version names."""
    spec = version_spec(version.pk)
    alias = spec.conditions[0].predictor
    return Content(
        spec=spec,
        case_set=CaseSet.objects.filter(name=spec.case_set).first(),
        predictor=Predictor.objects.filter(name=spec.document["predictors"][alias]).first(),
    )


def explanations_of(spec: StudySpec) -> list[ExplanationSpec]:
    """Return every explanation of the study once, in order of the conditions."""
    found = {e.name: e for condition in spec.conditions for e in condition.explanations}
    return list(found.values())


def case_pool(*, cases: Iterable[Case], predictor: Predictor) -> list[PoolCase]:
    """Return the cases that can be planned: those with a reference answer and a prediction, in a fixed order."""
    by_id = {case.pk: case for case in cases}
    truth = truth_of(case_ids=list(by_id))
    said = dict(
        Prediction.objects.filter(predictor=predictor, case__in=list(by_id)).values_list("case_id", "label")
    )
    return [
        PoolCase(case.pk, ai_correct=said[case.pk] == truth[case.pk], ground_truth=truth[case.pk])
        for case in sorted(by_id.values(), key=lambda case: case.position)
        if case.pk in truth and case.pk in said
    ]


def plan_request(spec: StudySpec) -> PlanRequest:
    """Return what the case plan of a study is to hold; how many plans a stratum needs is known once slots are drawn."""
    blocks, practice, number = [], [], 0
    for step in spec.steps:
        if step.kind == "practice":
            practice.append(PracticeBlock(step.index, number, step.params["cases"]))
            number += 1
        elif step.kind == "trials":
            cases = step.params["cases"]
            cells = tuple(case_cells(cases["strata"], per_participant=cases["per_participant"]))
            blocks.append(Block(step.index, number, cells, cases["disjoint"]))
            number += 1
    return PlanRequest(tuple(blocks), tuple(practice), dict.fromkeys(stratum_keys(spec), 0))
