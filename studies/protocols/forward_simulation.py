"""The protocol ``forward_simulation``: say what the AI will say about a case before it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.protocols import register
from studies.protocols._fields import answer_field, confidence_fields, treatment_items
from studies.protocols.parameters import flag, one_of
from studies.protocols.stages import DataColumn, Decision, Problem, Protocol, Stage, Treatment

PROMPT = "This time do not answer for yourself. Say what you expect the AI to answer for this case."
AGAIN = "Now look at the explanation too, then say once more what you expect the AI to answer."
QUESTION = "What will the AI answer?"
OWN = "This is what the AI answers. Now give your own answer."
OWN_ALONE = "Now give your own answer."


@register
class ForwardSimulationProtocol(Protocol):
    """A guess of what the AI says of a case; with an explanation of the case if wanted, and an own answer after it.

    ``explanation: none`` (the default) shows neither advice nor explanation in any condition: what is measured is what
    was understood of the AI before. ``shown`` shows the explanations of the condition while people guess. ``after``
    asks for a guess without them and then for a second one with them. ``then_decide`` reveals the AI's answer after
    the guess and asks for the own answer.

    Notes
    -----
    An explanation of the advised answer can give that answer away; agreement then says little about understanding.
    ``correct`` is agreement with the predictor, not with the ground truth; of numbers it is agreement within the
    tolerance of the decision, and ``forward_simulation_error`` takes the distance. Phases ``pre`` and ``test`` around
    a phase of learning give the simulation gain.

    References
    ----------
    .. [1] Hase & Bansal (2020). Evaluating explainable AI: which algorithmic explanations help users predict model
       behavior? ACL 2020. https://doi.org/10.18653/v1/2020.acl-main.491
    .. [2] Poursabzi-Sangdeh et al. (2021). Manipulating and measuring model interpretability. CHI 2021.
       https://doi.org/10.1145/3411764.3445315
    """

    name = "forward_simulation"
    version = "2"
    label = "Predict what the AI will say"
    reference = "Hase & Bansal 2020, https://doi.org/10.18653/v1/2020.acl-main.491"
    needs = frozenset({"prediction"})
    phases = ("pre", "test", "retention")
    parameters = {
        "explanation": one_of(
            "none",
            "shown",
            "after",
            default="none",
            meaning="Whether the explanations of a condition are shown while people guess, or only for a second guess.",
        ),
        "then_decide": flag("After the guess show the AI's answer and ask for the own answer."),
        "reference_panel": flag("Keep the examples studied before in reach on every page."),
    }
    data = (
        DataColumn(
            "response",
            "choice or number",
            "as the decision",
            "The guess of the AI's answer; the second of two.",
        ),
        DataColumn("confidence", "percent", "proportion 0-1", "How sure the participant is of the guess."),
        DataColumn(
            "response_initial",
            "choice or number",
            "as the decision",
            "The guess without the explanation, of two.",
        ),
        DataColumn(
            "confidence_initial",
            "percent",
            "proportion 0-1",
            "How sure of the guess without the explanation.",
        ),
        DataColumn(
            "response_after", "choice or number", "as the decision", "The own answer once the AI's was shown."
        ),
    )
    wide = {
        "response": ("guess", "guess"),
        "confidence": ("guess", "confidence"),
        "response_initial": ("initial", "guess"),
        "confidence_initial": ("initial", "confidence"),
        "response_after": ("own", "decision"),
    }

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the guess, with a first guess before it and an own answer after it where these are asked."""
        guess = answer_field(decision, name="guess", label=QUESTION, scored_against="prediction")
        fields = (guess, *confidence_fields(decision))
        panel = ("reference",) if parameters["reference_panel"] else ()
        mode = parameters["explanation"] if treatment.explanations else "none"
        explained = ("explanations",) if mode != "none" else ()
        stages = [Stage("guess", ("case", *explained, *panel), fields, PROMPT)]
        if parameters["explanation"] == "after":
            again = Stage(
                "guess", ("case", "own_answer", *explained, *panel), fields, AGAIN if explained else PROMPT
            )
            stages = [Stage("initial", ("case", *panel), fields, PROMPT), again]
        if parameters["then_decide"]:
            stages.append(_own_answer(decision, treatment))
        return tuple(stages)

    def problems(
        self, decision: Decision, conditions: Mapping[str, Treatment], parameters: Mapping[str, Any]
    ) -> Iterator[Problem]:
        """Refuse a second guess that no condition has a reason for."""
        if parameters["explanation"] != "none" and not any(t.explanations for t in conditions.values()):
            yield (
                ("explanation",),
                "No condition that sees these trials has an explanation: write explanation: none.",
            )


def _own_answer(decision: Decision, treatment: Treatment) -> Stage:
    own = answer_field(decision, name="decision", label=decision.question, scored_against="truth")
    prompt = OWN if treatment.advice else OWN_ALONE
    return Stage(
        "own",
        ("case", "own_answer", *treatment_items(treatment)),
        (own, *confidence_fields(decision)),
        prompt,
    )
