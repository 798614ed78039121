"""What a form sent, checked against what its page asked: typed values, or a sentence for every field. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studies.errors import AnswerInvalid
from studies.protocols.stages import Field

TEXT_LENGTH = 10_000
NUMBER_LENGTH = 40
DAY_MS = 86_400_000
CLOCK_LENGTH = 2_000
STEP_SLACK = 1e-6
PREFER_NOT = "prefer_not"
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,15}")
DECIMAL = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]{1,3})?")

CHOOSE = "Choose one of the answers."
NEEDED = "This question needs an answer."
Item = Mapping[str, Any]


@dataclass(frozen=True)
class Clock:
    """What the client's clock said about a page, in milliseconds; missing where it said nothing usable."""

    rt_ms: float | None = None
    hidden_ms: float | None = None
    explanation_visible_ms: float | None = None
    faults: tuple[str, ...] = ()


def read_fields(fields: Sequence[Field], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored value of every answered field of a stage, or raise AnswerInvalid with everything wrong."""
    offers = {field.name: _reader_of_field(field) for field in fields}
    required = {field.name for field in fields if field.required}
    return _read(offers, data, required=required)


def read_items(items: Sequence[Item], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored value of every answered item of a questionnaire; ``None`` where people preferred not to say."""
    offers = {item["id"]: _reader_of_item(item) for item in items}
    required = {item["id"] for item in items if item.get("required", True)}
    return _read(offers, data, required=required)


def read_choice(name: str, *, values: Sequence[str], data: Mapping[str, Any]) -> str:
    """Return the one answer of a page that asks one thing."""
    found: str = _read({name: lambda text: _option(text, values)}, data, required={name})[name]
    return found


def refuse_answers(data: Mapping[str, Any]) -> None:
    """Raise AnswerInvalid when a page that asks nothing was answered."""
    _read({}, data, required=set())


def read_clock(sent: Mapping[str, Any] | str) -> Clock:
    """Read the client's clock; what is impossible becomes missing and is named, an answer is never refused for it."""
    if not sent:
        return Clock()
    try:
        found = json.loads(sent[:CLOCK_LENGTH]) if isinstance(sent, str) else sent
    except (ValueError, RecursionError):
        return Clock(faults=("clock",))
    if not isinstance(found, Mapping):
        return Clock(faults=("clock",))
    times = {name: found.get(name) for name in ("rt_ms", "hidden_ms", "explanation_visible_ms")}
    faults = tuple(name for name, value in times.items() if value is not None and not _is_duration(value))
    good = {name: float(value) for name, value in times.items() if value is not None and name not in faults}
    return Clock(**good, faults=faults)


def _read(
    offers: Mapping[str, Callable[[str], Any]], data: Mapping[str, Any], *, required: set[str]
) -> dict[str, Any]:
    faults = {name[:80]: "This page did not ask for this." for name in data if name not in offers}
    values: dict[str, Any] = {}
    for name, read in offers.items():
        text = data.get(name, "")
        if not isinstance(text, str):
            faults[name] = "Give one answer only."
        elif text.strip() == "":
            if name in required:
                faults[name] = NEEDED
        else:
            try:
                values[name] = read(text)
            except ValueError as error:
                faults[name] = str(error)
    if faults:
        raise AnswerInvalid(faults)
    return values


def _reader_of_field(field: Field) -> Callable[[str], Any]:
    low, high = field.minimum, field.maximum
    if field.kind == "choice":
        return lambda text: _option(text, [option.value for option in field.options])
    if field.kind == "percent":
        return lambda text: _number(text, 0, 100) / 100
    if field.kind == "probability":
        return lambda text: _number(text, 0, 1)
    if field.kind == "ordinal":
        return lambda text: _whole_number(text, low, high)
    if field.kind == "numeric":
        return lambda text: _number(text, low, high)
    return _text


def _reader_of_item(item: Item) -> Callable[[str], Any]:
    kind, low, high = item.get("kind", "choice"), item.get("minimum"), item.get("maximum")
    readers: dict[str, Callable[[str], Any]] = {
        "choice": lambda text: _option(text, [option["value"] for option in item["options"]]),
        "ordinal": lambda text: _whole_number(text, low, high),
        "numeric": lambda text: _number(text, low, high),
        "slider": lambda text: _number_in_steps(text, item),
        "text": _text,
    }
    read = readers[kind]
    if item.get("prefer_not"):
        return lambda text: None if text == PREFER_NOT else read(text)
    return read


def _option(text: str, values: Sequence[str]) -> str:
    if text not in values:
        raise ValueError(CHOOSE)
    return text


def _whole_number(text: str, low: float | None, high: float | None) -> int:
    if not WHOLE_NUMBER.fullmatch(text.strip()):
        raise ValueError(f"Give a whole number{_range(low, high)}.")
    value = int(text)
    _require_range(value, low, high)
    return value


def _number(text: str, low: float | None, high: float | None) -> float:
    text = text.strip()
    if len(text) > NUMBER_LENGTH or not DECIMAL.fullmatch(text):
        raise ValueError(f"Give a number{_range(low, high)}.")
    value = float(text.replace(",", "."))
    if not math.isfinite(value):
        raise ValueError(f"Give a number{_range(low, high)}.")
    _require_range(value, low, high)
    return value


def _number_in_steps(text: str, item: Item) -> float:
    low, high, step = item["minimum"], item["maximum"], item.get("step") or 1
    value = _number(text, low, high)
    if abs((value - low) / step - round((value - low) / step)) > STEP_SLACK:
        raise ValueError(f"Give a number{_range(low, high)} in steps of {step:g}.")
    return value


def _text(text: str) -> str:
    if len(text) > TEXT_LENGTH:
        raise ValueError(f"Keep your answer below {TEXT_LENGTH:,} characters; it has {len(text):,}.")
    if "\x00" in text:
        raise ValueError("Your answer holds a character that cannot be stored (NUL). Remove it.")
    return text


def _require_range(value: float, low: float | None, high: float | None) -> None:
    if (low is not None and value < low) or (high is not None and value > high):
        raise ValueError(f"Give a number{_range(low, high)}.")


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    if low is not None:
        return f" of at least {low:g}"
    return f" of at most {high:g}" if high is not None else ""


def _is_duration(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= DAY_MS  # type: ignore[operator]  # NaN and infinity fail the comparison
