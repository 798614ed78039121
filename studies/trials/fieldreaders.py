"""One reader for each kind of field: what a form sent becomes the stored value, or a sentence says what is wrong. Pure.

A form sends text: one for a field of one input, one for each part of a field of several (``Field.parts``), a list where
several may be ticked. A reader gets the inputs by part ("" for a field of one input); nothing in it is trusted.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from studies.protocols.fields import MARKS, NOTHING, PUT, REMOVE, Field

TEXT_LENGTH = 10_000
NUMBER_LENGTH = 40
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,15}")
DECIMAL = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]{1,3})?")
SUM_TOLERANCE = 0.01

CHOOSE = "Choose one of the answers."
NEEDED = "This question needs an answer."
ONCE = "Give one answer only."
Sent = Mapping[str, str | Sequence[str]]
Reader = Callable[[Field, Sent], Any]


class Unanswered(ValueError):
    """Nothing was sent where an answer could stand."""


def read_field(field: Field, sent: Sent) -> Any:
    """
    Return the stored value of a field.

    Parameters
    ----------
    field : Field
        What was asked of this participant, with the options of this case.
    sent : mapping
        Text by part of the field, "" for a field of one input; a list where an input was sent several times.

    Returns
    -------
    object
        A JSON value; its form depends on the kind (``studies.protocols.fields.Field``).

    Raises
    ------
    Unanswered
        When everything is empty.
    ValueError
        With a sentence for the participant.

    Examples
    --------
    >>> from studies.protocols.fields import Option
    >>> field = Field("order", "ranking", "Which is worst?", (Option("a", "A"), Option("b", "B")))
    >>> read_field(field, {"a": "2", "b": "1"})
    ['b', 'a']
    """
    return READERS[field.kind](field, sent)


def read_option(text: str, values: Sequence[str]) -> str:
    """Return an option that was offered."""
    if text not in values:
        raise ValueError(CHOOSE)
    return text


def read_whole_number(text: str, low: float | None, high: float | None) -> int:
    """Return a whole number within its bounds."""
    if not WHOLE_NUMBER.fullmatch(text.strip()):
        raise ValueError(f"Give a whole number{range_text(low, high)}.")
    value = int(text)
    _require_range(value, low, high)
    return value


def read_number(text: str, low: float | None, high: float | None) -> float:
    """Return a finite number within its bounds; a comma is a decimal point."""
    text = text.strip()
    if len(text) > NUMBER_LENGTH or not DECIMAL.fullmatch(text):
        raise ValueError(f"Give a number{range_text(low, high)}.")
    value = float(text.replace(",", "."))
    if not math.isfinite(value):
        raise ValueError(f"Give a number{range_text(low, high)}.")
    _require_range(value, low, high)
    return value


def read_text(text: str) -> str:
    """Return words that can be stored."""
    if len(text) > TEXT_LENGTH:
        raise ValueError(f"Keep your answer below {TEXT_LENGTH:,} characters; it has {len(text):,}.")
    if "\x00" in text:
        raise ValueError("Your answer holds a character that cannot be stored (NUL). Remove it.")
    return text


def range_text(low: float | None, high: float | None) -> str:
    """Write the bounds of a number as the end of a sentence."""
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    if low is not None:
        return f" of at least {low:g}"
    return f" of at most {high:g}" if high is not None else ""


def _one(sent: Sent, part: str = "") -> str:
    """Return the text of one input; it must have been sent once."""
    text = sent.get(part, "")
    if not isinstance(text, str):
        raise ValueError(ONCE)
    return text


def _answered(sent: Sent) -> str:
    text = _one(sent)
    if not text.strip():
        raise Unanswered(NEEDED)
    return text


def _of_one_input(read: Callable[[Field, str], Any]) -> Reader:
    return lambda field, sent: read(field, _answered(sent))


def _several(field: Field, sent: Sent) -> list[str]:
    found = sent.get("", [])
    chosen = [text for text in ([found] if isinstance(found, str) else found) if text.strip()]
    least, most = int(field.minimum or 0), int(field.maximum or len(field.options))
    if field.nothing and NOTHING in chosen:
        if len(chosen) > 1:
            raise ValueError(f"Either \u201c{field.nothing}\u201d or some of the others: not both.")
        return []
    if not chosen and (field.nothing or least or field.minimum is None):
        raise Unanswered("Choose at least one of the answers." if least < 2 else _how_many(least, most))
    offered = [option.value for option in field.options]
    if len(set(chosen)) != len(chosen) or not set(chosen) <= set(offered):
        raise ValueError("Choose from the answers.")
    if not least <= len(chosen) <= most:
        raise ValueError(_how_many(least, most))
    return [value for value in offered if value in chosen]


def _how_many(least: int, most: int) -> str:
    if least == most:
        return f"Choose exactly {least} of the answers."
    return f"Choose from {least} to {most} of the answers." if least else f"Choose at most {most}."


def _probabilities(field: Field, sent: Sent) -> dict[str, float]:
    texts = _every_part(field, sent)
    percents = {part: _labelled(field, part, read_number, text, 0, 100) for part, text in texts.items()}
    total = sum(percents.values())
    if field.sums_to is not None and abs(total - field.sums_to) > SUM_TOLERANCE:
        raise ValueError(f"The numbers must add up to {field.sums_to:g}; they add up to {total:g} now.")
    return {part: percent / 100 for part, percent in percents.items()}


def _ranking(field: Field, sent: Sent) -> list[str]:
    texts = _every_part(field, sent)
    count = len(texts)
    places = {part: _labelled(field, part, read_whole_number, text, 1, count) for part, text in texts.items()}
    twice = [place for place, times in Counter(places.values()).items() if times > 1]
    if twice:
        raise ValueError(f"Place {min(twice)} is given to more than one. Give each a place of its own.")
    return sorted(places, key=lambda part: places[part])


def _rating_per_part(field: Field, sent: Sent) -> dict[str, int]:
    texts = _every_part(field, sent)
    low, high = field.minimum, field.maximum
    return {part: _labelled(field, part, read_whole_number, text, low, high) for part, text in texts.items()}


def _every_part(field: Field, sent: Sent) -> dict[str, str]:
    """Return the text of every option; either all of them have one or none."""
    texts = {part: _one(sent, part).strip() for part in field.parts}
    missing = [option.label for option in field.options if not texts[option.value]]
    if len(missing) == len(texts):
        raise Unanswered(NEEDED)
    if missing:
        raise ValueError(f"An answer is missing for: {', '.join(missing)}.")
    return texts


def _labelled(field: Field, part: str, read: Callable[..., Any], text: str, *bounds: float | None) -> Any:
    """Read the answer for one option; its fault names the option."""
    try:
        return read(text, *bounds)
    except ValueError as error:
        label = next(option.label for option in field.options if option.value == part)
        raise ValueError(f"{label}: {error}") from None


def _region(field: Field, sent: Sent) -> dict[str, float]:
    names = MARKS[field.shape]
    texts = {name: _one(sent, name).strip() for name in names}
    is_nothing = bool(field.nothing) and _one(sent, NOTHING) == NOTHING
    given = [name for name in names if texts[name]]
    if is_nothing and given:
        raise ValueError(f"Either mark a place or choose \u201c{field.nothing}\u201d: not both.")
    if is_nothing:
        return {}
    if not given:
        raise Unanswered("Mark the place on the picture.")
    if len(given) < len(names):
        raise ValueError(
            f"The place needs {len(names)} numbers; {len(names) - len(given)} of them are missing."
        )
    found = {name: read_number(text, 0, 100) / 100 for name, text in texts.items()}
    if field.shape == "box" and not (found["x0"] < found["x1"] and found["y0"] < found["y1"]):
        raise ValueError("The box needs a width and a height: left before right, top before bottom.")
    return found


def _replacement(field: Field, sent: Sent) -> dict[str, str]:
    out, put = _one(sent, REMOVE), _one(sent, PUT)
    if field.nothing and out == NOTHING:
        if put.strip():
            raise ValueError(f"\u201c{field.nothing}\u201d was chosen, so nothing can be put in.")
        return {}
    if not out.strip() and not put.strip():
        raise Unanswered(NEEDED)
    if not out.strip():
        raise ValueError("Choose what to take away.")
    if not put.strip():
        raise ValueError("Choose what to put in its place.")
    taken = read_option(out, [option.value for option in field.options])
    placed = read_option(put, [option.value for option in field.options_in or field.options])
    if taken == placed:
        raise ValueError("What is put in must differ from what is taken away.")
    return {REMOVE: taken, PUT: placed}


def _require_range(value: float, low: float | None, high: float | None) -> None:
    if (low is not None and value < low) or (high is not None and value > high):
        raise ValueError(f"Give a number{range_text(low, high)}.")


READERS: Mapping[str, Reader] = {
    "choice": _of_one_input(lambda field, text: read_option(text, [o.value for o in field.options])),
    "several": _several,
    "ordinal": _of_one_input(lambda field, text: read_whole_number(text, field.minimum, field.maximum)),
    "numeric": _of_one_input(lambda field, text: read_number(text, field.minimum, field.maximum)),
    "percent": _of_one_input(lambda _field, text: read_number(text, 0, 100) / 100),
    "probability": _of_one_input(lambda _field, text: read_number(text, 0, 1)),
    "probabilities": _probabilities,
    "ranking": _ranking,
    "region": _region,
    "rating_per_part": _rating_per_part,
    "replacement": _replacement,
    "text": _of_one_input(lambda _field, text: read_text(text)),
}
