"""What a form sent, checked against what its page asked: typed values, or a sentence for every field. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studies.errors import AnswerInvalid
from studies.protocols.fields import Field
from studies.trials.fieldreaders import (
    NEEDED,
    ONCE,
    Unanswered,
    range_text,
    read_field,
    read_number,
    read_option,
    read_text,
    read_whole_number,
)

DAY_MS = 86_400_000
CLOCK_LENGTH = 2_000
STEP_SLACK = 1e-6
PREFER_NOT = "prefer_not"
NOT_ASKED = "This page did not ask for this."
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
    owners = {name: field for field in fields for name in field.inputs}
    sent: dict[str, dict[str, Any]] = {field.name: {} for field in fields}
    faults = {name[:80]: NOT_ASKED for name in data if name not in owners}
    for name in data.keys() & owners.keys():
        sent[owners[name].name][name.partition(".")[2]] = data[name]
    values = {}
    for field in fields:
        try:
            values[field.name] = read_field(field, sent[field.name])
        except Unanswered as error:
            if field.required:
                faults[field.name] = str(error)
        except ValueError as error:
            faults[field.name] = str(error)
    if faults:
        raise AnswerInvalid(faults)
    return values


def read_items(items: Sequence[Item], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored value of every answered item of a questionnaire; ``None`` where people preferred not to say."""
    offers = {item["id"]: _reader_of_item(item) for item in items}
    required = {item["id"] for item in items if item.get("required", True)}
    return _read(offers, data, required=required)


def read_choice(name: str, *, values: Sequence[str], data: Mapping[str, Any]) -> str:
    """Return the one answer of a page that asks one thing."""
    found: str = _read({name: lambda text: read_option(text, values)}, data, required={name})[name]
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
    faults = {name[:80]: NOT_ASKED for name in data if name not in offers}
    values: dict[str, Any] = {}
    for name, read in offers.items():
        text = data.get(name, "")
        if not isinstance(text, str):
            faults[name] = ONCE
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


def _reader_of_item(item: Item) -> Callable[[str], Any]:
    kind, low, high = item.get("kind", "choice"), item.get("minimum"), item.get("maximum")
    readers: dict[str, Callable[[str], Any]] = {
        "choice": lambda text: read_option(text, [option["value"] for option in item["options"]]),
        "ordinal": lambda text: read_whole_number(text, low, high),
        "numeric": lambda text: read_number(text, low, high),
        "slider": lambda text: _number_in_steps(text, item),
        "text": read_text,
    }
    read = readers[kind]
    if item.get("prefer_not"):
        return lambda text: None if text == PREFER_NOT else read(text)
    return read


def _number_in_steps(text: str, item: Item) -> float:
    low, high, step = item["minimum"], item["maximum"], item.get("step") or 1
    value = read_number(text, low, high)
    if abs((value - low) / step - round((value - low) / step)) > STEP_SLACK:
        raise ValueError(f"Give a number{range_text(low, high)} in steps of {step:g}.")
    return value


def _is_duration(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= DAY_MS  # type: ignore[operator]  # NaN and infinity fail the comparison
