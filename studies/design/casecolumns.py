"""The further columns of a case file: reference answers besides the main one, and columns that describe the cases."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from studies.design.schemafaults import did_you_mean
from studies.design.yamlsource import YamlSource
from studies.errors import Fault

ORIGINAL = "original"
MAXIMUM_TEXT = 2_000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_VALUE = re.compile(r"[A-Za-z0-9_]{1,60}")
_KEYS = {"options", "amounts", "mask", "source", "adjudication"}


@dataclass(frozen=True)
class FurtherTruth:
    """
    A reference column: the answers it may hold (any, if none are named), an amount for each option, or a mask.

    The cells of a column of masks name pictures beside the case file, as large as that of the case: white marks the
    region. It is kept as run lengths, or as ``none`` where nothing is white.
    """

    options: tuple[str, ...] = ()
    amounts: bool = False
    mask: bool = False
    source: str = ""
    adjudication: str = ""


@dataclass(frozen=True)
class FurtherValues:
    """What the further columns of one case hold; amounts are JSON text."""

    truths: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FurtherColumns:
    """Which further columns there are: reference columns, kept from pages, and columns that pages may read."""

    truths: Mapping[str, FurtherTruth] = field(default_factory=dict)
    columns: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [*self.truths, *self.columns]

    @property
    def masks(self) -> list[str]:
        return [name for name, truth in self.truths.items() if truth.mask]

    def faults(self, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Say what is wrong with the cells of a row, by column; an empty cell says that nothing is known."""
        for name, truth in self.truths.items():
            yield name, _truth_fault(values[name], truth)
        for name in self.columns:
            yield name, _length_fault(values[name])

    def read(self, values: Mapping[str, str]) -> FurtherValues:
        """Return what the cells of a row without faults hold."""
        truths = {
            name: json.dumps(amounts_of(values[name])) if truth.amounts else values[name]
            for name, truth in self.truths.items()
            if values[name]
        }
        return FurtherValues(truths, {name: values[name] for name in self.columns if values[name]})


def further_columns(source: YamlSource) -> tuple[FurtherColumns, list[Fault]]:
    """Read ``truths`` and ``columns`` of a schema; a name stands for one column only."""
    content, faults = source.data, []
    truths: dict[str, FurtherTruth] = {}
    for name, given in (content.get("truths") or {}).items():
        entry = {} if given is None else given
        path = ("truths", name)
        if not _NAME.fullmatch(str(name)) or name == "decision":
            faults.append(source.fault(path, f"'{name}' cannot be the name of a reference column."))
        elif not isinstance(entry, Mapping):
            faults.append(source.fault(path, "Here must stand a mapping such as {options: [yes, no]}."))
        else:
            faults += [
                source.fault((*path, key), f"There is no '{key}' here.{did_you_mean(key, _KEYS)}")
                for key in entry
                if key not in _KEYS
            ]
            options = tuple(map(str, entry.get("options", ())))
            amounts = entry.get("amounts") is True
            mask = entry.get("mask") is True
            if mask and (options or amounts):
                faults.append(source.fault(path, "A mask has no options and no amounts."))
            words = (str(entry.get(key, ""))[:200] for key in ("source", "adjudication"))
            truths[name] = FurtherTruth(options, amounts, mask, *words)
    columns = content.get("columns") or []
    if not isinstance(columns, list):
        faults.append(source.fault(("columns",), "Here must stand a list of names."))
        columns = []
    for index, name in enumerate(columns):
        if not _NAME.fullmatch(str(name)) or name in truths or name in columns[:index]:
            faults.append(
                source.fault(("columns", index), f"'{name}' cannot be the name of one more column.")
            )
    return FurtherColumns(truths, tuple(map(str, columns))), faults


def original_faults(further: Mapping[str, FurtherValues], *, lines: Mapping[str, int]) -> Iterator[Fault]:
    """Say where the column ``original`` names no other case of the file."""
    for key, values in further.items():
        original = values.columns.get(ORIGINAL)
        if original is None:
            continue
        where = f"case {key}, column {ORIGINAL}"
        if original == key:
            yield Fault(lines[key], where, "A case cannot be made from itself.")
        elif original not in further:
            yield Fault(lines[key], where, f"There is no case {original!r} in this file.")
        elif ORIGINAL in further[original].columns:
            yield Fault(
                lines[key], where, f"The case {original!r} is a changed one itself: name an original."
            )


def options_cell(text: str) -> list[tuple[str, str]]:
    """
    Read the options of a case, ``value=Words|value``: value and words of each.

    Raises
    ------
    ValueError
        With a sentence, when a value is no word or stands there twice.

    Examples
    --------
    >>> options_cell("drop_a=Drop the scans of site A|keep")
    [('drop_a', 'Drop the scans of site A'), ('keep', 'keep')]
    """
    found: list[tuple[str, str]] = []
    for part in text.split("|"):
        value, _, words = part.strip().partition("=")
        value = value.strip()
        if not _VALUE.fullmatch(value):
            raise ValueError(f"{value!r} is no option: letters, digits and underscores are.")
        if value in [known for known, _ in found]:
            raise ValueError(f"The option {value!r} stands there twice.")
        found.append((value, words.strip() or value))
    return found


def amounts_of(text: str) -> dict[str, float]:
    """
    Read an amount for each of several options, ``value=number|value=number``.

    Raises
    ------
    ValueError
        With a sentence, when an amount is missing or no finite number.

    Examples
    --------
    >>> amounts_of("drop_a=0.5|keep=0")
    {'drop_a': 0.5, 'keep': 0.0}
    """
    found = {}
    for value, number in options_cell(text):
        try:
            amount = float(number)
        except ValueError:
            amount = math.nan
        if not math.isfinite(amount):
            raise ValueError(f"The option {value!r} needs a finite number, as in {value}=0.5.")
        found[value] = amount
    return found


def _truth_fault(value: str, truth: FurtherTruth) -> str:
    if not value:
        return ""
    if truth.amounts:
        try:
            amounts_of(value)
        except ValueError as error:
            return str(error)
    if truth.mask:
        return ""
    if truth.options and not truth.amounts and value not in truth.options:
        return f"{value[:40]!r} is not one of the options.{did_you_mean(value, truth.options)}"
    return _length_fault(value)


def _length_fault(value: str) -> str:
    return f"The value is longer than {MAXIMUM_TEXT} characters." if len(value) > MAXIMUM_TEXT else ""
