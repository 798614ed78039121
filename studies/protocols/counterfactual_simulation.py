"""The protocol ``counterfactual_simulation``: say what the AI will say of a case that was changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.protocols import register
from studies.protocols._fields import answer_field, confidence_fields
from studies.protocols.facts import Answers, TrialFacts
from studies.protocols.parameters import flag, one_of
from studies.protocols.stages import DataColumn, Decision, Protocol, Stage, Treatment

PROMPT = (
    "First you see a case and what the AI answers for it. Then you see the same case after a change. "
    "Say what you expect the AI to answer for the changed case."
)
QUESTION = "What will the AI answer for the changed case?"


@register
class CounterfactualSimulationProtocol(Protocol):
    """One stage: the original case with the AI's answer and its explanation, the changed case, and a guess for that.

    Notes
    -----
    The changed case x' is a case of its own; its column ``original`` names the case x that it was made from. What the
    condition explains is x, never x'. Let the answer of the AI change in half of the changes (stratum ``ai_flips``),
    or "it stays the same" scores high. ``correct`` is agreement with the AI on x'.

    References
    ----------
    .. [1] Doshi-Velez & Kim (2017). Towards a rigorous science of interpretable machine learning.
       https://doi.org/10.48550/arXiv.1702.08608
    .. [2] Hase & Bansal (2020). Evaluating explainable AI: which algorithmic explanations help users predict model
       behavior? ACL 2020. https://doi.org/10.18653/v1/2020.acl-main.491
    """

    name = "counterfactual_simulation"
    version = "1"
    label = "Predict what the AI will say of a changed case"
    reference = "Doshi-Velez & Kim 2017, https://doi.org/10.48550/arXiv.1702.08608"
    needs = frozenset({"prediction", "original"})
    parameters = {
        "original_answer": flag("Show what the AI says of the original case.", default=True),
        "explanation": one_of(
            "original",
            "none",
            default="original",
            meaning="Whether the explanations of a condition are shown for the original case.",
        ),
    }
    data = (
        DataColumn(
            "response",
            "choice",
            "option of the decision",
            "The guess of the AI's answer for the changed case.",
        ),
        DataColumn("confidence", "percent", "proportion 0-1", "How sure the participant is of the guess."),
        DataColumn(
            "ai_prediction_original",
            "choice",
            "option of the decision",
            "What the AI says of the original case.",
        ),
    )
    wide = {"response": ("guess", "guess"), "confidence": ("guess", "confidence")}
    computed = ("ai_prediction_original",)

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the one stage of the trial."""
        guess = answer_field(decision, name="guess", label=QUESTION, scored_against="prediction")
        explained = parameters["explanation"] == "original" and treatment.explanations
        items = (
            "original",
            *(("original_advice",) if parameters["original_answer"] else ()),
            *(("original_explanations",) if explained else ()),
            "case",
        )
        return (Stage("guess", items=items, fields=(guess, *confidence_fields(decision)), prompt=PROMPT),)

    def outcome(self, answers: Answers, facts: TrialFacts, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the AI says of the original case."""
        return {"ai_prediction_original": facts.prediction_original}
