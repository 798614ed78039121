"""What templates need of a field: its options with the names and ids of their inputs. No database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studies.protocols.fields import MARKS, NOTHING, PUT, REMOVE, Field

SIDES = {
    "x0": "Left edge",
    "y0": "Upper edge",
    "x1": "Right edge",
    "y1": "Lower edge",
    "x": "From the left",
    "y": "From the top",
}
SWAP = ("Take away", "Put in its place")


def field_shown(field: Field, *, prize: str = "") -> dict[str, Any]:
    """Return what a template needs of a field; the first input has the id that its error message links to.

    ``prize`` is what a paid confidence can win, in words.
    """
    shown = {
        "name": field.name,
        "kind": field.kind,
        "label": field.label,
        "options": _options(field),
        "minimum": field.minimum,
        "maximum": field.maximum,
        "unit": field.unit,
        "anchors": field.anchors,
        "required": field.required,
        "nothing": field.nothing,
        "sums_to": field.sums_to,
        "shape": field.shape,
        "hint": _hint(field),
        "prize": prize,
    }
    return shown | _OF_KIND.get(field.kind, lambda _field: {})(field)


def scale_points(minimum: float, maximum: float, anchors: Sequence[str] = ()) -> list[dict[str, str]]:
    """Return one option for each point of a scale, with its word: of the two ends, or of each point."""
    points = range(int(minimum), int(maximum) + 1)
    ends = (anchors[0], anchors[-1]) if anchors else ("", "")
    words = anchors if len(anchors) == len(points) else [ends[0], *[""] * (len(points) - 2), ends[1]]
    return [{"value": str(n), "label": str(n), "word": word} for n, word in zip(points, words, strict=True)]


def option_order(fields: Sequence[Field]) -> tuple[str, ...]:
    """Return the options of a stage in the order in which they stand, as a presentation records it."""
    return tuple(option.value for field in fields for option in (*field.options, *field.options_in))


def _options(field: Field) -> list[dict[str, str]]:
    if field.kind == "ordinal" and field.minimum is not None and field.maximum is not None:
        return scale_points(field.minimum, field.maximum, field.anchors)
    return [
        {
            "value": option.value,
            "label": option.label,
            "input": f"{field.name}.{option.value}",
            "id": _id(field, number),
        }
        for number, option in enumerate(field.options)
    ]


def _id(field: Field, number: int) -> str:
    return f"f-{field.name}-{number + 1}" if number else f"f-{field.name}"


def _hint(field: Field) -> str:
    if field.kind == "several":
        return _several_hint(field)
    if field.kind == "ranking":
        return f"Give every answer a place; 1 is the first of {len(field.options)}."
    if field.kind == "probabilities" and field.sums_to is not None:
        return f"The numbers must add up to {field.sums_to:g}."
    if field.kind == "region":
        what = "a box" if field.shape == "box" else "a point"
        return f"Mark {what}. The numbers are percent of the width and height of the picture."
    return ""


def _several_hint(field: Field) -> str:
    least, most = int(field.minimum or 0), int(field.maximum or len(field.options))
    if most >= len(field.options):
        return f"Choose at least {least}." if least > 1 else "Choose all that apply."
    if least == most:
        return f"Choose exactly {least}."
    return f"Choose from {least} to {most}." if least else f"Choose at most {most}."


def _region(field: Field) -> dict[str, Any]:
    marks = [
        {"part": part, "label": SIDES[part], "input": f"{field.name}.{part}", "id": _id(field, number)}
        for number, part in enumerate(MARKS[field.shape])
    ]
    return {"marks": marks, "none_input": f"{field.name}.{NOTHING}"}


def _replacement(field: Field) -> dict[str, Any]:
    words = field.anchors if all(field.anchors) else SWAP
    offers = (field.options, field.options_in or field.options)
    groups, number = [], 0
    for part, title, options in zip((REMOVE, PUT), words, offers, strict=True):
        shown = []
        for option in options:
            shown.append({"value": option.value, "label": option.label, "id": _id(field, number)})
            number += 1
        name = f"{field.name}.{part}"
        groups.append({"input": name, "title": title, "options": shown, "can_be_nothing": part == REMOVE})
    return {"groups": groups}


def _rating_per_part(field: Field) -> dict[str, Any]:
    points = scale_points(field.minimum or 0, field.maximum or 0, field.anchors)
    return {"points": points}


def _ranking(field: Field) -> dict[str, Any]:
    return {"places": [str(number) for number in range(1, len(field.options) + 1)]}


_OF_KIND = {
    "region": _region,
    "replacement": _replacement,
    "rating_per_part": _rating_per_part,
    "ranking": _ranking,
}
