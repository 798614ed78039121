"""Writes the conditions of a checked study file out in full: one explanation for each target, no default left open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.design.checks import Draft
from studies.design.conditions import target_name
from studies.design.variantchecks import varies
from studies.protocols.reveal import Reveal
from studies.protocols.stages import Treatment

AT_ONCE = "at_once"


def conditions_written(draft: Draft) -> list[dict[str, Any]]:
    """Return every condition of the study: those of the arms, and those that only some steps show."""
    default = next(iter(draft.data["predictors"]))
    named: dict[str, dict[str, Any]] = {}
    listed = draft.crossing.conditions
    shown_apart = {name: each for name, each in draft.conditions.items() if name not in listed}
    return [
        {
            "name": name,
            "label": condition.get("label", ""),
            "predictor": condition.get("predictor", default),
            "advice": _advice(draft, condition, predictor=condition.get("predictor", default)),
            "explanations": [
                _explanation(
                    each,
                    named,
                    predictor=condition.get("predictor", default),
                    is_varied=varies(draft, each),
                )
                for each in _each_explanation(draft, condition)
            ],
            "layout": condition.get("layout", "stacked"),
            "levels": dict(condition.get("levels", {})),
            "incentive": _incentive(condition),
        }
        for name, condition in {**listed, **shown_apart}.items()
    ]


def treatments_of(draft: Draft) -> dict[str, Treatment]:
    """Return what each condition of a study file shows; the file need not have passed every check yet."""
    return {name: _treatment(draft, condition) for name, condition in draft.conditions.items()}


def _treatment(draft: Draft, condition: Mapping[str, Any]) -> Treatment:
    explanations = list(_each_explanation(draft, condition))
    parts = [condition.get("advice", {}), *explanations]
    reveals = [Reveal.of(_reveal(part)) for part in parts]
    return Treatment(
        advice="advice" in condition,
        explanations=len(explanations),
        targets=tuple(each["declared"] for each in explanations),
        after_initial=tuple(n for n, reveal in enumerate(reveals) if reveal.kind == "after_initial"),
        is_held=any(reveal.is_held for reveal in reveals),
    )


def _advice(draft: Draft, condition: Mapping[str, Any], *, predictor: str) -> dict[str, Any] | None:
    advice = condition.get("advice")
    if advice is None:
        return None
    claimed = advice.get("claimed_accuracy")
    entry = draft.data["predictors"][predictor]
    told = advice.get("source", "ai")
    is_scripted = told == "scripted" or (isinstance(entry, Mapping) and entry.get("kind") == "scripted")
    return {
        "show": advice["show"],
        # Whatever people are told of its source: what a script says is reported as scripted.
        "source": "scripted" if is_scripted else told,
        "told_source": "ai" if told == "scripted" else told,
        "claimed_accuracy": claimed["accuracy"] if isinstance(claimed, Mapping) else claimed,
        "claim": claimed["words"] if isinstance(claimed, Mapping) else "",
        "reveal": _reveal(advice),
        "when": dict(advice.get("when", {})),
    }


def _incentive(condition: Mapping[str, Any]) -> dict[str, Any] | None:
    return {"shown": True} | condition["incentive"] if "incentive" in condition else None


def _reveal(part: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = part.get("reveal", AT_ONCE)
    if kind == AT_ONCE:
        return None
    return {"kind": kind, "delay_s": part.get("delay_s", 0), "required": part.get("required", False)}


def _each_explanation(draft: Draft, condition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for explanation in condition.get("explanations", []):
        yield from _each_target(draft, explanation)


def _each_target(draft: Draft, explanation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one explanation for each target that is meant, in the words of the explanation engine."""
    target = explanation.get("target", "advised")
    targets = [target]
    if target == "each_option":
        targets = [f"class: {option}" for option in draft.options]
    elif isinstance(target, Mapping):
        targets = [f"class: {target['class']}"]
    for each in targets:
        yield {**explanation, "target": each, "declared": target_name(target)}


def _explanation(
    explanation: Mapping[str, Any], named: dict[str, dict[str, Any]], *, predictor: str, is_varied: bool
) -> dict[str, Any]:
    control = explanation.get("control")
    made = {
        "method": explanation["method"] if control is None else control["of"],
        "target": explanation["target"],
        "declared": explanation["declared"],
        "control": "" if control is None else control["kind"],
        "parameters": dict(explanation.get("parameters", {})),
        "predictor": predictor,
    }
    shown = {
        **({"varies": True} if is_varied else {}),
        "when": dict(explanation.get("when", {})),
        "reveal": _reveal(explanation),
        "label": explanation.get("label", ""),
        "how_to_read": explanation.get("how_to_read", ""),
    }
    base = explanation.get("name") or "_".join(filter(None, [made["control"], made["method"]]))
    name, number = base, 1
    # One name is one thing in the whole study: exports tell explanations apart by it.
    while named.setdefault(name, made) != made:
        number += 1
        name = f"{base}_{number}"
    return {"name": name, **made, **shown}
