"""Attention checks: cases put among the trials of a step, and items put into a questionnaire, to see who attends.

A check looks like everything around it. It is no part of a case plan, of a measure or of the pay; who fails how many is
told in the table of participants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
INSTRUCTED = "instructed"
"""Under this an item of a questionnaire that checks attention holds the answer that it asks for."""
INSTRUMENT = "attention_check"


@dataclass(frozen=True)
class AttentionCheck:
    """A case put after so many trials of a step.

    ``answer`` is the option that its ``text`` asks people to choose; without one the right answer is that of the case.
    """

    after: int
    case: str
    answer: str = ""
    text: str = ""


def checks_of(params: Mapping[str, Any]) -> tuple[AttentionCheck, ...]:
    """Return the checks of a step of trials, in the order in which they are met."""
    return tuple(
        AttentionCheck(each["after"], each["case"], each.get("answer", ""), each.get("text", ""))
        for each in params.get("attention_checks", ())
    )


def with_checks(
    trials: Sequence[T], checks: Sequence[AttentionCheck], make: Callable[[int, T], T]
) -> Iterator[T]:
    """
    Yield the trials of a step with its checks among them.

    Parameters
    ----------
    trials : sequence
        Those of the case plan, in order; at least one.
    checks : sequence of AttentionCheck
        In order of ``after``; one that comes after more trials than there are is the last.
    make : callable
        Makes the trial of a check from its number and the trial before it (before all: the first).

    Examples
    --------
    >>> checks = [AttentionCheck(0, "x"), AttentionCheck(2, "y")]
    >>> list(with_checks(["a", "b", "c"], checks, lambda number, beside: f"{checks[number].case} like {beside}"))
    ['x like a', 'a', 'b', 'y like b', 'c']
    """
    left = list(enumerate(checks))
    for place in range(len(trials) + 1):
        while left and (left[0][1].after <= place or place == len(trials)):
            number, _check = left.pop(0)
            yield make(number, trials[max(0, place - 1)])
        if place < len(trials):
            yield trials[place]


def check_cases(steps: Iterable[Any]) -> set[tuple[str, str]]:
    """Return the cases that check attention, by case set and key: they are in no case plan."""
    return {
        (step.params["cases"]["from"], check.case)
        for step in steps
        if step.kind == "trials"
        for check in checks_of(step.params)
    }


def items_with_checks(
    items: Sequence[Mapping[str, Any]], checks: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """
    Return the items of a questionnaire with its checks, each right after its item and asked just as that.

    Examples
    --------
    >>> items = [{"id": "a", "text": "A?", "kind": "ordinal", "reverse": True}, {"id": "b", "text": "B?"}]
    >>> checks = [{"after": "a", "text": "Choose 2.", "answer": 2}]
    >>> [(item["id"], item["text"], item.get("instructed")) for item in items_with_checks(items, checks)]
    [('a', 'A?', None), ('attention_1', 'Choose 2.', 2), ('b', 'B?', None)]
    """
    found: list[dict[str, Any]] = []
    for item in items:
        found.append(dict(item))
        for number, check in enumerate(checks, start=1):
            if check["after"] == item["id"]:
                found.append(_asked_like(item, check, number))
    return found


def item_marks(items: Iterable[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, bool]:
    """Say of each item that checks attention whether it was answered as it asks."""
    return {item["id"]: values.get(item["id"]) == item[INSTRUCTED] for item in items if INSTRUCTED in item}


def _asked_like(item: Mapping[str, Any], check: Mapping[str, Any], number: int) -> dict[str, Any]:
    own = {"id": f"attention_{number}", "text": check["text"], INSTRUCTED: check["answer"]}
    plain = {"reverse": False, "subscale": "", "required": True, "prefer_not": False, "beside": item["id"]}
    return {**item, **plain, **own}
