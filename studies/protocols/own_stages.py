"""The protocol ``own_stages``: the stages that a study file writes itself, for designs that no preset covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.protocols import register
from studies.protocols.stages import DataColumn, Decision, Place, Problem, Protocol, Stage, Treatment
from studies.protocols.written import CONFIDENCE, DECISION, stage_of, stage_problems

ONE_STAGE = (
    {"name": "final", "items": ["case", "advice", "explanations"], "fields": [DECISION, CONFIDENCE]},
)


@register
class OwnStagesProtocol(Protocol):
    """The stages of the study file: what each page shows and which typed fields it asks.

    Notes
    -----
    Written as ``trials: {stages: [...]}``. The last page that asks for the decision gives the columns ``response`` and
    ``confidence``; an earlier one gives ``response_initial`` and ``confidence_initial``. Every field is a row of its
    own in the table of responses, scored against its own reference answer.

    References
    ----------
    .. [1] Sniezek & Buckley (1995). Cueing and cognitive conflict in judge-advisor decision making.
       Organizational Behavior and Human Decision Processes 62(2), 159-174. https://doi.org/10.1006/obhd.1995.1040
    """

    name = "own_stages"
    version = "1"
    label = "Stages of the study's own"
    reference = "Sniezek & Buckley 1995, https://doi.org/10.1006/obhd.1995.1040"
    phases = ("pre", "test", "retention")
    parameters = {
        "stages": {
            "type": "array",
            "items": {"$ref": "#/$defs/stage"},
            "minItems": 1,
            "maxItems": 12,
            "default": list(ONE_STAGE),
            "description": "The pages of a trial in their order; written as stages, without parameters around it.",
        }
    }
    data = (
        DataColumn("response", "choice or number", "as the decision", "The last decision."),
        DataColumn("confidence", "percent", "proportion 0-1", "How sure the participant is of it."),
    )
    wide = {"response": ("final", DECISION), "confidence": ("final", CONFIDENCE)}

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the stages as they are written; advice and explanations only where the condition has them."""
        return tuple(stage_of(entry, decision, treatment) for entry in parameters["stages"])

    def columns(self, parameters: Mapping[str, Any]) -> Mapping[str, Place]:
        """Return the columns that the pages with a decision fill."""
        asking = [entry for entry in parameters["stages"] if DECISION in entry["fields"]]
        found: dict[str, Place] = {}
        for suffix, entry in (("_initial", asking[0]), ("", asking[-1])) if asking else ():
            if suffix and len(asking) == 1:
                continue
            found[f"response{suffix}"] = (entry["name"], DECISION)
            if CONFIDENCE in entry["fields"]:
                found[f"confidence{suffix}"] = (entry["name"], CONFIDENCE)
        return found

    def problems(
        self, decision: Decision, conditions: Mapping[str, Treatment], parameters: Mapping[str, Any]
    ) -> Iterator[Problem]:
        """Refuse stages and fields that cannot be shown, answered or scored."""
        for below, message in stage_problems(parameters["stages"], decision):
            yield ("stages", *below), message
