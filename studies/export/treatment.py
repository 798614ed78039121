"""What participants were told and given, for the report's section on the treatment."""

from __future__ import annotations

from typing import Any

from explainers.models import Predictor
from studies.design.models import StudyText
from studies.design.truth import reference_standards
from studies.export.casefacts import predictor_names
from studies.export.people import Scope
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
        "reference_standards": _standards(scope),
        "predictors": [
            {"name": name, "checkpoint": digest}
            for name, digest in Predictor.objects.filter(name__in=predictor_names(scope))
            .order_by("name")
            .values_list("name", "digest")
        ],
    }
    return {key: value for key, value in told.items() if value}


def _standards(scope: Scope) -> list[dict[str, str | int]]:
    """Return where reference answers come from and how disagreement was settled, where the case file says so."""
    trials = Trial.objects.filter(
        participant__version=scope.version, participant__is_simulated=scope.simulated
    )
    found = reference_standards(case_ids=list(trials.order_by().values_list("case_id", flat=True).distinct()))
    return [row for row in found if row["source"] or row["adjudication"]]


def _instructions(scope: Scope) -> str:
    texts = dict(StudyText.objects.filter(version=scope.version).values_list("name", "markdown"))
    steps = [step for step in scope.spec.steps if step.kind == "instructions"]
    return "\n\n".join(
        texts[step.params["text"]].strip() for step in steps if step.params.get("text") in texts
    )
