"""When a part of a treatment comes to sight within its trial, and the stages that follow from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from studies.protocols.fields import Field
from studies.protocols.stages import ItemKind, Place, Stage, Treatment

RevealKind = Literal["at_once", "on_request", "after_delay", "after_initial"]
OWN_ANSWERS = ("decision", "guess", "answer")
INITIAL = "initial"
INITIAL_PROMPT = "Give your own answer first. More comes after it."
SECOND_PROMPT = (
    "Look at everything once more, then give your final answer. You may keep your answer or change it."
)
WIDE_INITIAL = {"decision": "response_initial", "confidence": "confidence_initial"}
SHOWN_WHOLE = frozenset({"original_advice", "original_explanations", "alternatives", "reference", "outcome"})
"""Items that show a treatment whole: what is held back on its own page would stand in them."""


@dataclass(frozen=True)
class Reveal:
    """When something is shown: advice, or one explanation.

    Parameters
    ----------
    kind : RevealKind
        ``at_once``; ``on_request`` (the participant asks the server for it); ``after_delay`` (when the page has been
        out for ``delay_s`` by the server's clock); ``after_initial`` (with the page after the first answer).
    delay_s : float
        Seconds. Of what is shown on request: how long it cannot be asked for yet.
    is_required : bool
        Whether an answer is refused until it has been shown.
    """

    kind: RevealKind = "at_once"
    delay_s: float = 0.0
    is_required: bool = False

    @property
    def is_held(self) -> bool:
        """Say whether it is not on its page when that is first sent."""
        return self.kind in ("on_request", "after_delay")

    @classmethod
    def of(cls, written: Mapping[str, Any] | None) -> Reveal:
        """Read a normalised reveal; versions of before there were any show everything at once."""
        return cls() if not written else cls(written["kind"], written["delay_s"], written["required"])


def answer_comes_first(stages: tuple[Stage, ...], treatment: Treatment) -> tuple[Stage, ...]:
    """Return the stages of a trial in which some of the treatment is shown after an own answer.

    The first stage that shows any of it is preceded by one without it that asks the same of the case, unless an own
    answer was asked before anyhow, as in ``judge_advisor``. What is asked of the AI waits until it is seen.
    """
    number = _first_shown(stages)
    if not treatment.after_initial or number is None or any(_asks_own(stage) for stage in stages[:number]):
        return stages
    shown = stages[number]
    held = tuple(treatment.after_initial)
    before = replace(
        shown,
        name=INITIAL,
        items=tuple(item for item in shown.items if _is_left(item, held, treatment)),
        fields=tuple(field for field in shown.fields if _is_repeated(field)),
        prompt=INITIAL_PROMPT,
        held=held,
    )
    items: tuple[ItemKind, ...] = (shown.items[0], "own_answer", *shown.items[1:])
    after = replace(shown, items=items, prompt=SECOND_PROMPT)
    return (*stages[:number], before, after, *stages[number + 1 :])


def can_come_first(stages: tuple[Stage, ...]) -> bool:
    """Say whether an own answer is or can be asked before a treatment is shown."""
    number = _first_shown(stages)
    return number is None or any(_asks_own(stage) for stage in stages[: number + 1])


def columns_of_initial(stages: tuple[Stage, ...]) -> dict[str, Place]:
    """Return the columns of the table of trials that a stage put before fills."""
    first = next((stage for stage in stages if stage.held), None)
    asked = first.fields if first else ()
    return {WIDE_INITIAL[field.name]: (INITIAL, field.name) for field in asked if field.name in WIDE_INITIAL}


def _first_shown(stages: tuple[Stage, ...]) -> int | None:
    shown = (n for n, stage in enumerate(stages) if {"advice", "explanations"} & set(stage.items))
    return next(shown, None)


def _asks_own(stage: Stage) -> bool:
    return any(field.name in OWN_ANSWERS for field in stage.fields)


def _is_repeated(field: Field) -> bool:
    is_of_case = field.scored_against not in (None, "prediction", "ai_correct")
    return field.name in OWN_ANSWERS or field.name == "confidence" or is_of_case


def _is_left(item: ItemKind, held: tuple[int, ...], treatment: Treatment) -> bool:
    """Say whether something of an item is shown before the answer; part 0 is the advice."""
    if item == "advice":
        return 0 not in held
    if item == "explanations":
        return len([number for number in held if number]) < treatment.explanations
    return True
