"""The protocol ``agreement``: say from an explained answer of the AI whether that answer is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.protocols import register
from studies.protocols._fields import confidence_fields, similarity_field, treatment_items
from studies.protocols.facts import RIGHT, WRONG, Answers, TrialFacts
from studies.protocols.parameters import one_of, whole
from studies.protocols.stages import (
    DataColumn,
    Decision,
    Field,
    Option,
    Problem,
    Protocol,
    Stage,
    Treatment,
)

PROMPT = "Look at what the AI answers for this case and why. Say whether you think that its answer is right."
QUESTION = "Is the AI\u2019s answer right?"
MOST_EXAMPLES = 10
SCALES = {
    "yes_no": (Option(RIGHT, "Yes, it is right"), Option(WRONG, "No, it is wrong")),
    "four_levels": (
        Option(f"{RIGHT}_sure", "Right, I am fairly sure"),
        Option(f"{RIGHT}_unsure", "Right, I am not so sure"),
        Option(f"{WRONG}_unsure", "Wrong, I am not so sure"),
        Option(f"{WRONG}_sure", "Wrong, I am fairly sure"),
    ),
}


@register
class AgreementProtocol(Protocol):
    """One stage: the case, the AI's answer with its explanation, and the question whether that answer is right.

    Notes
    -----
    Chance is one half on either scale, because all that counts is whether the answer is taken for right. Balance the
    cases by ``ai_correct`` and look at right and wrong answers apart (``against_chance``): belief in both is the usual
    finding. The source asks on the four levels; with those no other confidence is asked. Where the explanation is
    examples, the source has each of them rated for its similarity before the verdict (``rate_examples``). A condition
    that shows neither advice nor an explanation has nothing to agree with and is refused.

    References
    ----------
    .. [1] Kim, Meister, Ramaswamy, Fong & Russakovsky (2022). HIVE: evaluating the human interpretability of visual
       explanations. ECCV 2022. https://doi.org/10.1007/978-3-031-19775-8_17
    """

    name = "agreement"
    version = "1"
    label = "Say whether the AI's answer is right"
    reference = "Kim et al. 2022, https://doi.org/10.1007/978-3-031-19775-8_17"
    needs = frozenset({"prediction"})
    parameters = {
        "answer": one_of(
            *SCALES,
            default="yes_no",
            meaning="Whether right or wrong is asked alone, or with how sure one is in the same answer.",
        ),
        "rate_examples": whole(
            0,
            MOST_EXAMPLES,
            default=0,
            meaning="How many of the examples shown are rated for their similarity to the case first.",
        ),
    }
    data = (
        DataColumn(
            "response",
            "choice",
            "right or wrong, with _sure or _unsure on four levels",
            "The verdict on the AI.",
        ),
        DataColumn("confidence", "percent", "proportion 0-1", "How sure the participant is of the verdict."),
        DataColumn("n_options", "integer", "options", "Always 2: right or wrong."),
    )
    wide = {"response": ("verdict", "verdict"), "confidence": ("verdict", "confidence")}
    computed = ("n_options",)

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the one stage of the trial."""
        scale = parameters["answer"]
        verdict = Field(
            name="verdict", kind="choice", label=QUESTION, options=SCALES[scale], scored_against="ai_correct"
        )
        confidence = confidence_fields(decision) if scale == "yes_no" else ()
        examples = parameters["rate_examples"] if treatment.explanations else 0
        rated = (similarity_field(examples=examples),) if examples else ()
        return (
            Stage(
                "verdict",
                items=("case", *treatment_items(treatment)),
                fields=(*rated, verdict, *confidence),
                prompt=PROMPT,
            ),
        )

    def outcome(self, answers: Answers, facts: TrialFacts, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the number of answers that count as different."""
        return {"n_options": 2}

    def problems(
        self, decision: Decision, conditions: Mapping[str, Treatment], parameters: Mapping[str, Any]
    ) -> Iterator[Problem]:
        """Refuse conditions that show nothing of the AI."""
        for name, treatment in conditions.items():
            if not treatment.advice and not treatment.explanations:
                yield (
                    (),
                    (
                        f"The condition '{name}' shows nothing of the AI to agree with: give it advice or an "
                        "explanation, or leave it out by 'only'."
                    ),
                )
