"""Writes one table as CSV and Parquet at the same time, row by row: memory does not grow with the table."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from analysis.core.schema import Column, Table
from studies.export.csvsafe import safe_text

CHUNK = 5_000
Row = Mapping[str, Any]


def write_table(table: Table, *, rows: Iterable[Row], folder: Path) -> int:
    """Write ``<table>.csv`` and ``<table>.parquet``; return the number of rows."""
    count = 0
    with (
        (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as handle,
        _ParquetFile(table, file=folder / f"{table.name}.parquet") as parquet,
    ):
        lines = csv.writer(handle)
        lines.writerow([safe_text(name) for name in table.names()])
        spell = [(column.name, _SPELLED[column.kind]) for column in table.columns]
        for chunk in _chunks(rows):
            lines.writerows([[say(row[name]) for name, say in spell] for row in chunk])
            parquet.write(chunk)
            count += len(chunk)
    return count


def write_records(file: Path, *, names: list[str], records: Iterable[Row]) -> None:
    """Write a small CSV file of text and numbers, such as the codebook."""
    with file.open("w", encoding="utf-8", newline="") as handle:
        lines = csv.writer(handle)
        lines.writerow([safe_text(name) for name in names])
        for record in records:
            lines.writerow([_spell_any(record[name]) for name in names])


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while chunk := list(islice(source, CHUNK)):
        yield chunk


def _spell_text(value: Any) -> str:
    return "" if value is None else safe_text(str(value))


def _spell_number(value: Any) -> str:
    return "" if value is None else repr(float(value))


def _spell_integer(value: Any) -> str:
    return "" if value is None else str(int(value))


def _spell_flag(value: Any) -> str:
    return "" if value is None else ("true" if value else "false")


def _spell_any(value: Any) -> str:
    if isinstance(value, bool):
        return _spell_flag(value)
    return str(value) if isinstance(value, int | float) else _spell_text(value)


_SPELLED: Mapping[str, Callable[[Any], str]] = {
    "text": _spell_text,
    "json": _spell_text,
    "number": _spell_number,
    "integer": _spell_integer,
    "boolean": _spell_flag,
}


class _ParquetFile:
    """A Parquet file of one table, written in row groups."""

    def __init__(self, table: Table, *, file: Path) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        kinds = {
            "text": pa.string(),
            "json": pa.string(),
            "number": pa.float64(),
            "integer": pa.int64(),
            "boolean": pa.bool_(),
        }
        self._schema = pa.schema([_arrow_field(column, kinds[column.kind]) for column in table.columns])
        self._batch = pa.Table.from_pylist
        self._writer = parquet.ParquetWriter(str(file), self._schema, compression="zstd")

    def __enter__(self) -> _ParquetFile:
        return self

    def write(self, rows: list[Row]) -> None:
        self._writer.write_table(self._batch(rows, schema=self._schema))

    def __exit__(self, *_: object) -> None:
        self._writer.close()


def _arrow_field(column: Column, kind: Any) -> Any:
    import pyarrow as pa

    about = {"unit": column.unit, "meaning": column.meaning}
    return pa.field(column.name, kind, nullable=True, metadata=about)
