"""The protocol ``forward_simulation``: say what the AI will say about a case, with neither advice nor explanation."""

from __future__ import annotations

from collections.abc import Mapping

from studies.protocols import register
from studies.protocols._fields import choice_field, confidence_fields, form_values
from studies.protocols.stages import DataColumn, Decision, Protocol, Seen, Stage, Treatment

PROMPT = "This time do not answer for yourself. Say what you expect the AI to answer for this case."
QUESTION = "What will the AI answer?"


@register
class ForwardSimulationProtocol(Protocol):
    """One stage: the case alone, and a guess of the label that the AI gives to it.

    Notes
    -----
    Neither advice nor explanation is shown in any condition: an explanation of the advised class would give the
    answer away. What is measured is what was understood of the AI before. ``correct`` is agreement with the
    predictor, not with the ground truth.

    References
    ----------
    .. [1] Hase & Bansal (2020). Evaluating explainable AI: which algorithmic explanations help users predict model
       behavior? ACL 2020. https://doi.org/10.18653/v1/2020.acl-main.491
    .. [2] Poursabzi-Sangdeh et al. (2021). Manipulating and measuring model interpretability. CHI 2021.
       https://doi.org/10.1145/3411764.3445315
    """

    name = "forward_simulation"
    version = "1"
    label = "Predict what the AI will say"
    reference = "Hase & Bansal 2020, https://doi.org/10.18653/v1/2020.acl-main.491"
    parameters = {}
    data = (
        DataColumn("response", "choice", "option of the decision", "The guess of the AI's answer."),
        DataColumn("confidence", "percent", "proportion 0-1", "How sure the participant is of the guess."),
    )
    wide = {"response": ("guess", "guess"), "confidence": ("guess", "confidence")}

    def stages(self, decision: Decision, treatment: Treatment) -> tuple[Stage, ...]:
        """Return the one stage of the trial; it is the same in every condition."""
        guess = choice_field(decision, name="guess", label=QUESTION, scored_against="prediction")
        return (
            Stage(name="guess", items=("case",), fields=(guess, *confidence_fields(decision)), prompt=PROMPT),
        )

    def simulate(self, stage: Stage, seen: Seen, *, choose: Mapping[str, str]) -> dict[str, str]:
        """Send the choices as they are."""
        return form_values(stage, choose)
