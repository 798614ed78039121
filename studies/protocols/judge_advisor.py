"""The protocol ``judge_advisor``: decide alone, then look again with what the condition shows, then decide finally."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.protocols import register
from studies.protocols._fields import (
    answer_field,
    confidence_fields,
    treatment_items,
    value_of_label,
)
from studies.protocols.stages import DataColumn, Decision, Protocol, Seen, Stage, Treatment, form_values

INITIAL_PROMPT = "Look at the case and give your own answer first."
SECOND_LOOK = (
    "Look at the case once more, then give your final answer. You may keep your answer or change it."
)
WITH_ADVICE = (
    "Look at the case once more together with what the AI adds, then give your final answer. "
    "You may keep your answer or change it."
)


@register
class JudgeAdvisorProtocol(Protocol):
    """Two stages: an own answer first; then the case again with the own answer, the advice and the explanations.

    Notes
    -----
    A condition without advice gets the same second look at the case without any, so that a second look is not the
    treatment. What the second stage shows does not leave the server before the first answer is stored.

    References
    ----------
    .. [1] Sniezek & Buckley (1995). Cueing and cognitive conflict in judge-advisor decision making.
       Organizational Behavior and Human Decision Processes 62(2), 159-174. https://doi.org/10.1006/obhd.1995.1040
    """

    name = "judge_advisor"
    version = "1"
    label = "Decide alone, then with advice"
    reference = "Sniezek & Buckley 1995, https://doi.org/10.1006/obhd.1995.1040"
    data = (
        DataColumn("response_initial", "choice", "option of the decision", "The decision before any advice."),
        DataColumn("confidence_initial", "percent", "proportion 0-1", "How sure of the first decision."),
        DataColumn("response", "choice", "option of the decision", "The final decision."),
        DataColumn("confidence", "percent", "proportion 0-1", "How sure of the final decision."),
    )
    wide = {
        "response_initial": ("initial", "decision"),
        "confidence_initial": ("initial", "confidence"),
        "response": ("final", "decision"),
        "confidence": ("final", "confidence"),
    }

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the stage ``initial`` (case only) and the stage ``final`` (case, own answer, treatment)."""
        answer = answer_field(decision, name="decision", label=decision.question, scored_against="truth")
        fields = (answer, *confidence_fields(decision))
        added = treatment_items(treatment)
        return (
            Stage(name="initial", items=("case",), fields=fields, prompt=INITIAL_PROMPT),
            Stage(
                name="final",
                items=("case", "own_answer", *added),
                fields=fields,
                prompt=WITH_ADVICE if added else SECOND_LOOK,
            ),
        )

    def simulate(self, stage: Stage, seen: Seen, *, choose: Mapping[str, str]) -> dict[str, str]:
        """Send the choices; without a choice for the final decision, keep the first answer that the page shows."""
        kept = value_of_label(stage, field="decision", label=seen.own_answer)
        return form_values(stage, ({"decision": kept} if kept else {}) | dict(choose))
