"""The plan fits the study: its measures exist and can be computed from the protocols, its people can be recruited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from analysis.core.effects import EffectError, effect_weights
from analysis.core.plan import PlanInvalidError, parse_contrast, plan_from
from analysis.core.plan.effects import read_effects
from analysis.core.plan.faults import Faults
from analysis.core.schema import TABLES
from analysis.measures import registry as measures
from analysis.report.abilities import refusals
from studies.design.checks import Draft
from studies.design.schemafaults import did_you_mean
from studies.design.yamlsource import Path
from studies.errors import Fault
from studies.protocols import get_protocol, protocol_names

DERIVED = frozenset(
    {"is_positive", "score_initial", "score_ai", "n_options", "understanding"}
)  # of every trial
ATTENTION = frozenset({"attention_checks", "attention_failed"})
_PART = re.compile(r"([A-Za-z0-9_]+)|\[([0-9]+)\]")


def plan_faults(draft: Draft) -> Iterator[Fault]:
    """Check the plan against the study and against what the analysis can do."""
    plan = draft.data["plan"]
    slots = draft.data["allocation"]["slots"]
    if plan["n"] > slots:
        yield draft.fault(
            ("plan", "n"), f"{plan['n']} people cannot be analysed when there are {slots} slots."
        )
    yield from _rule_faults(draft)
    yield from _effect_faults(draft)
    told = set()
    for path, outcome in outcomes(plan):
        for fault in _outcome_faults(draft, outcome, path):
            told.add(fault.line)
            yield fault
    for sentence in _read_faults(draft):
        fault = _fault_of(draft, sentence)
        if fault.line not in told:
            yield fault


def _rule_faults(draft: Draft) -> Iterator[Fault]:
    """Check that rules about attention have checks to count."""
    if any("attention_checks" in step.params for step in draft.steps):
        return
    for part in ("exclude", "sensitivity"):
        for index, rule in enumerate(draft.data["plan"].get(part, [])):
            for column in ATTENTION & set(rule.get("without", ())):
                path = ("plan", part, index, "without", column)
                yield draft.fault(
                    path, "The flow has no attention checks: put 'attention_checks' into a step."
                )


def _effect_faults(draft: Draft) -> Iterator[Fault]:
    """Check the effects of factors: levels and measures exist, and the conditions hold what is compared."""
    if not draft.has_sound_factors:
        return
    cells = {name: dict(condition.get("levels", {})) for name, condition in draft.conditions.items()}
    for index, given in enumerate(draft.data["plan"].get("effects", [])):
        path: Path = ("plan", "effects", index)
        if given["measure"] not in measures.names():
            continue  # the reader of the plan says so
        yield from _unmeasurable(draft, given["measure"], {}, (*path, "measure"))
        read = read_effects([given], faults=Faults(), measures=())
        try:
            for effect in read:
                effect_weights(cells, effect)
        except EffectError as error:
            yield draft.fault((*path, "effect"), str(error))


def _read_faults(draft: Draft) -> list[str]:
    try:
        plan = plan_from(draft.data["plan"], measures=measures.names(), conditions=list(draft.conditions))
    except PlanInvalidError as error:
        return error.faults
    return refusals(plan)


def outcomes(plan: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield every outcome of the plan with its path: the primary one first."""
    yield ("plan", "primary"), plan["primary"]
    for index, outcome in enumerate(plan.get("secondary", [])):
        yield ("plan", "secondary", index), outcome


def contrasts_of(outcome: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield every contrast of an outcome with its path below the outcome."""
    if "contrast" in outcome:
        yield ("contrast",), outcome["contrast"]
    for index, contrast in enumerate(outcome.get("contrasts", [])):
        yield ("contrasts", index), contrast


def _outcome_faults(draft: Draft, outcome: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    contrasts = list(contrasts_of(outcome))
    if not contrasts or ("contrast" in outcome and "contrasts" in outcome):
        yield draft.fault(path, "Name either a contrast or a list of contrasts.")
    for below, contrast in contrasts:
        for name in contrast.split(" - "):
            if name not in draft.conditions:
                yield draft.fault(
                    (*path, *below), f"There is no condition '{name}'.{did_you_mean(name, draft.conditions)}"
                )
    yield from _placement_faults(draft, outcome, path)
    measure = outcome["measure"]
    if measure not in measures.names():
        yield draft.fault(
            (*path, "measure"), f"There is no measure '{measure}'.{did_you_mean(measure, measures.names())}"
        )
        return
    yield from _unmeasurable(draft, measure, outcome, (*path, "measure"))


def _placement_faults(draft: Draft, outcome: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    """Hold the placement that the plan says against who meets the conditions."""
    said = outcome.get("placed")
    for below, text in contrasts_of(outcome):
        found = placement(draft, text)
        if said and found and found != said:
            who = "The same participants meet" if found == "within" else "No participant meets"
            yield draft.fault((*path, *below), f"{who} both conditions of '{text}': say placed: {found}.")


def placement(draft: Draft, contrast: str) -> str:
    """Say whether the same participants meet both conditions of a contrast; empty when the arms do not tell."""
    names = contrast.split(" - ")
    arms = [{arm.name for arm in draft.arms.values() if name in arm.conditions.values()} for name in names]
    if not all(arms) or len(set(names)) < 2:
        return ""
    return "within" if set.intersection(*arms) else "between"


def _unmeasurable(draft: Draft, measure: str, outcome: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    declared = measures.get(measure)
    if declared.table == "scales":
        yield from _unasked(draft, getattr(declared, "questionnaire", measure), outcome, path)
        return
    if not set(declared.protocols) & set(draft.protocols()):
        wanted = " or ".join(declared.protocols)
        yield draft.fault(path, f"'{measure}' needs trials with the protocol {wanted}: the flow has none.")
        return
    protocols = [get_protocol(name) for name in draft.protocols() if name in protocol_names()]
    recorded = {column for protocol in protocols for column in (*protocol.wide, *protocol.computed)}
    if any(step.params.get("phase") for step in draft.of_kind("trials")):
        recorded |= {"phase", "n_learned"}
    rare = {"response_initial", "confidence_initial", *(column.name for column in TABLES["trials"].optional)}
    lacking = sorted(rare & set(declared.requires) - recorded - DERIVED)
    if lacking:
        yield draft.fault(path, f"'{measure}' needs {lacking[0]}, which no protocol of the flow records.")


def _unasked(draft: Draft, measure: str, outcome: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    asked: set[str] = set()
    for step in draft.of_kind("questionnaire"):
        found = draft.side.questionnaires.get(step.params["use"])
        if found is not None and found.name == measure:
            asked |= set(step.params.get("only", draft.conditions))
    for _, text in contrasts_of(outcome):
        contrast = parse_contrast(text)
        for name in (contrast.treatment, contrast.control):
            if name in draft.conditions and name not in asked:
                yield draft.fault(
                    path, f"The questionnaire '{measure}' is not asked in the condition '{name}'."
                )
        if placement(draft, text) == "within" and not _is_asked_after_each(draft, measure):
            yield draft.fault(
                path,
                f"The questionnaire '{measure}' is asked once for several conditions, so that it belongs to none: let "
                "each step of trials show one (per: step), and put the questionnaire after each step of trials.",
            )


def _is_asked_after_each(draft: Draft, questionnaire: str) -> bool:
    """Say whether a questionnaire follows every step of trials that shows one of the conditions met in turn."""
    is_new = False
    for step in draft.steps:
        if step.kind == "trials" and "show" not in step.params:
            if is_new:
                return False
            is_new = True
        elif step.kind == "questionnaire":
            found = draft.side.questionnaires.get(step.params["use"])
            if found is not None and found.name == questionnaire:
                is_new = False
    return draft.crossing.is_by_step and not is_new


def _fault_of(draft: Draft, sentence: str) -> Fault:
    """Give a sentence of the plan reader, which begins with its place, the line of that place."""
    place, _, message = sentence.partition(": ")
    parts: Path = tuple(int(index) if index else word for word, index in _PART.findall(place))
    return draft.fault(("plan", *(part for part in parts if part != "plan")), message or sentence)
