"""The protocol ``distinction``: which of the explained answers is the right one, or the AI's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.protocols import register
from studies.protocols._fields import choice_field, confidence_fields, sureness_field
from studies.protocols.parameters import one_of
from studies.protocols.stages import (
    DataColumn,
    Decision,
    Field,
    ItemKind,
    Problem,
    Protocol,
    Stage,
    Treatment,
)

PROMPT = (
    "Below is an explanation for each of the possible answers. The AI\u2019s own answer is not shown. "
    "Look at the case and at the explanations, then choose."
)
QUESTIONS = {"truth": "Which answer is right?", "prediction": "Which answer does the AI give?"}


@register
class DistinctionProtocol(Protocol):
    """One stage: the case, an explanation for each option side by side, and a pick; the advice stays hidden.

    Notes
    -----
    Explanations have the target ``each_option``; one of the advised answer alone would give it away. With many
    classes let the options come from a column of the cases (four of them in the source). Chance is one over the
    number of options offered. A condition without explanations is the baseline: the case alone. The source asks on
    one page which answer the AI gives and which is right (``both``), and after each how sure one is on five levels:
    the column ``response`` then holds the pick of the AI's answer, the table of responses both picks with their scores.

    References
    ----------
    .. [1] Kim, Meister, Ramaswamy, Fong & Russakovsky (2022). HIVE: evaluating the human interpretability of visual
       explanations. ECCV 2022. https://doi.org/10.1007/978-3-031-19775-8_17
    """

    name = "distinction"
    version = "1"
    label = "Pick the right one of several explained answers"
    reference = "Kim et al. 2022, https://doi.org/10.1007/978-3-031-19775-8_17"
    needs = frozenset({"prediction"})
    parameters = {
        "target": one_of(
            "truth",
            "prediction",
            "both",
            default="truth",
            meaning="What is to be picked: the right answer, the AI's, or the AI's and then the right one.",
        ),
        "sure": one_of(
            "as_decision",
            "five_levels",
            default="as_decision",
            meaning="How sure people are: as the decision asks it, or on five levels after each pick.",
        ),
    }
    data = (
        DataColumn("response", "choice", "option of the decision", "The option that was picked."),
        DataColumn("confidence", "percent", "proportion 0-1", "How sure the participant is of the pick."),
    )
    wide = {"response": ("pick", "pick"), "confidence": ("pick", "confidence")}

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the one stage of the trial."""
        target = parameters["target"]
        asked = ("prediction", "truth") if target == "both" else (target,)
        fields: list[Field] = []
        for number, what in enumerate(asked):
            suffix = "_truth" if number else ""
            fields.append(
                choice_field(decision, name=f"pick{suffix}", label=QUESTIONS[what], scored_against=what)
            )
            if parameters["sure"] == "five_levels":
                fields.append(sureness_field(name=f"sure{suffix}"))
        if parameters["sure"] == "as_decision":
            fields += confidence_fields(decision)
        items: tuple[ItemKind, ...] = ("case", "explanations") if treatment.explanations else ("case",)
        prompt = PROMPT if treatment.explanations else ""
        return (Stage("pick", items=items, fields=tuple(fields), prompt=prompt),)

    def problems(
        self, decision: Decision, conditions: Mapping[str, Treatment], parameters: Mapping[str, Any]
    ) -> Iterator[Problem]:
        """Refuse numbers, and explanations that give the answer away."""
        if decision.kind != "choice":
            yield (), "'distinction' picks one of several options: the decision of this study is a number."
        for name, treatment in conditions.items():
            told = sorted(target for target in treatment.targets if target != "each_option")
            if told:
                yield (
                    (),
                    (
                        f"The condition '{name}' explains {told[0]}, which tells what the AI says: give its "
                        "explanations target: each_option, or leave the condition out by 'only'."
                    ),
                )
