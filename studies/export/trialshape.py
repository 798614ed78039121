"""How the stages of a step's protocol become the wide columns of the trials table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studies.design.spec import Step, StudySpec
from studies.export.doses import SHOWN, has_held_parts
from studies.protocols import Protocol, get_protocol
from studies.protocols.reveal import columns_of_initial
from studies.protocols.stages import Field, Place, Stage

BESIDE = ("is_positive", "score_initial", "score_ai", "n_options", "understanding")
LEARNING = ("phase", "n_learned")


@dataclass(frozen=True)
class TrialShape:
    """What the trials of one step fill in, in one condition.

    ``wide`` maps a column to the (stage, field) it is read from, ``scored`` those of them that have a right answer to
    their field; ``fields`` is everything asked, ``required`` is what an answered trial holds, ``routed`` what one holds
    that the system took.
    """

    protocol: Protocol
    parameters: Mapping[str, Any]
    wide: Mapping[str, Place]
    scored: Mapping[str, Field]
    fields: Mapping[Place, Field]
    required: frozenset[Place]
    stages: tuple[str, ...]
    advice_source: str
    explanations: str
    names: tuple[str, ...]

    @property
    def initial_stage(self) -> str | None:
        place = self.wide.get("response_initial")
        return place[0] if place else None

    def is_answered(self, places: frozenset[Place]) -> bool:
        """Say whether a trial with answers at these places is over."""
        return self.required <= places or ROUTED in places


ROUTED: Place = ("routed", "action")


def trial_shape(spec: StudySpec, *, step: Step, condition: str) -> TrialShape:
    """Read the shape of the trials of a step in one condition from its stages."""
    found = get_protocol(step.params["protocol"])
    treatment = spec.condition(condition)
    stages = spec.stages(step, condition)
    fields = {(stage.name, field.name): field for stage in stages for field in stage.fields}
    parameters = spec.parameters(step)
    columns = columns_of_initial(stages) | dict(found.columns(parameters))
    wide = {column: place for column, place in columns.items() if place in fields}
    certain = [stage for stage in stages if not stage.only_if]
    names = tuple(e.name for e in treatment.explanations)
    return TrialShape(
        protocol=found,
        parameters=parameters,
        wide=wide,
        scored={column: fields[place] for column, place in wide.items() if fields[place].scored_against},
        fields=fields,
        required=frozenset((stage.name, name) for stage in certain for name in stage.required),
        stages=tuple(stage.name for stage in certain),
        advice_source=treatment.advice_source if _shows(stages, "advice") else "none",
        explanations="+".join(names) if _shows(stages, *EXPLAINED) else "",
        names=names,
    )


EXPLAINED = ("explanations", "original_explanations", "alternatives")


def optional_columns(spec: StudySpec) -> set[str]:
    """Return the columns that the trials of this study have besides: those that its protocols fill."""
    found = set(BESIDE) | (set(SHOWN) if has_held_parts(spec) else set())
    for step in spec.steps:
        if "protocol" in step.params:
            protocol = get_protocol(step.params["protocol"])
            found |= {*protocol.wide, *protocol.computed}
            found |= set(LEARNING) if step.params.get("phase") else set()
    return found


def _shows(stages: tuple[Stage, ...], *items: str) -> bool:
    return any(item in stage.items for stage in stages for item in items)
