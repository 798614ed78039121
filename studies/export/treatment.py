"""What participants were told and given, for the report's section on the treatment."""

from __future__ import annotations

from typing import Any

from django.db.models import Max, Min

from explainers.models import CaseSet, Predictor
from explainers.selectors import prediction_map
from studies.design.models import StudyText
from studies.design.selectors import case_set_names
from studies.design.truth import FIELD, reference_standards, truths_of
from studies.enrolment.models import Participant
from studies.export.casefacts import predictor_names
from studies.export.drawn import trials_drawn
from studies.export.models import TextCode
from studies.export.people import Scope
from studies.protocols.keys import same_answer
from studies.trials.models import Trial


def treatment_document(scope: Scope) -> dict[str, Any]:
    """Return the treatment as reports read it; what the study file does not say is left out."""
    document = scope.spec.document
    told = {
        "instructions": _instructions(scope),
        "audience": document["audience"],
        "action": document["action"],
        "ethics": document["ethics"],
        "pay": document["bonus"],
        "recruited": _recruited(scope),
        "reference_standards": _standards(scope),
        "case_sets": _case_sets(scope),
        "conditions": _conditions(scope),
        "ai": {"on_the_case_sets": _ai_on_the_sets(scope)},
        "coding": {"blinded": True} if TextCode.objects.filter(version=scope.version).exists() else None,
        "predictors": [
            {"name": name, "checkpoint": digest}
            for name, digest in Predictor.objects.filter(name__in=predictor_names(scope))
            .order_by("name")
            .values_list("name", "digest")
        ],
    }
    return {key: value for key, value in told.items() if value}


def _conditions(scope: Scope) -> list[dict[str, Any]]:
    drawn = trials_drawn(scope)
    return [
        {"name": one.name, "trial": drawn.get(one.name), "claimed_accuracy": one.claimed_accuracy}
        for one in scope.spec.conditions
    ]


def _recruited(scope: Scope) -> dict[str, str]:
    """Return the day on which the first participant came and the one on which the last did: no time of day."""
    came = Participant.objects.filter(version=scope.version, is_simulated=scope.simulated).exclude(
        state=Participant.State.INVITED
    )
    found = came.aggregate(first=Min("started_at"), last=Max("started_at"))
    return {key: moment.date().isoformat() for key, moment in found.items() if moment is not None}


def _ai_on_the_sets(scope: Scope) -> list[dict[str, Any]]:
    """Return how often each predictor is right on all cases of the study's sets; participants saw a choice of them."""
    found = []
    for case_set in CaseSet.objects.filter(name__in=case_set_names(scope.spec)).order_by("name"):
        ids = list(case_set.cases.values_list("pk", flat=True))
        truth = {case: value for (case, name), value in truths_of(case_ids=ids).items() if name == FIELD}
        for predictor in Predictor.objects.filter(name__in=predictor_names(scope)).order_by("name"):
            said = prediction_map(predictor=predictor, case_ids=ids)
            judged = [
                same_answer(scope.spec.decision, said[case].label, truth[case])
                for case in said
                if case in truth
            ]
            if judged:
                where = {"predictor": predictor.name, "case_set": case_set.name}
                found.append({**where, "cases": len(judged), "right": sum(map(bool, judged))})
    return found


def _standards(scope: Scope) -> list[dict[str, str | int]]:
    """Return where reference answers come from and how disagreement was settled, where the case file says so."""
    trials = Trial.objects.filter(
        participant__version=scope.version, participant__is_simulated=scope.simulated
    )
    found = reference_standards(case_ids=list(trials.order_by().values_list("case_id", flat=True).distinct()))
    return [row for row in found if row["source"] or row["adjudication"]]


def _case_sets(scope: Scope) -> list[dict[str, str]]:
    """Return licence, permitted use and export rule of the study's case sets, as far as each says any."""
    sets = CaseSet.objects.filter(name__in=case_set_names(scope.spec)).order_by("name")
    keys = ("name", "licence", "permitted_use", "export_rule")
    return [{key: value for key, value in row.items() if value} for row in sets.values(*keys)]


def _instructions(scope: Scope) -> str:
    texts = dict(StudyText.objects.filter(version=scope.version).values_list("name", "markdown"))
    steps = [step for step in scope.spec.steps if step.kind == "instructions"]
    return "\n\n".join(
        texts[step.params["text"]].strip() for step in steps if step.params.get("text") in texts
    )
