"""The protocol ``decision``: decide once, with whatever the condition shows in view from the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.protocols import register
from studies.protocols._fields import answer_field, confidence_fields, treatment_items
from studies.protocols.stages import DataColumn, Decision, Protocol, Stage, Treatment


@register
class DecisionProtocol(Protocol):
    """One stage: the case, the advice and the explanations together, and one decision.

    Notes
    -----
    Reliance cannot be told apart from own judgement here, because no answer is given before the advice; use
    ``judge_advisor`` for that. An unaided condition sees the case alone.

    References
    ----------
    .. [1] Bansal et al. (2021). Does the whole exceed its parts? The effect of AI explanations on complementary
       team performance. CHI 2021. https://doi.org/10.1145/3411764.3445717
    """

    name = "decision"
    version = "1"
    label = "Decide with the advice in view"
    reference = "Bansal et al. 2021, https://doi.org/10.1145/3411764.3445717"
    data = (
        DataColumn("response", "choice", "option of the decision", "The decision."),
        DataColumn("confidence", "percent", "proportion 0-1", "How sure the participant is of the decision."),
    )
    wide = {"response": ("final", "decision"), "confidence": ("final", "confidence")}

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the one stage of the trial."""
        answer = answer_field(decision, name="decision", label=decision.question, scored_against="truth")
        return (
            Stage(
                name="final",
                items=("case", *treatment_items(treatment)),
                fields=(answer, *confidence_fields(decision)),
            ),
        )
