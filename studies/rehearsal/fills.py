"""Fills a question of any kind with something that its page takes: how people answer what no policy has a view on."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from studies.rehearsal.questions import Answer, PageUnexpected, Part, Question

PREFER_NOT, NOTHING = "prefer_not", "none"
Fill = Callable[[Question, random.Random], dict[str, Answer]]
HUNDRED = 100


def answers_to(question: Question, rng: random.Random) -> dict[str, Answer]:
    """
    Return answers to a question, by input, drawn from what its page offers.

    Raises
    ------
    PageUnexpected
        When no answer of this kind of question is known; a new kind is taught here.
    """
    fill = FILLS.get(question.kind)
    if fill is None:
        raise PageUnexpected(
            f"The question '{question.legend}' is of the kind '{question.kind}', which no simulated participant "
            "knows how to answer. Teach studies/rehearsal/fills.py first."
        )
    return fill(question, rng)


def any_answer(part: Part, rng: random.Random) -> str:
    """Return one answer that an input takes."""
    if part.options:
        return rng.choice([value for value, _ in part.options if value != PREFER_NOT])
    if part.input_type == "number":
        low = 0.0 if part.minimum is None else part.minimum
        high = low + 100.0 if part.maximum is None else part.maximum
        steps = int((high - low) / part.step)
        return f"{low + part.step * rng.randint(0, steps):g}"
    return "Nothing to add."


def _one(question: Question, rng: random.Random) -> dict[str, Answer]:
    return {question.name: any_answer(question.parts[0], rng)}


def _probability(question: Question, rng: random.Random) -> dict[str, Answer]:
    return {question.name: f"{rng.random():.2f}"}


def _several(question: Question, rng: random.Random) -> dict[str, Answer]:
    offered = [value for value, _ in question.options if value != NOTHING]
    # One more than this may be too many and one less too few: the page says how many in its own words.
    return {question.name: sorted(rng.sample(offered, _how_many(question, len(offered), rng)))}


def _how_many(question: Question, offered: int, rng: random.Random) -> int:
    words = question.hint.rstrip(".").split()
    numbers = [int(word) for word in words if word.isdigit()]
    if "exactly" in words:
        return numbers[0]
    low, high = (numbers[0], numbers[-1]) if "from" in words else (1, offered)
    if "least" in words:
        low = numbers[0]
    if "most" in words:
        high = numbers[0]
    return rng.randint(max(1, low), min(offered, high))


def _probabilities(question: Question, rng: random.Random) -> dict[str, Answer]:
    parts = question.parts
    if "add up" not in question.hint:
        return {part.name: any_answer(part, rng) for part in parts}
    cuts = sorted(rng.randint(0, HUNDRED) for _ in parts[1:])
    shares = [high - low for low, high in zip([0, *cuts], [*cuts, HUNDRED], strict=True)]
    return {part.name: str(share) for part, share in zip(parts, shares, strict=True)}


def _ranking(question: Question, rng: random.Random) -> dict[str, Answer]:
    places = rng.sample(range(1, len(question.parts) + 1), len(question.parts))
    return {part.name: str(place) for part, place in zip(question.parts, places, strict=True)}


def _region(question: Question, rng: random.Random) -> dict[str, Answer]:
    marks = [part for part in question.parts if part.input_type == "number"]
    start = {part.name: rng.randint(0, 60) for part in marks}
    if len(marks) == 4:
        x0, y0, x1, y1 = (part.name for part in marks)
        start[x1], start[y1] = start[x0] + rng.randint(5, 40), start[y0] + rng.randint(5, 40)
    return {name: str(value) for name, value in start.items()}


def _every_part(question: Question, rng: random.Random) -> dict[str, Answer]:
    return {part.name: any_answer(part, rng) for part in question.parts}


def _replacement(question: Question, rng: random.Random) -> dict[str, Answer]:
    remove, put = question.parts
    taken = any_answer(remove, rng)
    if taken == NOTHING:
        return {remove.name: taken}
    others = [value for value, _ in put.options if value != taken]
    return {remove.name: taken, put.name: rng.choice(others)}


FILLS: Mapping[str, Fill] = {
    **dict.fromkeys(("choice", "ordinal", "numeric", "percent", "slider", "text"), _one),
    "probability": _probability,
    "several": _several,
    "probabilities": _probabilities,
    "ranking": _ranking,
    "region": _region,
    "rating_per_part": _every_part,
    "replacement": _replacement,
}


def unanswered(questions: tuple[Question, ...], answers: Mapping[str, Any]) -> list[Question]:
    """Return the questions of which no input has an answer yet."""
    return [q for q in questions if not any(part.name in answers for part in q.parts)]
