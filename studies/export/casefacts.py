"""What is known of the cases of a version: their keys, their truth, and what each predictor says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from explainers.models import Case, Predictor
from explainers.selectors import prediction_map
from studies.design.selectors import original_map
from studies.design.truth import FIELD, truths_of
from studies.export.people import Scope
from studies.trials.models import Trial


@dataclass(frozen=True)
class Verdict:
    """What a predictor says of one case."""

    label: str
    confidence: float | None


@dataclass(frozen=True)
class CaseFacts:
    """Everything about the cases that a row of trials holds; ``said`` is keyed by predictor and case."""

    keys: Mapping[int, str]
    truth: Mapping[int, str]
    said: Mapping[tuple[str, int], Verdict]
    truths: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    originals: Mapping[int, int] = field(default_factory=dict)

    def verdict(self, predictor: str | None, case_id: int) -> Verdict | None:
        return self.said.get((predictor, case_id)) if predictor else None


def case_facts(scope: Scope) -> CaseFacts:
    """Read the facts of every case that somebody in scope was scheduled to judge."""
    trials = Trial.objects.filter(
        participant__version=scope.version, participant__is_simulated=scope.simulated
    )
    pks = sorted(trials.order_by().values_list("case_id", flat=True).distinct())
    originals = original_map(case_ids=pks)
    truths: dict[int, dict[str, str]] = {}
    for (pk, name), value in truths_of(case_ids=pks).items():
        truths.setdefault(pk, {})[name] = value
    said: dict[tuple[str, int], Verdict] = {}
    for predictor in Predictor.objects.filter(name__in=predictor_names(scope)):
        for pk, prediction in prediction_map(
            predictor=predictor, case_ids=[*pks, *originals.values()]
        ).items():
            said[predictor.name, pk] = Verdict(prediction.label, prediction.confidence)
    return CaseFacts(
        keys=dict(Case.objects.filter(pk__in=pks).values_list("pk", "key")),
        truth={pk: values[FIELD] for pk, values in truths.items() if FIELD in values},
        said=said,
        truths=truths,
        originals=originals,
    )


def predictor_names(scope: Scope) -> list[str]:
    """Return the names of the study's predictors."""
    return sorted(set(scope.spec.document["predictors"].values()))


def predictor_of(scope: Scope, *, condition: str | None) -> str | None:
    """Return the predictor of a condition; one that shows no advice has that of the study, if there is only one."""
    aliases: Mapping[str, str] = scope.spec.document["predictors"]
    alias = scope.spec.condition(condition).predictor if condition else ""
    if alias:
        return aliases[alias]
    return next(iter(aliases.values())) if len(aliases) == 1 else None
