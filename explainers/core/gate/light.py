"""From measured numbers to a traffic light with its reasons in words; plain data, nothing heavy."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from explainers.core.gate import GATE_VERSION
from explainers.core.gate.thresholds import ARTEFACT_RULES, METHOD_RULES, Rule

LIGHTS = ("green", "amber", "red")
STABILITY = ("seed", "noise")
NOT_COMPUTED = "not_computed"


def judge(
    numbers: Mapping[str, Any], *, rules: Sequence[Rule], not_computed: Mapping[str, str]
) -> dict[str, Any]:
    """
    Hold numbers against rules.

    Parameters
    ----------
    numbers : Mapping
        Nested; a rule whose number is absent or None is left out: what was not computed is never passed.
    rules : Sequence of Rule
        The conditions.
    not_computed : Mapping
        Name of a measure to the reason why it is not there.

    Returns
    -------
    dict
        `gate` (version), `light` (the worst; `not_computed` if no rule could be held), `reasons` (sentences, the worst
        first), `red` (the measures that are red), `numbers`, `not_computed`.

    Examples
    --------
    >>> judge({"noise": {"jaccard": 0.4}}, rules=ARTEFACT_RULES, not_computed={})["light"]
    'red'
    """
    found = []
    for rule in rules:
        value = _at(numbers, rule.measure)
        if value is not None:
            found.append((LIGHTS.index(rule.light(value)), rule, value))
    told = sorted((each for each in found if each[0]), key=lambda each: -each[0])
    return {
        "gate": GATE_VERSION,
        "light": LIGHTS[max(each[0] for each in found)] if found else NOT_COMPUTED,
        "reasons": [
            rule.says.format(value=f"{value:.2g}", green=f"{rule.green:g}") + "." for _, rule, value in told
        ],
        "red": [rule.measure for place, rule, _ in told if LIGHTS[place] == "red"],
        "numbers": dict(numbers),
        "not_computed": dict(not_computed),
    }


def artefact_light(numbers: Mapping[str, Any], *, not_computed: Mapping[str, str]) -> dict[str, Any]:
    """
    Give one explanation its light.

    Parameters
    ----------
    numbers : Mapping
        As `panel.artefact_gates` measures them.
    not_computed : Mapping
        Reasons for what is missing.

    Returns
    -------
    dict
        As `judge`.
    """
    return judge(numbers, rules=ARTEFACT_RULES, not_computed=not_computed)


def method_light(
    artefacts: Sequence[Mapping[str, Any]],
    *,
    randomisation: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """
    Give a method on a predictor its light: means over its explanations, and what is measured once.

    Parameters
    ----------
    artefacts : Sequence of Mapping
        What `artefact_light` gave of each explanation, with `case` where it is known.
    randomisation : Mapping or None
        As `panel.randomisation` measures it; None if it was not.
    training : Mapping or None
        As `panel.training_stability`; None without a second checkpoint.

    Returns
    -------
    dict
        As `judge`, and `stability`: the three answers to "is it stable?", each None or jaccard, sign, same_top;
        `count`: artefacts by light.

    Notes
    -----
    The three answers are never averaged: another seed is cured by more samples, noise is a property of the predictor,
    and training anew cannot be cured by any method.
    """
    numbers: dict[str, Any] = {}
    for name in STABILITY:
        several = [each["numbers"][name] for each in artefacts if each["numbers"].get(name)]
        if several:
            numbers[name] = {
                word: _mean(one[word] for one in several) for word in ("jaccard", "sign", "same_top")
            }
    for name in ("order_z", "deletion_z", "insertion_z", "gini", "effective_parts", "completeness_error"):
        known = [each["numbers"][name] for each in artefacts if each["numbers"].get(name) is not None]
        if known:
            numbers[name] = _mean(known)
    count = {light: sum(each["light"] == light for each in artefacts) for light in (*LIGHTS, NOT_COMPUTED)}
    if artefacts:
        numbers["red_share"] = count["red"] / len(artefacts)
    missing = {}
    for name, measured, why in (
        ("randomisation", randomisation, "the predictor was not randomised for this method yet"),
        ("training", training, "no second checkpoint was given"),
    ):
        if measured is None:
            missing[name] = why
        else:
            numbers[name] = dict(measured)
    verdict = judge(numbers, rules=METHOD_RULES, not_computed=missing)
    stability = {name: numbers.get(name) for name in (*STABILITY, "training")}
    return {**verdict, "stability": stability, "count": count}


def _at(numbers: Mapping[str, Any], measure: str) -> float | None:
    found: Any = numbers
    for word in measure.split("."):
        if not isinstance(found, Mapping) or word not in found:
            return None
        found = found[word]
    return None if found is None else float(found)


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)
