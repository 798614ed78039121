"""The one rule by which an answer is right: what it is compared with, and how options and numbers compare. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from studies.protocols.credit import UNJUDGED, Judgement, judged
from studies.protocols.facts import RIGHT, WRONG, TrialFacts
from studies.protocols.stages import Decision, Field

INSTRUCTED = ("truth", "prediction")
"""What is compared with the instructed answer instead, where a trial asks for one."""


def same_answer(decision: Decision, one: Any, other: Any) -> bool | None:
    """
    Say whether two answers to the decision are the same: options exactly, numbers within the tolerance.

    Parameters
    ----------
    decision : Decision
        Says whether answers are numbers, and how far they may lie apart.
    one, other : str, float or None
        Options, or numbers that may be written as text.

    Returns
    -------
    bool or None
        ``None`` where either is missing, or is no number although the decision is one.

    Examples
    --------
    >>> price = Decision("Price?", (), "", kind="numeric", tolerance=5)
    >>> same_answer(price, 102, "98"), same_answer(price, 104, "98"), same_answer(price, None, "98")
    (True, False, None)
    """
    if one is None or other is None:
        return None
    if decision.kind != "numeric":
        return bool(one == other)
    left, right = number_or_none(one), number_or_none(other)
    if left is None or right is None:
        return None
    # A decimal fraction such as 0.3 has no exact binary form; a distance at the bound counts as within.
    return abs(left - right) <= decision.tolerance * (1 + 1e-12) + 1e-12


def number_or_none(value: Any) -> float | None:
    """
    Return a finite number that may be written as text, otherwise ``None``.

    Examples
    --------
    >>> number_or_none("98.5"), number_or_none("much"), number_or_none("inf")
    (98.5, None, None)
    """
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def right_value(field: Field, facts: TrialFacts) -> str | None:
    """Return what a field is compared with; ``None`` where it has no score or the key is not known."""
    against = field.scored_against
    if facts.instructed and against in INSTRUCTED:
        return facts.instructed
    if against == "truth":
        return facts.truth
    if against == "prediction":
        return facts.prediction
    if against == "ai_correct":
        return None if facts.ai_correct is None else RIGHT if facts.ai_correct else WRONG
    return None if against is None else facts.truths.get(against)


def judgement(decision: Decision, field: Field, answer: Any, key: str | None) -> Judgement:
    """
    Return what an answer is worth: against the decision as answers to it compare, otherwise as its kind of field does.

    Examples
    --------
    >>> from studies.protocols.fields import Option
    >>> which = Decision("Which?", (Option("a", "A"), Option("b", "B")), "a")
    >>> judgement(which, Field("decision", "choice", "?", scored_against="truth"), "a", "b")
    Judgement(is_right=False, credit=0.0)
    """
    if answer is None or key is None:
        return UNJUDGED
    if field.scored_against == "ai_correct":
        return _settled(str(answer).partition("_")[0] == key)
    is_plain = field.kind in ("choice", "numeric") and field.score == "binary" and key[:1] not in "{["
    if is_plain and field.scored_against in ("truth", "prediction"):
        return _settled(same_answer(decision, answer, key))
    try:
        return judged(field, answer, key)
    except (ValueError, KeyError, TypeError, IndexError):
        return UNJUDGED  # a reference of another form; launch tells it


def is_right(decision: Decision, field: Field, answer: Any, key: str | None) -> bool | None:
    """Say whether an answer is right; ``None`` where there is none, or none that is right is known."""
    return judgement(decision, field, answer, key).is_right


def _settled(is_right: bool | None) -> Judgement:
    return Judgement(is_right, None if is_right is None else float(is_right))


def trial_facts(
    decision: Decision,
    *,
    truths: Mapping[str, str],
    prediction: str | None,
    prediction_original: str | None = None,
    payoff: Mapping[str, float] | None = None,
    alternatives: tuple[str, ...] = (),
    instructed: str = "",
) -> TrialFacts:
    """Return the key to a trial; whether the AI is right is judged as any answer is."""
    return TrialFacts(
        truths=truths,
        prediction=prediction,
        ai_correct=same_answer(decision, prediction, truths.get("decision")),
        prediction_original=prediction_original,
        payoff=payoff or {"correct": 1.0, "wrong": 0.0},
        alternatives=alternatives,
        instructed=instructed,
    )
