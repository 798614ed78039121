"""The protocol ``learning_transfer``: tested without help, learning with it, tested without help again, and later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.protocols import register
from studies.protocols._fields import answer_field, confidence_fields, treatment_items
from studies.protocols.parameters import flag, one_of
from studies.protocols.stages import DataColumn, Decision, ItemKind, Problem, Protocol, Stage, Treatment

PHASES = ("pre", "learn", "test", "retention")
SEEN = {"seen": True}
QUESTION = "What will the AI answer?"
PROMPTS = {
    "truth": "Decide by yourself.",
    "prediction": "Say what you expect the AI to answer for this case.",
}
STUDY = "This is an example to learn from. Take your time; there is nothing to answer."
LOOK = "Compare your answer with what is shown here. There is nothing more to answer."
WITH_HELP = "Decide with the help of what is shown here."


@register
class LearningTransferProtocol(Protocol):
    """What a trial is depends on its phase: ``pre``, ``test`` and ``retention`` show the case alone, ``learn`` teaches.

    In the phase ``learn`` a condition shows its advice and explanations: as examples to study without a question
    (``learn: study``), after an own answer (``answer_first``), or while people decide (``with_help``). Examples that
    are studied can come several on a page (``per_page`` of the step) and stay in reach while people are tested
    (``reference_panel``).

    Notes
    -----
    ``target: prediction`` teaches and tests predicting the AI instead of deciding: the share right after K explained
    examples over that after K unexplained ones is Utility-K; K is the column ``n_learned``, counted over all steps of
    the phase ``learn`` before, so that learning and testing in turn nests the sets. The cases of the phases must be
    new and equally hard. Time on an example is in the table of responses (field ``seen``).

    References
    ----------
    .. [1] Gajos & Mamykina (2022). Do people engage cognitively with AI? Impact of AI assistance on incidental
       learning. IUI 2022. https://doi.org/10.1145/3490099.3511138
    .. [2] Colin, Fel, Cadene & Serre (2022). What I cannot predict, I do not understand: a human-centered evaluation
       framework for explainability methods. NeurIPS 2022. https://doi.org/10.48550/arXiv.2112.04417
    """

    name = "learning_transfer"
    version = "1"
    label = "Learn with help, decide without"
    reference = "Gajos & Mamykina 2022, https://doi.org/10.1145/3490099.3511138"
    phases = PHASES
    parameters = {
        "target": one_of(
            "truth",
            "prediction",
            default="truth",
            meaning="What is learned: the right answer, or what the AI answers.",
        ),
        "learn": one_of(
            "study",
            "answer_first",
            "with_help",
            default="study",
            meaning="How people learn: from examples without a question, after an own answer, or while they decide.",
        ),
        "show_truth": flag("Examples to learn from say which answer is right."),
        "reference_panel": flag("Keep the examples studied before in reach while people are tested."),
    }
    data = (
        DataColumn(
            "response",
            "choice or number",
            "as the decision",
            "The answer; missing for examples without a question.",
        ),
        DataColumn("confidence", "percent", "proportion 0-1", "How sure the participant is of the answer."),
        DataColumn("phase", "text", "pre, learn, test or retention", "Phase of learning."),
        DataColumn("n_learned", "integer", "examples", "Examples of the phase learn that came before."),
    )
    wide = {"response": ("final", "answer"), "confidence": ("final", "confidence")}
    computed = ("phase", "n_learned")

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the stages of the phase that ``parameters`` names."""
        target = parameters["target"]
        question = decision.question if target == "truth" else QUESTION
        answer = answer_field(decision, name="answer", label=question, scored_against=target)
        fields = (answer, *confidence_fields(decision))
        if parameters["phase"] != "learn":
            panel: tuple[ItemKind, ...] = (
                ("reference",) if parameters["reference_panel"] and parameters["phase"] == "test" else ()
            )
            return (Stage("final", ("case", *panel), fields, PROMPTS[target]),)
        truth: tuple[ItemKind, ...] = ("outcome",) if parameters["show_truth"] else ()
        shown = (*treatment_items(treatment), *truth)
        if parameters["learn"] == "study":
            return (Stage("study", ("case", *shown), (), STUDY, recorded=SEEN),)
        if parameters["learn"] == "with_help":
            return (Stage("final", ("case", *treatment_items(treatment)), fields, WITH_HELP),)
        look = Stage("study", ("case", "own_answer", *shown), (), LOOK, recorded=SEEN)
        return (Stage("final", ("case",), fields, PROMPTS[target]), look)

    def problems(
        self, decision: Decision, conditions: Mapping[str, Treatment], parameters: Mapping[str, Any]
    ) -> Iterator[Problem]:
        """Refuse what belongs to another phase."""
        if not parameters["phase"]:
            yield (), f"'learning_transfer' needs a phase: write phase: and one of {', '.join(PHASES)}."
        if parameters["reference_panel"] and parameters["phase"] in ("pre", "learn", "retention"):
            yield ("reference_panel",), "Examples stay in reach in the phase test only: leave this out."
        if parameters["show_truth"] and parameters["phase"] not in ("", "learn"):
            yield ("show_truth",), "The right answer is shown in the phase learn only: leave this out."
        if parameters["show_truth"] and parameters["learn"] == "with_help":
            yield (
                ("show_truth",),
                "People who decide with help are told the truth by feedback: true of the step.",
            )
