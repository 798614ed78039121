"""What the quality gate says of explanations, method by method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F

from explainers.core.digest import digest_of
from explainers.core.gate import GATE_VERSION
from explainers.core.gate.light import LIGHTS, NOT_COMPUTED, method_light
from explainers.methods import METHODS
from explainers.models import Explanation, Gate, MethodGate, Predictor


def gate_applies(*, predictor: Predictor, method: str) -> bool:
    """Say whether the gate can examine explanations: attributions of a trained predictor that are no controls."""
    plugin = METHODS.get_or_missing(method)
    return (
        predictor.kind == Predictor.Kind.TRAINED
        and getattr(plugin, "scope", "") == "attribution"
        and not getattr(plugin, "control", "")
    )


def gates_by_method(*, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Return the gate of every method among explanations, as `gate_of_method`; controls are left out."""
    rows = Explanation.objects.select_related("predictor").filter(key__in=list(keys), control_kind="")
    groups: dict[str, list[Explanation]] = {}
    for row in rows.order_by("pk"):
        asked = [row.predictor_id, row.method, row.method_version, row.parameters, row.target_declared]
        groups.setdefault(digest_of(asked), []).append(row)
    return [gate_of_method(explanations=group) for group in groups.values()]


def gate_of_method(*, explanations: Sequence[Explanation]) -> dict[str, Any]:
    """
    Return what the gate says of explanations by one method: light, reasons, three stabilities, every case.

    `cases` has light and reasons of each case, the worst first; `missing` counts those that were not examined.
    Explanations that the gate cannot examine have the light `not_computed`, which is no pass.
    """
    first = explanations[0]
    about = {
        word: getattr(first, word) for word in ("method", "method_version", "parameters", "target_declared")
    }
    about["predictor"] = first.predictor.name
    if not gate_applies(predictor=first.predictor, method=first.method):
        reason = "The gate examines attributions of trained predictors; this is something else."
        return {
            **about,
            "light": NOT_COMPUTED,
            "reasons": [reason],
            "stability": {},
            "cases": [],
            "missing": 0,
        }
    known = Gate.objects.filter(
        explanation__in=[row.pk for row in explanations], gate_version=GATE_VERSION
    ).select_related("explanation__case")
    cases = [
        {**gate.verdict, "case": gate.explanation.case.key, "key": gate.explanation.key} for gate in known
    ]
    check = _method_check(first)
    verdict = method_light(
        cases,
        randomisation=check.randomisation if check else None,
        training=check.training if check else None,
    )
    order = {light: place for place, light in enumerate((*reversed(LIGHTS), NOT_COMPUTED))}
    cases.sort(key=lambda each: (order[each["light"]], each["case"]))
    told = [{word: each[word] for word in ("case", "key", "light", "reasons")} for each in cases]
    return {**about, **verdict, "cases": told, "missing": len(explanations) - len(cases)}


def gate_problems(*, keys: Sequence[str]) -> list[str]:
    """Say in sentences what the gate has against showing explanations: red lights, and what was not examined yet."""
    problems = []
    for gate in gates_by_method(keys=keys):
        name = f"{gate['method']} on {gate['predictor']}"
        if gate["missing"]:
            problems.append(
                f"{name}: {gate['missing']} explanations did not go through the quality gate yet."
            )
        if gate["light"] == "red":
            problems.append(f"{name} is red: {' '.join(gate['reasons'])}")
        problems += [
            f"{name}, case {each['case']} is red: {' '.join(each['reasons'])}"
            for each in gate["cases"]
            if each["light"] == "red"
        ]
    return problems


def _method_check(explanation: Explanation) -> MethodGate | None:
    rows = MethodGate.objects.filter(
        predictor=explanation.predictor_id,
        method=explanation.method,
        method_version=explanation.method_version,
        target_declared=explanation.target_declared,
        gate_version=GATE_VERSION,
    ).order_by(F("against").desc(nulls_last=True), "-pk")  # one with a second checkpoint says more
    return next((row for row in rows if row.parameters == explanation.parameters), None)
