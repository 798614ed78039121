"""Reads a case file (CSV) against its schema; every fault names row and column. Nothing is stored here."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from explainers.core.cases import RESULTS_ONLY, complete_schema
from explainers.core.errors import CaseSetRefused
from studies.design.casecolumns import FurtherColumns, FurtherValues, further_columns, original_faults
from studies.design.schemafaults import did_you_mean
from studies.design.yamlsource import read_yaml
from studies.errors import Fault, FileInvalid

MAXIMUM_BYTES = 50_000_000
MAXIMUM_COLUMNS = 1_000
MAXIMUM_ROWS = 200_000
MAXIMUM_FAULTS = 50
MAXIMUM_TEXT = 200
ID_COLUMN, TRUTH_COLUMN = "case_id", "ground_truth"
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SCHEMA_KEYS = {
    "features", "id", "truth", "truths", "columns", "licence", "permitted_use", "export", "modality", "label", "parts",
}  # fmt: skip
EXPORT_RULES = {"everything": "", "results_only": RESULTS_ONLY}
_TRUTH_KEYS = {"column", "options", "source", "adjudication"}


@dataclass(frozen=True)
class CaseSchema:
    """What the columns of a case file are: features for people, the id, the truth and what it may be."""

    features: Sequence[Mapping[str, Any]]
    id_column: str
    truth_column: str
    options: tuple[str, ...]
    source: str
    licence: str
    adjudication: str = ""
    further: FurtherColumns = field(default_factory=FurtherColumns)
    permitted_use: str = ""
    export_rule: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether the cases are lines of a table and nothing more: no picture, no text, no further part."""
        return not {"modality", "parts"} & set(self.content)

    @property
    def names(self) -> list[str]:
        return [feature["name"] for feature in self.features]


@dataclass(frozen=True)
class CaseFile:
    """A case file that passed every check: inputs and truth, already apart."""

    schema: CaseSchema
    rows: list[dict[str, Any]]
    truth: dict[str, str]
    further: dict[str, FurtherValues] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def schema_read(data: bytes, *, name: str = "schema", options: Sequence[str] = ()) -> CaseSchema:
    """Read the schema of a case file, which is YAML or JSON."""
    source = read_yaml(data, name=name)
    content = source.data
    if not isinstance(content, Mapping):
        raise FileInvalid(name, [Fault(1, "", "The schema must be a mapping with the key 'features'.")])
    truth = content.get("truth", {})
    faults = [
        source.fault((key,), f"There is no '{key}' here.{did_you_mean(key, _SCHEMA_KEYS)}")
        for key in content
        if key not in _SCHEMA_KEYS
    ]
    faults += [
        source.fault(("truth", key), f"There is no '{key}' here.{did_you_mean(key, _TRUTH_KEYS)}")
        for key in truth
        if key not in _TRUTH_KEYS
    ]
    export = content.get("export", "everything")
    if not isinstance(export, str) or export not in EXPORT_RULES:
        told = f"{str(export)[:40]!r} says nothing of what may leave: write {' or '.join(EXPORT_RULES)}."
        faults.append(source.fault(("export",), told))
    further, wrong = further_columns(source)
    faults += wrong
    faults += [
        source.fault(("truths", name), "A mask needs a picture: this is a schema of tables.")
        for name in further.masks
        if not {"modality", "parts"} & set(content)
    ]
    declared = {key: content[key] for key in ("modality", "label", "parts", "features") if key in content}
    complete: dict[str, Any] = {}
    try:
        complete = complete_schema(declared if "modality" in content else {"features": None, **declared})
    except CaseSetRefused as error:
        faults.append(source.fault(("features",), str(error)))
    if faults:
        raise FileInvalid(name, faults)
    return CaseSchema(
        features=complete["features"],
        id_column=str(content.get("id", ID_COLUMN)),
        truth_column=str(truth.get("column", TRUTH_COLUMN)),
        options=tuple(options) or tuple(map(str, truth.get("options", ()))),
        source=str(truth.get("source", ""))[:MAXIMUM_TEXT],
        licence=str(content.get("licence", ""))[:MAXIMUM_TEXT],
        adjudication=str(truth.get("adjudication", ""))[:MAXIMUM_TEXT],
        further=further,
        permitted_use=str(content.get("permitted_use", ""))[: 2 * MAXIMUM_TEXT],
        export_rule=EXPORT_RULES[export],
        content=complete,
    )


def case_file_read(data: bytes, *, schema: CaseSchema, name: str = "cases.csv") -> CaseFile:
    """Read a case file; ``FileInvalid`` holds up to fifty faults, each with its row and column."""
    text = _text(data, name=name)
    rows = _rows(text, name=name)
    header = next(rows, (0, []))[1]
    faults = list(_header_faults(header, schema))
    if faults:
        raise FileInvalid(name, faults)
    reader = _RowReader(header, schema)
    for number, (line, row) in enumerate(rows, start=1):
        if number > MAXIMUM_ROWS:
            reader.faults.append(Fault(line, f"row {number}", f"There are more than {MAXIMUM_ROWS:,} rows."))
        if len(reader.faults) >= MAXIMUM_FAULTS or number > MAXIMUM_ROWS:
            break
        reader.read(number, line, row)
    if not reader.rows and not reader.faults:
        reader.faults.append(Fault(0, "", "The file has a header and no rows."))
    reader.faults += original_faults(reader.further, lines=reader.lines)
    if reader.faults:
        raise FileInvalid(name, reader.faults[:MAXIMUM_FAULTS])
    return CaseFile(schema, reader.rows, reader.truth, reader.further)


def _text(data: bytes, *, name: str) -> str:
    if len(data) > MAXIMUM_BYTES:
        raise FileInvalid(name, [Fault(0, "", f"The file is larger than {MAXIMUM_BYTES // 1_000_000} MB.")])
    if data.startswith(_UTF16):
        raise FileInvalid(name, [Fault(1, "", "The file is UTF-16: save it as UTF-8.")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileInvalid(name, [Fault(line, "", "The file is not UTF-8: save it as UTF-8.")]) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise FileInvalid(name, [Fault(line, "", "There is a NUL character: this is no text file.")])
    if not text.strip():
        raise FileInvalid(name, [Fault(0, "", "The file is empty.")])
    return text


def _rows(text: str, *, name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for row in reader:
            if row:  # an empty line says nothing
                yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        raise FileInvalid(name, [Fault(start, "", f"The line is no valid CSV: {error}.")]) from error


def _header_faults(header: Sequence[str], schema: CaseSchema) -> Iterator[Fault]:
    if len(header) > MAXIMUM_COLUMNS:
        yield Fault(
            1, "the header", f"There are {len(header):,} columns, at most {MAXIMUM_COLUMNS:,} are read."
        )
        return
    if len(header) == 1 and ";" in header[0]:
        yield Fault(1, "the header", "The columns are separated by semicolons: save the file with commas.")
        return
    wanted = [schema.id_column, *schema.names, schema.truth_column, *schema.further.names]
    for place, column in enumerate(header, start=1):
        if not column.strip():
            yield Fault(1, f"column {place}", "The column has no name.")
        elif column in header[: place - 1]:
            yield Fault(1, f"column {column}", "The column stands there twice.")
        elif column not in wanted:
            yield Fault(
                1, f"column {column}", f"The schema has no such column.{did_you_mean(column, wanted)}"
            )
    for column in wanted:
        if column not in header:
            yield Fault(1, f"column {column}", "The schema names this column, and the file lacks it.")


class _RowReader:
    """Reads row after row and keeps what is good apart from what is wrong."""

    def __init__(self, header: Sequence[str], schema: CaseSchema) -> None:
        self.header, self.schema = header, schema
        self.rows: list[dict[str, Any]] = []
        self.truth: dict[str, str] = {}
        self.further: dict[str, FurtherValues] = {}
        self.lines: dict[str, int] = {}
        self.faults: list[Fault] = []
        self._first: dict[str, int] = {}

    def read(self, number: int, line: int, row: Sequence[str]) -> None:
        if len(row) != len(self.header):
            self.faults.append(
                Fault(line, f"row {number}", f"The row has {len(row)} values, the header {len(self.header)}.")
            )
            return
        values = dict(zip(self.header, row, strict=True))
        found = [(column, fault) for column, fault in self._cell_faults(number, values) if fault]
        self.faults += [Fault(line, f"row {number}, column {column}", fault) for column, fault in found]
        if not found:
            key = values[self.schema.id_column]
            self.rows.append({"key": key, "inputs": {n: float(values[n]) for n in self.schema.names}})
            self.truth[key] = values[self.schema.truth_column]
            self.further[key] = self.schema.further.read(values)
            self.lines[key] = line

    def _cell_faults(self, number: int, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        key = values[self.schema.id_column]
        yield self.schema.id_column, self._key_fault(key)
        self._first.setdefault(key, number)
        for name in self.schema.names:
            yield name, _number_fault(values[name])
        yield self.schema.truth_column, self._truth_fault(values[self.schema.truth_column])
        yield from self.schema.further.faults(values)

    def _key_fault(self, key: str) -> str:
        if not _KEY.fullmatch(key):
            return f"{_shown(key)} is no id: 1 to 80 letters, digits and . _ : - are one."
        if key in self._first:
            return f"The id {_shown(key)} stands in row {self._first[key]} already."
        return ""

    def _truth_fault(self, value: str) -> str:
        if not value:
            return "The reference answer is missing."
        if self.schema.options and value not in self.schema.options:
            return f"{_shown(value)} is not one of the options.{did_you_mean(value, self.schema.options)}"
        if len(value) > MAXIMUM_TEXT:
            return f"The reference answer is longer than {MAXIMUM_TEXT} characters."
        return ""


def _number_fault(value: str) -> str:
    if not value:
        return "The value is missing."
    if not _NUMBER.fullmatch(value):
        hint = " Write a point, not a comma." if re.fullmatch(r"[-+]?\d+,\d+", value) else ""
        return f"{_shown(value)} is no finite number.{hint}"
    return "" if math.isfinite(float(value)) else f"{_shown(value)} is too large."


def _shown(value: str) -> str:
    text = value if len(value) <= 40 else f"{value[:37]}..."
    return repr(text)
