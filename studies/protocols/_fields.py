"""Fields that several protocols ask, and how a simulated participant fills them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from studies.protocols.stages import Decision, Field, ItemKind, Option, Stage, Treatment

CONFIDENCE_LABEL = "How sure are you?"
CONFIDENCE_ANCHORS = ("0 = a pure guess", "100 = certain")
PAID_LABEL = "How likely is it that your answer is right?"
PAID_ANCHORS = ("0 = surely wrong", "100 = surely right")
SURENESS = ("not at all sure", "slightly sure", "somewhat sure", "fairly sure", "completely sure")
SIMILARITY = ("not similar", "rather not similar", "rather similar", "similar")


def answer_field(decision: Decision, *, name: str, label: str, scored_against: str) -> Field:
    """Return the answer to the decision, a choice or a number, scored against ``scored_against``."""
    if decision.kind == "numeric":
        return Field(
            name=name,
            kind="numeric",
            label=label,
            minimum=decision.minimum,
            maximum=decision.maximum,
            unit=decision.unit,
            scored_against=scored_against,
        )
    return choice_field(decision, name=name, label=label, scored_against=scored_against)


def choice_field(decision: Decision, *, name: str, label: str, scored_against: str) -> Field:
    """Return the choice among the options of the decision, scored against ``scored_against``."""
    return Field(
        name=name,
        kind="choice",
        label=label,
        options=decision.options,
        options_from=decision.options_from,
        scored_against=scored_against,
    )


def reason_field(*, label: str, is_required: bool = False, name: str = "reason") -> Field:
    """Return a text in which people say why; it has no score and stays out of the tables."""
    return Field(name=name, kind="text", label=label, required=is_required)


def options_of(entries: Iterable[Any]) -> tuple[Option, ...]:
    """Return options that were written short (a word) or in full (value and label)."""
    return tuple(Option(e, e) if isinstance(e, str) else Option(e["value"], e["label"]) for e in entries)


def confidence_fields(decision: Decision) -> tuple[Field, ...]:
    """Return the confidence field when the decision asks for one, otherwise nothing."""
    if decision.confidence is None:
        return ()
    # The rule that pays takes the number as a probability, so that 0 cannot stand for a guess.
    is_paid = decision.is_confidence_paid
    return (
        Field(
            name="confidence",
            kind="percent",
            label=PAID_LABEL if is_paid else CONFIDENCE_LABEL,
            minimum=0,
            maximum=100,
            unit="%",
            anchors=PAID_ANCHORS if is_paid else CONFIDENCE_ANCHORS,
            is_paid=is_paid,
        ),
    )


def sureness_field(*, name: str) -> Field:
    """Return how sure people are of the answer before it, on five levels in words; it has no score."""
    top = len(SURENESS)
    return Field(name=name, kind="ordinal", label=CONFIDENCE_LABEL, minimum=1, maximum=top, anchors=SURENESS)


def similarity_field(*, examples: int, name: str = "similarity") -> Field:
    """Return how similar each of the examples is to the case, in their order, on four levels; it has no score."""
    return Field(
        name=name,
        kind="rating_per_part",
        label="How similar is each example to this case?",
        options=tuple(Option(f"example_{n}", f"Example {n}") for n in range(1, examples + 1)),
        minimum=1,
        maximum=len(SIMILARITY),
        anchors=SIMILARITY,
    )


def treatment_items(treatment: Treatment) -> tuple[ItemKind, ...]:
    """Return the items that a condition adds to the case: advice, explanations, both or none."""
    advice: tuple[ItemKind, ...] = ("advice",) if treatment.advice else ()
    explanations: tuple[ItemKind, ...] = ("explanations",) if treatment.explanations else ()
    return advice + explanations


def value_of_label(stage: Stage, *, field: str, label: str | None) -> str | None:
    """Return the stored value behind an option's label, or ``None`` when the stage offers no such label."""
    options = next((f.options for f in stage.fields if f.name == field), ())
    return next((option.value for option in options if option.label == label), None)
