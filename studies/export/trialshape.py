"""How the stages of a protocol become the wide columns of the trials table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studies.design.spec import StudySpec
from studies.protocols import get_protocol
from studies.protocols.stages import Field, ScoredAgainst, Stage

Place = tuple[str, str]


@dataclass(frozen=True)
class TrialShape:
    """What one protocol in one condition fills in: ``wide`` maps a column to the (stage, field) it is read from."""

    wide: Mapping[str, Place]
    scored: Mapping[str, ScoredAgainst]
    required: frozenset[Place]
    stages: tuple[str, ...]
    advice_source: str
    explanations: str

    @property
    def initial_stage(self) -> str | None:
        place = self.wide.get("response_initial")
        return place[0] if place else None


def trial_shape(spec: StudySpec, *, protocol: str, condition: str) -> TrialShape:
    """Read the shape of a protocol's trials in one condition from its stages."""
    found = get_protocol(protocol)
    treatment = spec.condition(condition)
    stages = found.stages(spec.decision, treatment.treatment)
    fields = {(stage.name, field.name): field for stage in stages for field in stage.fields}
    wide = {column: place for column, place in found.wide.items() if place in fields}
    return TrialShape(
        wide=wide,
        scored=_scored(wide, fields=fields),
        required=frozenset(place for place, field in fields.items() if field.required),
        stages=tuple(stage.name for stage in stages),
        advice_source=treatment.advice_source if _shows(stages, "advice") else "none",
        explanations="+".join(e.name for e in treatment.explanations)
        if _shows(stages, "explanations")
        else "",
    )


def _scored(wide: Mapping[str, Place], *, fields: Mapping[Place, Field]) -> dict[str, ScoredAgainst]:
    against = {column: fields[place].scored_against for column, place in wide.items()}
    return {column: scored for column, scored in against.items() if scored is not None}


def _shows(stages: tuple[Stage, ...], item: str) -> bool:
    return any(item in stage.items for stage in stages)
