"""The protocol ``audit``: read the dossier of an AI and say whether it is fit to deploy, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.protocols import register
from studies.protocols._fields import confidence_fields, options_of, reason_field
from studies.protocols.facts import Answers, TrialFacts
from studies.protocols.parameters import amounts, flag, line, words
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

DEPLOY, HOLD, NONE = "deploy", "hold", "none"
DEFECT = "defect"
QUESTION = "Is this AI fit to be used?"
WHICH = "What is wrong with it?"
VERDICTS = (Option(DEPLOY, "Yes, use it"), Option(HOLD, "No, hold it back"))
NOTHING = Option(NONE, "Nothing that I can see")


@register
class AuditProtocol(Protocol):
    """One stage: the dossier of one predictor, a verdict (deploy or hold), and which defect it has, if any.

    A case is the dossier of a predictor: figures, text, explanations of its own. Its reference column ``defect`` names
    the defect that was planted, or ``none``.

    Notes
    -----
    Signal detection: the signal is that there is a defect, the response is to hold (``audit_discernment``, d').
    ``cost`` is what the verdict costs: ``missed`` for a defect that is deployed, ``false_alarm`` for a sound predictor
    that is held back, ``review`` for every dossier. ``is_positive`` says that there is a defect.

    References
    ----------
    .. [1] Adebayo, Muelly, Liccardi & Kim (2020). Debugging tests for model explanations. NeurIPS 2020.
       https://doi.org/10.48550/arXiv.2011.05429
    .. [2] Green & Swets (1966). Signal detection theory and psychophysics. Wiley.
    """

    name = "audit"
    version = "1"
    label = "Say whether an AI is fit to deploy"
    reference = "Adebayo et al. 2020, https://doi.org/10.48550/arXiv.2011.05429"
    needs = frozenset({"defect"})
    parameters = {
        "question": line(default=QUESTION, meaning="The question for the verdict, as participants read it."),
        "defects": words(
            default=[], meaning="The defects to choose from when something is wrong; none is added."
        ),
        "costs": amounts(
            "missed", "false_alarm", "review", meaning="What errors and the review itself cost, in points."
        ),
        "reason": flag("Ask for a reason in words."),
    }
    data = (
        DataColumn("response", "choice", "deploy or hold", "The verdict."),
        DataColumn("confidence", "percent", "proportion 0-1", "How sure the participant is of the verdict."),
        DataColumn("correct", "boolean", "", "A defect was held back, or a sound predictor deployed."),
        DataColumn(
            "correct_named",
            "boolean",
            "",
            "The defect that was named is the planted one; none counts as one.",
        ),
        DataColumn("is_positive", "boolean", "", "There is a defect."),
        DataColumn("score", "number", "points", "1 for a right verdict, 0 for a wrong one."),
        DataColumn("cost", "number", "points", "What the verdict costs."),
    )
    wide = {"response": ("audit", "verdict"), "confidence": ("audit", "confidence")}
    computed = ("correct", "correct_named", "is_positive", "score", "cost")

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the one stage of the trial."""
        verdict = Field(name="verdict", kind="choice", label=parameters["question"], options=VERDICTS)
        which = Field(
            name="defect",
            kind="choice",
            label=WHICH,
            options=(*options_of(parameters["defects"]), NOTHING),
            scored_against=DEFECT,
        )
        named = (which,) if parameters["defects"] else ()
        reason = (reason_field(label="What did you see?"),) if parameters["reason"] else ()
        return (
            Stage(
                "audit",
                ("case", *(("explanations",) if treatment.explanations else ())),
                (verdict, *named, *reason, *confidence_fields(decision)),
            ),
        )

    def outcome(self, answers: Answers, facts: TrialFacts, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return whether the verdict is right and what it costs."""
        planted = facts.truths.get(DEFECT)
        has_defect = None if planted is None else planted != NONE
        verdict, named = answers.get(("audit", "verdict")), answers.get(("audit", "defect"))
        found: dict[str, Any] = {"is_positive": has_defect}
        if verdict is None or has_defect is None:
            return found
        is_right = (verdict == HOLD) == has_defect
        error = "" if is_right else "missed" if has_defect else "false_alarm"
        costs = parameters["costs"]
        return found | {
            "correct": is_right,
            "correct_named": None if named is None else named == planted,
            "score": float(is_right),
            "cost": float(costs.get("review", 0) + costs.get(error, 0)),
        }

    def problems(
        self, decision: Decision, conditions: Mapping[str, Treatment], parameters: Mapping[str, Any]
    ) -> Iterator[Problem]:
        """Refuse a defect that is called none."""
        if any(option.value == NONE for option in options_of(parameters["defects"])):
            yield ("defects",), "'none' is offered anyway: leave it out."
