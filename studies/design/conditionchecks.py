"""What conditions show fits the study: predictors, advice, explanations, and what of it deceives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from explainers.core.errors import ExplanationRefused
from explainers.methods import METHODS
from studies.design.checks import Draft
from studies.design.schemafaults import did_you_mean
from studies.design.yamlsource import Path
from studies.errors import Fault

CLAIM = "claimed_accuracy"
SCRIPTED = "Scripted advice deceives: write 'deception: true' and add a debrief with consent after it."
NEEDS_REVEAL = {"delay_s": ("after_delay", "on_request"), "required": ("on_request", "after_delay")}


def condition_faults(draft: Draft) -> Iterator[Fault]:
    """Check the conditions: what they name exists, and what deceives is declared."""
    if ("conditions" in draft.data) == ("factors" in draft.data):
        yield draft.fault((), "Write 'conditions', or 'factors' whose levels make them, and not both.")
    predictors = draft.data["predictors"]
    for path, condition in draft.parts:
        predictor = condition.get("predictor")
        if predictor is not None and predictor not in predictors:
            yield draft.fault(
                (*path, "predictor"),
                f"There is no predictor '{predictor}'.{did_you_mean(predictor, predictors)}",
            )
        if "advice" in condition:
            yield from _advice_faults(draft, condition["advice"], (*path, "advice"))
        for index, explanation in enumerate(condition.get("explanations", [])):
            yield from _explanation_faults(draft, explanation, (*path, "explanations", index))
            if explanation in condition["explanations"][:index]:
                yield draft.fault((*path, "explanations", index), "This explanation stands here twice.")
    yield from _script_faults(draft)


def _advice_faults(draft: Draft, advice: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    shown = advice["show"]
    if (CLAIM in shown) != (CLAIM in advice):
        yield draft.fault(
            path, f"A claim needs both: '{CLAIM}' among what is shown, and '{CLAIM}: 0.87' beside it."
        )
    if set(shown) == {CLAIM}:
        yield draft.fault((*path, "show"), "A claim of accuracy alone is no advice: show the label as well.")
    yield from _shown_faults(draft, advice, path)
    if advice.get("source") == "scripted" and not draft.data.get("deception", False):
        yield draft.fault((*path, "source"), SCRIPTED)
    if advice.get("source") == "person" and "scores" in shown:
        yield draft.fault((*path, "show"), "A person gives no scores: show the label, or the confidence.")


def _script_faults(draft: Draft) -> Iterator[Fault]:
    for alias, entry in draft.data["predictors"].items():
        is_scripted = isinstance(entry, Mapping) and entry.get("kind") == "scripted"
        if is_scripted and not draft.data.get("deception", False):
            yield draft.fault(("predictors", alias), SCRIPTED)


def _shown_faults(draft: Draft, part: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    """Check when a part of a condition is shown."""
    kind, rule = part.get("reveal", "at_once"), part.get("when", {}).get("ai_confidence", {})
    if rule.get("at_least", 0) >= rule.get("below", 2):
        yield draft.fault(
            (*path, "when"), "No confidence is at least the one and below the other: swap them."
        )
    if kind == "after_delay" and "delay_s" not in part:
        yield draft.fault((*path, "reveal"), "Say after how many seconds: write delay_s beside it.")
    for key, kinds in NEEDS_REVEAL.items():
        if key in part and kind not in kinds:
            meant = " or ".join(kinds)
            yield draft.fault(
                (*path, key), f"'{key}' means something only with reveal {meant}: leave it out."
            )


def _explanation_faults(draft: Draft, explanation: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    control = explanation.get("control")
    if (control is None) == ("method" not in explanation):
        yield draft.fault(path, "Name either a method or a control, and not both.")
        return
    if control is not None and not draft.data.get("deception", False):
        yield draft.fault(
            (*path, "control"),
            "A control deceives: write 'deception: true' and add a debrief with consent after it.",
        )
    yield from _target_faults(draft, explanation, path)
    yield from _shown_faults(draft, explanation, path)
    name = explanation["method"] if control is None else control["of"]
    at = (*path, "method") if control is None else (*path, "control", "of")
    try:
        method = METHODS.get(name)
        if method.control:
            yield draft.fault(at, f"'{name}' is a control: write control: {{kind: …, of: METHOD}}.")
        method.complete(explanation.get("parameters"))
    except LookupError:
        yield draft.fault(at, f"There is no method '{name}'.{did_you_mean(name, METHODS.names())}")
    except ExplanationRefused as error:
        yield draft.fault((*path, "parameters"), str(error))


def _target_faults(draft: Draft, explanation: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    target, at = explanation.get("target", "advised"), (*path, "target")
    if not draft.options and target != "advised":
        yield draft.fault(at, "A number has no other answers to explain: leave the target out.")
    elif isinstance(target, Mapping) and target["class"] not in draft.options:
        name = target["class"]
        yield draft.fault(at, f"'{name}' is not one of the options.{did_you_mean(name, draft.options)}")
