"""The protocol ``distinction``: which of the explained answers is the right one, or the AI's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.protocols import register
from studies.protocols._fields import choice_field, confidence_fields
from studies.protocols.parameters import one_of
from studies.protocols.stages import DataColumn, Decision, ItemKind, Problem, Protocol, Stage, Treatment

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
    number of options offered. A condition without explanations is the baseline: the case alone.

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
            default="truth",
            meaning="What is to be picked: the right answer, or the one that the AI gives.",
        )
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
        pick = choice_field(decision, name="pick", label=QUESTIONS[target], scored_against=target)
        items: tuple[ItemKind, ...] = ("case", "explanations") if treatment.explanations else ("case",)
        prompt = PROMPT if treatment.explanations else ""
        return (Stage("pick", items=items, fields=(pick, *confidence_fields(decision)), prompt=prompt),)

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
