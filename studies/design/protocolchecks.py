"""The protocols that a study file names: they are there, take its parameters, and fit its conditions and phases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from analysis.core.registry import UnknownPluginError
from studies.design.checks import Draft, parameters_given, protocol_named
from studies.design.conditionforms import treatments_of
from studies.design.normalise import decision_of
from studies.design.schemafaults import did_you_mean, value_faults
from studies.design.sidefiles import RawStep
from studies.design.yamlsource import Path
from studies.errors import Fault
from studies.protocols import Protocol, get_protocol, protocol_names
from studies.protocols.keys import INSTRUCTED
from studies.protocols.reveal import SHOWN_WHOLE, can_come_first
from studies.protocols.stages import Stage, Treatment, paid_stage

PHASES = ("pre", "learn", "test", "retention")


def protocol_faults(draft: Draft) -> Iterator[Fault]:
    """Check every protocol that is named, its parameters and its phase."""
    for step in draft.of_kind("trials", "practice"):
        name = protocol_named(step.params)
        if "stages" in step.params and {"protocol", "parameters"} & set(step.params):
            message = (
                "Stages of your own stand instead of a protocol and its parameters: leave one of both out."
            )
            yield draft.fault((*step.path, "stages"), message)
            continue
        try:
            protocol = get_protocol(name)
        except UnknownPluginError:
            message = f"There is no protocol '{name}'.{did_you_mean(name, protocol_names())}"
            yield draft.fault((*step.path, "protocol"), message)
            continue
        if step.kind == "trials":
            yield from _step_faults(draft, step, protocol)
    yield from _order_of_phases(draft)


def _step_faults(draft: Draft, step: RawStep, protocol: Protocol) -> Iterator[Fault]:
    phase = step.params.get("phase", "")
    if phase and phase not in protocol.phases:
        known = f" It has: {', '.join(protocol.phases)}." if protocol.phases else ""
        yield draft.fault((*step.path, "phase"), f"'{protocol.name}' has no phase '{phase}'.{known}")
        return
    given = parameters_given(step.params)
    path = (*step.path, "parameters")
    shape = {"type": "object", "additionalProperties": False, "properties": dict(protocol.parameters)}
    faults = value_faults(draft.source, path=path, value=given, schema=shape)
    yield from faults
    if faults:
        return
    yield from _fit_faults(draft, step, protocol, protocol.completed(given, phase=phase))


def _fit_faults(
    draft: Draft, step: RawStep, protocol: Protocol, parameters: Mapping[str, Any]
) -> Iterator[Fault]:
    decision = decision_of(draft.data["decision"])
    conditions = _conditions_of(draft, step)
    for below, message in protocol.problems(decision, conditions, parameters):
        yield draft.fault(_place(step, below), message)
    by_condition = {name: protocol.stages(decision, t, parameters) for name, t in conditions.items()}
    stages = [stage for found in by_condition.values() for stage in found]
    for name, found in by_condition.items():
        yield from _reveal_faults(draft, step, name, treatment=conditions[name], stages=found)
    tells = step.params.get("feedback", False) not in (False, "none")
    if tells and not _scores(stages):
        message = f"'{protocol.name}' asks nothing here that has a right answer: leave feedback out."
        yield draft.fault((*step.path, "feedback"), message)
    if any(not _pays_beside_the_answer(found) for found in by_condition.values()):
        message = "The confidence is paid: ask it on the page of the last answer that can be right or wrong."
        yield draft.fault(step.path, message)
    yield from _attention_faults(draft, step, stages)
    if any("reference" in s.items for s in stages) and not _studied_before(draft, step):
        message = "No examples are studied before these trials: put a phase learn before them."
        yield draft.fault(step.path, message)
    if step.params.get("per_page", 1) > 1 and not all(len(s.fields) == 0 for s in stages):
        message = "Only examples that are studied without a question can share a page: write per_page: 1."
        yield draft.fault((*step.path, "per_page"), message)


def _pays_beside_the_answer(stages: tuple[Stage, ...]) -> bool:
    """Say whether a paid confidence, if there is one, stands beside the answer that it is paid by."""
    paid = [stage for stage in stages if any(field.is_paid for field in stage.fields)]
    return not paid or paid_stage(stages) in paid


def _attention_faults(draft: Draft, step: RawStep, stages: list[Stage]) -> Iterator[Fault]:
    """Check that the trials of a step ask something that a check can be right or wrong in."""
    checks = step.params.get("attention_checks", ())
    scored = [f for s in stages for f in s.fields if f.scored_against and f.score != "none"]
    if checks and not scored:
        message = "These trials ask nothing that has a right answer, so they cannot hold an attention check."
        yield draft.fault((*step.path, "attention_checks"), message)
        return
    for number, check in enumerate(checks):
        if "answer" in check and not any(
            f.scored_against in INSTRUCTED and f.kind == "choice" for f in scored
        ):
            message = "These trials do not ask for an option of the decision: leave 'text' and 'answer' out."
            yield draft.fault((*step.path, "attention_checks", number, "answer"), message)


def _reveal_faults(
    draft: Draft, step: RawStep, name: str, *, treatment: Treatment, stages: tuple[Stage, ...]
) -> Iterator[Fault]:
    """Check that what a condition does not show at once can be held back in the trials of a step."""
    if treatment.after_initial and not can_come_first(stages):
        message = f"'{name}' shows something after an own answer, and these trials ask for none before it."
        yield draft.fault(step.path, message)
    whole = sorted({item for stage in stages for item in stage.items} & SHOWN_WHOLE)
    if (treatment.after_initial or treatment.is_held) and (whole or step.params.get("per_page", 1) > 1):
        message = (
            f"'{name}' does not show everything at once, but these trials show examples or other cases whole: "
            "leave 'reveal' out, or give these trials a condition of their own with 'show'."
        )
        yield draft.fault(step.path, message)


def _place(step: RawStep, below: tuple[str | int, ...]) -> Path:
    """Return where a parameter is written, or the step where none is."""
    if below and below[0] in step.params:
        return (*step.path, *below)
    return (*step.path, "parameters", *below) if below and "parameters" in step.params else step.path


def _studied_before(draft: Draft, step: RawStep) -> bool:
    return any(s.index < step.index and s.params.get("phase") == "learn" for s in draft.of_kind("trials"))


def _conditions_of(draft: Draft, step: RawStep) -> dict[str, Treatment]:
    """Return what the conditions show that see a step."""
    whole = treatments_of(draft)
    # 'only' names arms; where these are conditions too, the others do not see the step.
    seen = [name for name in step.params.get("only", ()) if name in whole]
    return {name: t for name, t in whole.items() if not seen or name in seen}


def _scores(stages: Iterable[Stage]) -> bool:
    return any(field.scored_against for stage in stages for field in stage.fields)


def scores_something(draft: Draft, step: RawStep) -> bool:
    """Say whether a step of trials asks what can be right or wrong; of a step that has faults that is not known."""
    try:
        protocol = get_protocol(protocol_named(step.params))
        parameters = protocol.completed(parameters_given(step.params), phase=step.params.get("phase", ""))
        decision = decision_of(draft.data["decision"])
        found = [protocol.stages(decision, t, parameters) for t in _conditions_of(draft, step).values()]
    except (UnknownPluginError, KeyError, TypeError, ValueError):
        return True
    return any(_scores(stages) for stages in found)


def _order_of_phases(draft: Draft) -> Iterator[Fault]:
    declared = draft.data.get("phases")
    named = [(step, step.params["phase"]) for step in draft.of_kind("trials") if "phase" in step.params]
    yield from _retention_faults(draft, named)
    if declared is None:
        return
    for index, phase in enumerate(declared):
        if phase not in [found for _, found in named]:
            message = (
                f"No block of trials has the phase '{phase}': write phase: {phase} at one, or leave it out."
            )
            yield draft.fault(("phases", index), message)
    for step, phase in named:
        if phase not in declared:
            message = f"'{phase}' is not among the phases of the study.{did_you_mean(phase, declared)}"
            yield draft.fault((*step.path, "phase"), message)
    first = {phase: index for index, (_, phase) in reversed(list(enumerate(named)))}
    met = [phase for phase in declared if phase in first]
    if sorted(met, key=lambda phase: first[phase]) != met:
        yield draft.fault(
            ("phases",), "The blocks of trials begin these phases in another order: reorder them."
        )


def _retention_faults(draft: Draft, named: Sequence[tuple[RawStep, str]]) -> Iterator[Fault]:
    """What is left a minute later is no retention: a later session has to begin before it."""
    sessions = [step.index for step in draft.of_kind("session")]
    learnt = max((step.index for step, phase in named if phase != "retention"), default=-1)
    for step, phase in named:
        if phase == "retention" and not any(learnt < session < step.index for session in sessions):
            yield draft.fault(
                (*step.path, "phase"),
                "Retention is what is left in a later session: put '- session: {name: …, opens_after_days: …}' "
                "before this block, or call its phase test.",
            )
