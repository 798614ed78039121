"""The protocol ``diagnose``: name where the AI fails, and tell which new cases it will get wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.protocols import register
from studies.protocols._fields import confidence_fields, options_of, reason_field, treatment_items
from studies.protocols.facts import RIGHT, WRONG, Answers, TrialFacts
from studies.protocols.parameters import flag, line, one_of, words
from studies.protocols.stages import (
    DataColumn,
    Decision,
    Field,
    ItemKind,
    Option,
    Problem,
    Protocol,
    Stage,
    Treatment,
)

WHERE = "In which kind of case does the AI fail?"
WHY = "What makes you think so?"
WILL_FAIL = "Will the AI get this case right?"
PREDICT = "The AI\u2019s answer is not shown. Say whether you expect it to be right."
VERDICTS = (Option(RIGHT, "Yes, the AI will be right"), Option(WRONG, "No, the AI will be wrong"))


@register
class DiagnoseProtocol(Protocol):
    """One stage, of two parts: name the slice in which the AI fails, or foretell whether it fails on a new case.

    ``part: name_slice`` shows the case (a dossier of the AI, or one of its failures) with what the condition adds, and
    asks for the slice among ``slices``, and why. ``part: predict_failure`` shows a new case alone and asks whether the
    AI will get it right: who has understood the failure knows.

    Notes
    -----
    The slice that was planted is the reference column ``slice`` of the cases; ``correct`` compares with it. Of new
    cases ``correct`` compares with whether the AI is right. Balance new cases by ``ai_correct``, or "it will be right"
    scores the AI's accuracy.

    References
    ----------
    .. [1] Adebayo, Muelly, Abelson & Kim (2022). Post hoc explanations may be ineffective for detecting unknown
       spurious correlation. ICLR 2022. https://doi.org/10.48550/arXiv.2212.04629
    .. [2] Casper et al. (2023). Red teaming deep neural networks with feature synthesis tools. NeurIPS 2023.
       https://doi.org/10.48550/arXiv.2302.10894
    """

    name = "diagnose"
    version = "1"
    label = "Name where the AI fails"
    reference = "Adebayo et al. 2022, https://doi.org/10.48550/arXiv.2212.04629"
    needs = frozenset()
    parameters = {
        "part": one_of(
            "name_slice",
            "predict_failure",
            default="name_slice",
            meaning="What is asked: where the AI fails, or whether it will fail on this case.",
        ),
        "question": line(default=WHERE, meaning="The question for the slice."),
        "slices": words(
            default=[], meaning="The slices to choose from; one of them, and no other, is the planted one."
        ),
        "reason": flag("Ask for a reason in words.", default=True),
        "reference_panel": flag("Keep the examples studied before in reach."),
    }
    data = (
        DataColumn(
            "response", "choice", "a slice, or right or wrong", "The slice, or the forecast of the AI."
        ),
        DataColumn("confidence", "percent", "proportion 0-1", "How sure the participant is."),
        DataColumn("part", "text", "name_slice or predict_failure", "Which of the two was asked."),
        DataColumn("n_options", "integer", "options", "How many answers were on offer."),
    )
    wide = {"response": ("diagnosis", "diagnosis"), "confidence": ("diagnosis", "confidence")}
    computed = ("part", "n_options")

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the one stage of the part."""
        panel: tuple[ItemKind, ...] = ("reference",) if parameters["reference_panel"] else ()
        if parameters["part"] == "predict_failure":
            field = _diagnosis(WILL_FAIL, VERDICTS, "ai_correct")
            return (Stage("diagnosis", ("case", *panel), (field, *confidence_fields(decision)), PREDICT),)
        field = _diagnosis(parameters["question"], options_of(parameters["slices"]), "slice")
        reason = (reason_field(label=WHY),) if parameters["reason"] else ()
        return (
            Stage(
                "diagnosis",
                ("case", *treatment_items(treatment), *panel),
                (field, *reason, *confidence_fields(decision)),
            ),
        )

    def outcome(self, answers: Answers, facts: TrialFacts, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return which part it was and how many answers it offered."""
        named = parameters["part"] == "name_slice"
        return {
            "part": parameters["part"],
            "n_options": len(parameters["slices"]) if named else len(VERDICTS),
        }

    def problems(
        self, decision: Decision, conditions: Mapping[str, Treatment], parameters: Mapping[str, Any]
    ) -> Iterator[Problem]:
        """Refuse a question without answers."""
        if parameters["part"] == "name_slice" and len(parameters["slices"]) < 2:
            yield (
                (),
                "'diagnose' needs the slices to choose from: write parameters: {slices: [ONE, ANOTHER]}.",
            )


def _diagnosis(label: str, options: tuple[Option, ...], against: str) -> Field:
    return Field(name="diagnosis", kind="choice", label=label, options=options, scored_against=against)
