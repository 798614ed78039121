"""What the quality gate says of explanations, method by method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import F

from explainers.core.digest import digest_of
from explainers.core.gate import GATE_VERSION
from explainers.core.gate.light import LIGHTS, NOT_COMPUTED, method_light
from explainers.methods import METHODS
from explainers.models import Explanation, Gate, MethodGate, Predictor

BINS = 10
SPREAD = {
    "order_z": "parts that it names matter more than random parts (z)",
    "seed.jaccard": "same strongest parts with another seed",
    "noise.jaccard": "same strongest parts after a small change of the case",
    "completeness_error": "completeness error",
    "gini": "sparseness (Gini)",
}
"""Numbers of one explanation whose spread over the cases is shown, in words."""


def gate_applies(*, predictor: Predictor, method: str) -> bool:
    """Say whether the gate can examine explanations: attributions of a trained predictor that are no controls."""
    plugin = METHODS.get_or_missing(method)
    return (
        predictor.kind == Predictor.Kind.TRAINED
        and getattr(plugin, "scope", "") == "attribution"
        and not getattr(plugin, "control", "")
    )


def gates_by_method(*, keys: Sequence[str]) -> list[dict[str, Any]]:
    """
    Return the gate of every method on a set of cases among explanations, as `gate_of_method`.

    Each has its name `gate_id` and the `keys` of its explanations. Controls are left out, for that they fail is
    their point.
    """
    rows = Explanation.objects.select_related("predictor", "case__case_set").filter(
        key__in=list(keys), control_kind=""
    )
    groups: dict[str, list[Explanation]] = {}
    for row in rows.order_by("pk"):
        asked = [
            *(row.predictor_id, row.method, row.method_version, row.parameters, row.target_declared),
            row.case.case_set_id,
        ]
        groups.setdefault(digest_of(asked), []).append(row)
    return [
        {"gate_id": name, "keys": [row.key for row in group], **gate_of_method(explanations=group)}
        for name, group in groups.items()
    ]


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
    about |= {"predictor": first.predictor.name, "case_set": first.case.case_set.name}
    if not gate_applies(predictor=first.predictor, method=first.method):
        reason = "The gate examines attributions of trained predictors; this is something else."
        return {
            **about,
            "light": NOT_COMPUTED,
            "reasons": [reason],
            "red": [],
            "stability": {},
            "cases": [],
            "spread": [],
            "count": {},
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
    return {
        **about,
        **verdict,
        "cases": told,
        "spread": gate_spread([each["numbers"] for each in cases]),
        "missing": len(explanations) - len(cases),
    }


def gate_spread(numbers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return how each measured number is spread over the cases: lowest, middle, highest, and ten bins between."""
    found = []
    for name, words in SPREAD.items():
        values = sorted(value for each in numbers if (value := _number_at(each, name)) is not None)
        if values:
            low, high = values[0], values[-1]
            width = (high - low) / BINS or 1.0
            places = Counter(min(int((value - low) / width), BINS - 1) for value in values)
            bins = [places[place] for place in range(BINS)]
            most = max(bins)
            found.append(
                {
                    "name": words, "low": low, "middle": values[len(values) // 2], "high": high,
                    "bars": [(10 * n, 30 - 30 * count / most, 30 * count / most) for n, count in enumerate(bins)],
                }
            )  # fmt: skip
    return found


def _number_at(numbers: Mapping[str, Any], name: str) -> float | None:
    found: Any = numbers
    for word in name.split("."):
        found = found.get(word) if isinstance(found, Mapping) else None
    return None if found is None else float(found)


def gate_red(gate: Mapping[str, Any], *, accepted: Collection[str] = ()) -> dict[str, Any]:
    """
    Return what is red in the gate of a method: `measures` of the method, and `cases` whose explanation is red.

    `accepted` are names of red that somebody wrote a reason for, as `gate_accepts` gives them; they are left out.
    """
    return {
        "gate": GATE_VERSION,
        "measures": [name for name in gate["red"] if f"{gate['gate_id']}:{name}" not in accepted],
        "cases": [
            {"case": each["case"], "key": each["key"]}
            for each in gate["cases"]
            if each["light"] == "red" and each["key"] not in accepted
        ],
    }


def gate_accepts(*, gate_id: str, covers: Mapping[str, Any]) -> set[str]:
    """Return the names of the red that a written reason covers: exactly what this gate had when it was written."""
    if covers.get("gate") != GATE_VERSION:
        return set()
    measures = {f"{gate_id}:{name}" for name in covers.get("measures", [])}
    return measures | {each["key"] for each in covers.get("cases", [])}


def gate_problems(*, keys: Sequence[str], accepted: Collection[str] = ()) -> list[str]:
    """
    Say in sentences what the gate has against showing explanations: red lights, and what was not examined yet.

    `accepted` are the names of the red that somebody wrote a reason for, as `gate_accepts` gives them; what turned red
    since is a problem all the same.
    """
    problems = []
    for gate in gates_by_method(keys=keys):
        name = f"{gate['method']} on {gate['predictor']}"
        if gate["missing"]:
            problems.append(
                f"{name}: {gate['missing']} explanations did not go through the quality gate yet."
            )
        red = gate_red(gate, accepted=accepted)
        if red["measures"]:
            problems.append(f"{name} is red: {' '.join(gate['reasons'])}")
        open_keys = {each["key"] for each in red["cases"]}
        problems += [
            f"{name}, case {each['case']} is red: {' '.join(each['reasons'])}"
            for each in gate["cases"]
            if each["key"] in open_keys
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
