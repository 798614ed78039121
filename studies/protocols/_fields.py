"""Fields that several protocols ask, and how a simulated participant fills them."""

from __future__ import annotations

from collections.abc import Mapping

from studies.protocols.stages import Decision, Field, ItemKind, ScoredAgainst, Stage, Treatment

CONFIDENCE_LABEL = "How sure are you?"
CONFIDENCE_ANCHORS = ("0 = a pure guess", "100 = certain")


def choice_field(decision: Decision, *, name: str, label: str, scored_against: ScoredAgainst) -> Field:
    """Return the choice among the options of the decision, scored against ``scored_against``."""
    return Field(
        name=name, kind="choice", label=label, options=decision.options, scored_against=scored_against
    )


def confidence_fields(decision: Decision) -> tuple[Field, ...]:
    """Return the confidence field when the decision asks for one, otherwise nothing."""
    if decision.confidence is None:
        return ()
    return (
        Field(
            name="confidence",
            kind="percent",
            label=CONFIDENCE_LABEL,
            minimum=0,
            maximum=100,
            unit="%",
            anchors=CONFIDENCE_ANCHORS,
        ),
    )


def treatment_items(treatment: Treatment) -> tuple[ItemKind, ...]:
    """Return the items that a condition adds to the case: advice, explanations, both or none."""
    advice: tuple[ItemKind, ...] = ("advice",) if treatment.advice else ()
    explanations: tuple[ItemKind, ...] = ("explanations",) if treatment.explanations else ()
    return advice + explanations


def form_values(stage: Stage, choose: Mapping[str, str]) -> dict[str, str]:
    """Return what a form of ``stage`` sends for the choices; every required field must be chosen and offered."""
    values = {}
    for field in stage.fields:
        value = choose.get(field.name)
        if value is None:
            if field.required:
                raise ValueError(f"Stage '{stage.name}' requires the field '{field.name}': choose a value.")
            continue
        offered = [option.value for option in field.options]
        if offered and value not in offered:
            raise ValueError(
                f"Field '{field.name}' of stage '{stage.name}' does not offer '{value}'; it offers {offered}."
            )
        values[field.name] = value
    return values


def value_of_label(stage: Stage, *, field: str, label: str | None) -> str | None:
    """Return the stored value behind an option's label, or ``None`` when the stage offers no such label."""
    options = next((f.options for f in stage.fields if f.name == field), ())
    return next((option.value for option in options if option.label == label), None)
