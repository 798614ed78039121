"""Reads YAML 1.2 strictly and remembers the line of everything, so that every later fault can name its line.

Less than YAML on purpose: no anchors, aliases, tags, directives or second documents, which people who write a study
do not need and which hostile files do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLStreamError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from studies.errors import Fault, FileInvalid

Path = tuple[str | int, ...]

MAXIMUM_BYTES = 1_000_000
MAXIMUM_DEPTH = 20
MAXIMUM_PARTS = 20_000
MAXIMUM_DIGITS = 18
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True)
class YamlSource:
    """A YAML file as plain data, and the line on which each part of it begins.

    Parameters
    ----------
    data : Any
        Mappings with text keys, lists, text, numbers, booleans and ``None``.
    lines : dict
        Path to line; the line of a mapping's entry is the line of its key.
    """

    name: str
    data: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Return the line of the path, or of the nearest part around it that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def fault(self, path: Path, message: str) -> Fault:
        """Return a fault at the path; what a file says is quoted only as far as a reader needs."""
        return Fault(self.line(path), _short(where(path), 200), _short(message, 600))


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def where(path: Path) -> str:
    """Return the path as people write it: ``plan.primary.contrasts[1]``."""
    found = ""
    for part in path:
        found += f"[{part}]" if isinstance(part, int) else f".{part}" if found else str(part)
    return found


def read_yaml(data: bytes, *, name: str) -> YamlSource:
    """Read one YAML file; ``FileInvalid`` names the line of what is wrong."""
    text = _text(data, name=name)
    try:
        return _Builder(name).build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise FileInvalid(name, [Fault(line, "", f"This is no valid YAML: {error.problem}.")]) from error
    except (YAMLStreamError, ReaderError) as error:
        raise FileInvalid(
            name, [Fault(0, "", "This is no valid YAML: it holds a forbidden character.")]
        ) from error


def _text(data: bytes, *, name: str) -> str:
    if len(data) > MAXIMUM_BYTES:
        raise FileInvalid(
            name, [Fault(0, "", f"The file is larger than {MAXIMUM_BYTES // 1_000_000} MB: no study is.")]
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileInvalid(name, [Fault(line, "", "The file is not UTF-8: save it as UTF-8.")]) from error
    faults = [
        Fault(number, "", fault)
        for number, row in enumerate(text.split("\n"), 1)
        for fault in _bad_characters(row)
    ]
    if faults:
        raise FileInvalid(name, faults[:50])
    return text


def _bad_characters(row: str) -> Iterator[str]:
    if "\t" in row:
        yield "There is a tab character: use spaces."
    if any(_is_unprintable(c) for c in row):
        yield "There is a control character: remove it."


def _is_unprintable(c: str) -> bool:
    code = ord(c)
    return (code < 32 and c not in "\t\r\n") or 127 <= code < 160 or 0xD800 <= code < 0xE000


class _Builder:
    """Builds plain data from parser events; it never holds an object that the file chose the type of."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Path, int] = {}
        self.faults: list[Fault] = []
        self._parts = 0

    def build(self, events: Iterator[Event]) -> YamlSource:
        documents = 0
        data: Any = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if event.version or event.tags:
                    self._refuse(event, (), "A YAML directive (%) is not allowed: remove that line.")
                if documents > 1:
                    self._refuse(event, (), "There is a second document (---): one file holds one.")
                    break
                data = self._node(next(events), events, ())
        if documents == 0:
            self.faults.append(Fault(0, "", "The file is empty."))
        if self.faults:
            raise FileInvalid(self.name, self.faults)
        return YamlSource(self.name, data, self.lines)

    def _node(self, event: Event, events: Iterator[Event], path: Path) -> Any:
        self.lines.setdefault(path, event.start_mark.line + 1)
        self._check_plainness(event, path)
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(events, path)
        return self._scalar(event, path) if isinstance(event, ScalarEvent) else None

    def _check_plainness(self, event: Event, path: Path) -> None:
        self._parts += 1
        if self._parts > MAXIMUM_PARTS:
            self._refuse(event, (), f"The file has more than {MAXIMUM_PARTS:,} parts: no study has.")
            raise FileInvalid(self.name, self.faults)
        if isinstance(event, AliasEvent):
            self._refuse(event, path, "An alias (*) is not allowed: write the value out.")
        elif getattr(event, "anchor", None):
            self._refuse(event, path, "An anchor (&) is not allowed: remove it.")
        if getattr(event, "tag", None):
            self._refuse(event, path, "A tag (!) is not allowed: remove it.")
        if len(path) > MAXIMUM_DEPTH:
            self._refuse(event, (), f"The file is nested more than {MAXIMUM_DEPTH} levels deep.")
            raise FileInvalid(self.name, self.faults)

    def _mapping(self, events: Iterator[Event], path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._key(event, path)
            if key in found:
                first = self.lines[*path, key]
                self._refuse(
                    event, (*path, key), f"The key '{key}' stands here twice (first in line {first})."
                )
                self._node(next(events), events, (*path, key))
                continue
            self.lines[*path, key] = event.start_mark.line + 1
            found[key] = self._node(next(events), events, (*path, key))
        return found

    def _key(self, event: Event, path: Path) -> str:
        self._check_plainness(event, path)
        if not isinstance(event, ScalarEvent) or event.value == "":
            self._refuse(event, path, "A key must be a word: a list, a mapping or nothing cannot be one.")
            raise FileInvalid(self.name, self.faults)
        key: str = event.value
        return key.lower() if event.style is None and key in _BOOLEANS else key

    def _sequence(self, events: Iterator[Event], path: Path) -> list[Any]:
        found: list[Any] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            found.append(self._node(event, events, (*path, len(found))))
        return found

    def _scalar(self, event: ScalarEvent, path: Path) -> Any:
        value: str = event.value
        if any(_is_unprintable(c) for c in value):
            self._refuse(event, path, "The text holds an escaped control character: remove it.")
        if event.style is not None:
            return value
        if value in _NULLS:
            return None
        if value in _BOOLEANS:
            return _BOOLEANS[value]
        return self._number(event, value, path)

    def _number(self, event: ScalarEvent, value: str, path: Path) -> Any:
        if _INTEGER.fullmatch(value) and len(value) <= MAXIMUM_DIGITS:
            return int(value)
        if _FLOAT.fullmatch(value) and math.isfinite(number := float(value)):
            return number
        if _FLOAT.fullmatch(value) or _NOT_FINITE.fullmatch(value):
            self._refuse(event, path, "A number must be finite and of reasonable size.")
        return value

    def _refuse(self, event: Event, path: Path, message: str) -> None:
        self.faults.append(Fault(event.start_mark.line + 1, where(path), message))
