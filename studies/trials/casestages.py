"""The stages of one trial: those of its step and condition, changed where the case itself says so."""

from __future__ import annotations

from dataclasses import replace

from explainers.core.errors import ArtefactMissing
from studies.design.casecolumns import options_cell
from studies.design.selectors import columns_of, original_map, version_spec
from studies.protocols import Protocol, get_protocol
from studies.protocols.stages import Field, Option, Stage
from studies.trials.content import advice_given, kept, predictor_name, stages_of


@kept
def stages_of_case(version_id: int, step_index: int, condition: str, case_id: int) -> tuple[Stage, ...]:
    """Return the stages of a trial: what the system routes has a stage of its own, options may be the case's."""
    routed = _routed(version_id, step_index, condition, case_id)
    if routed is not None:
        return (routed,)
    stages = stages_of(version_id, step_index, condition)
    if not any(field.options_from for stage in stages for field in stage.fields):
        return stages
    columns = case_columns(version_id, case_id)
    return tuple(
        replace(stage, fields=tuple(_with_options(field, columns, case_id) for field in stage.fields))
        for stage in stages
    )


@kept
def case_columns(version_id: int, case_id: int) -> dict[str, str]:
    """Return what the columns say that describe a case."""
    return {name: value for (_case, name), value in columns_of(case_ids=[case_id]).items()}


@kept
def original_of(version_id: int, case_id: int) -> int:
    """Return the case that a changed case was made from."""
    found = original_map(case_ids=[case_id])
    if case_id not in found:
        raise ArtefactMissing(f"Case {case_id} does not say which case it was made from.")
    return found[case_id]


def _routed(version_id: int, step_index: int, condition: str, case_id: int) -> Stage | None:
    spec = version_spec(version_id)
    step = spec.steps[step_index]
    protocol = get_protocol(step.params["protocol"])
    if type(protocol).routed is Protocol.routed:
        return None
    shown = spec.condition(condition)
    confidence = advice_given(version_id, predictor_name(spec, shown), case_id).confidence
    return protocol.routed(shown.treatment, spec.parameters(step), confidence=confidence)


def _with_options(field: Field, columns: dict[str, str], case_id: int) -> Field:
    if not field.options_from:
        return field
    words = {option.value: option.label for option in field.options}
    cell = columns.get(field.options_from, "")
    if not cell:
        raise ArtefactMissing(f"Case {case_id} has no options in its column {field.options_from}.")
    options = (
        Option(value, words.get(value, label) if label == value else label)
        for value, label in options_cell(cell)
    )
    return replace(field, options=tuple(options))
