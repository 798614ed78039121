"""The protocol ``preference``: which of several explanations, side by side, is preferred, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from studies.protocols import register
from studies.protocols._fields import options_of, reason_field
from studies.protocols.facts import Answers, TrialFacts
from studies.protocols.parameters import flag, line, words
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

Thing = TypeVar("Thing")
LETTERS = "abcdef"
NEITHER = "neither"
QUESTION = "Which explanation would you rather have?"
REASONS = "What was the main reason?"
WHY = "Why?"


@register
class PreferenceProtocol(Protocol):
    """One stage: the case, the explanations of the condition side by side under letters, and a choice among them.

    The sides change from trial to trial and start differently from person to person, so that every explanation stands
    in every place equally often; the participant reads letters, never names.

    Notes
    -----
    What people prefer is not what helps them: preference did not predict simulatability (Hase & Bansal 2020). Report
    it beside a behavioural measure, and look at the share of first places chosen (``place``) for a bias of position.
    ``response`` is the name of the chosen explanation; there is no right answer.

    References
    ----------
    .. [1] Jeyakumar, Noor, Cheng, Garcia & Srivastava (2020). How can I explain this to you? An empirical study of
       deep neural network explanation methods. NeurIPS 2020.
       https://proceedings.neurips.cc/paper/2020/hash/2c29d89cc56cdb191c60db2f0bae796b-Abstract.html
    .. [2] Hase & Bansal (2020). https://doi.org/10.18653/v1/2020.acl-main.491
    """

    name = "preference"
    version = "1"
    label = "Choose among explanations"
    reference = "Hase & Bansal 2020, https://doi.org/10.18653/v1/2020.acl-main.491"
    needs = frozenset({"prediction"})
    parameters = {
        "question": line(default=QUESTION, meaning="The question, as participants read it."),
        "neither": flag("Offer having no preference as an answer."),
        "reasons": words(default=[], meaning="Reasons to choose from."),
        "reason": flag("Ask for a reason in words.", default=True),
    }
    data = (
        DataColumn(
            "response", "choice", "name of an explanation, or neither", "The explanation that was preferred."
        ),
        DataColumn("place", "integer", "from 1", "In which place it stood; missing for neither."),
        DataColumn("n_options", "integer", "explanations", "How many stood side by side."),
    )
    wide = {"response": ("compare", "preferred")}
    computed = ("response", "place", "n_options")

    def stages(
        self, decision: Decision, treatment: Treatment, parameters: Mapping[str, Any]
    ) -> tuple[Stage, ...]:
        """Return the one stage of the trial."""
        letters = LETTERS[: treatment.explanations]
        offered = [Option(letter, f"Explanation {letter.upper()}") for letter in letters]
        neither = [Option(NEITHER, "No preference")] if parameters["neither"] else []
        preferred = Field(
            name="preferred", kind="choice", label=parameters["question"], options=(*offered, *neither)
        )
        why = [reason_field(label=WHY)] if parameters["reason"] else []
        if parameters["reasons"]:
            reasons = options_of(parameters["reasons"])
            why.insert(0, Field(name="main_reason", kind="choice", label=REASONS, options=reasons))
        advice = ("advice",) if treatment.advice else ()
        return (Stage("compare", ("case", *advice, "alternatives"), (preferred, *why)),)

    def outcome(self, answers: Answers, facts: TrialFacts, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the name behind the letter, and where it stood."""
        found: dict[str, Any] = {"n_options": len(facts.alternatives) or None}
        said = answers.get(self.wide["response"])
        if said is None:
            return found
        if said == NEITHER:
            return found | {"response": NEITHER, "place": None}
        place = LETTERS.index(said)
        return found | {"response": facts.alternatives[place], "place": place + 1}

    def problems(
        self, decision: Decision, conditions: Mapping[str, Treatment], parameters: Mapping[str, Any]
    ) -> Iterator[Problem]:
        """Refuse conditions with nothing to compare."""
        for name, treatment in conditions.items():
            if not 2 <= treatment.explanations <= len(LETTERS):
                yield (
                    (),
                    (
                        f"The condition '{name}' has {treatment.explanations} explanations, but two to {len(LETTERS)} "
                        "are compared: give it more, or leave it out by 'only'."
                    ),
                )


def alternatives_of(things: tuple[Thing, ...], *, turn: int) -> tuple[Thing, ...]:
    """
    Return what stands side by side in the order in which one person sees it in one trial.

    Parameters
    ----------
    things : tuple
        In the order of the condition.
    turn : int
        Number of the case plan plus the place of the trial in its step: the order moves on by one place from trial to
        trial and begins at another place in each plan.

    Returns
    -------
    tuple

    Examples
    --------
    >>> [alternatives_of(("ig", "shap"), turn=turn) for turn in range(2)]
    [('ig', 'shap'), ('shap', 'ig')]
    """
    shift = turn % len(things) if things else 0
    return things[shift:] + things[:shift]
