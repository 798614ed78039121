"""Adds rows by statements that are written once per process.

On the way of an answer the ORM takes several times longer to write an INSERT than the database takes to run it; the
participants' rate depends on it (``make bench``). Values still pass through the fields of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models


def rows_insert(
    model: type[models.Model],
    columns: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    *,
    ignore_conflicts: bool = False,
) -> None:
    """Insert rows, given as the values of ``columns`` in their order; rows that are there may be left as they are."""
    if rows:
        end = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
        with connection.cursor() as cursor:
            cursor.execute(_statement(model, columns, len(rows)) + end, _parameters(model, columns, rows))


def row_insert(model: type[models.Model], columns: tuple[str, ...], row: Sequence[Any]) -> int:
    """Insert one row and return its primary key."""
    with connection.cursor() as cursor:
        statement = f"{_statement(model, columns, 1)} RETURNING id"
        cursor.execute(statement, _parameters(model, columns, [row]))
        return int(cursor.fetchone()[0])


@lru_cache(maxsize=256)
def _statement(model: type[models.Model], columns: tuple[str, ...], rows: int) -> str:
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in _fields(model, columns))
    values = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * rows)
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES {values}"  # noqa: S608 (names of our own)


def _parameters(
    model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> list[Any]:
    fields = _fields(model, columns)
    return [
        field.get_db_prep_save(value, connection)
        for row in rows
        for field, value in zip(fields, row, strict=True)
    ]


@lru_cache(maxsize=256)
def _fields(model: type[models.Model], columns: tuple[str, ...]) -> tuple[models.Field[Any, Any], ...]:
    return tuple(model._meta.get_field(name) for name in columns)  # type: ignore[misc]
