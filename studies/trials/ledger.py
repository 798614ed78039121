"""Collects what one answer writes and writes it at once, by statements that are composed once per process.

On the way of an answer the ORM takes several times longer to compose an INSERT than the database takes to run it, and
on PostgreSQL every statement is a round trip; the participants' rate depends on both (``make bench``). Constraints and
triggers see every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

Model = type[models.Model]
Columns = tuple[str, ...]
Rows = Sequence[Sequence[Any]]


class Ledger:
    """The statements of one transaction that nobody has to read back within it; ``write`` sends them in their order."""

    def __init__(self) -> None:
        self._statements: list[tuple[str, list[Any]]] = []
        self._families: list[tuple[tuple[str, list[Any]], Model, Columns, Rows]] = []

    def insert(self, model: Model, columns: Columns, rows: Rows, *, ignore_conflicts: bool = False) -> None:
        """Add rows, given as the values of ``columns``; rows that are there may be left as they are."""
        if rows:
            end = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
            self._statements.append((_insert(model, columns, len(rows)) + end, _values(model, columns, rows)))

    def insert_family(
        self, parent: tuple[Model, Columns, Sequence[Any]], children: tuple[Model, Columns, Rows]
    ) -> None:
        """Add a row and the rows that point to it; the first column of the children is that reference."""
        (model, columns, row), (child, child_columns, rows) = parent, children
        first = (_insert(model, columns, 1) + " RETURNING id", _values(model, columns, [row]))
        if connection.vendor == "postgresql" and rows:
            statement = _family(first[0], child, child_columns, len(rows))
            self._statements.append((statement, first[1] + _values(child, child_columns[1:], rows)))
        else:
            self._families.append((first, child, child_columns, rows))

    def update(self, row: models.Model, columns: Columns) -> None:
        """Write columns of a row whose lock is held."""
        model = type(row)
        values = [getattr(row, name) for name in columns]
        statement = _update(model, columns)
        self._statements.append((statement, [*_values(model, columns, [values]), row.pk]))

    def write(self) -> None:
        """Send everything; after it the ledger is empty."""
        statements, families = self._statements, self._families
        self._statements, self._families = [], []
        if not statements and not families:
            return
        with connection.cursor() as cursor:
            for statement, parameters in _together(statements):
                cursor.execute(statement, parameters)
            for (statement, parameters), child, columns, rows in families:
                cursor.execute(statement, parameters)
                (key,) = cursor.fetchone()
                linked = [(key, *row) for row in rows]
                cursor.execute(_insert(child, columns, len(rows)), _values(child, columns, linked))


def _together(statements: list[tuple[str, list[Any]]]) -> list[tuple[str, list[Any]]]:
    """Join statements into one message where the database takes that: values are then bound on this side."""
    if connection.vendor != "postgresql" or connection.features.uses_server_side_binding:  # type: ignore[attr-defined]
        return statements
    joined = "; ".join(statement for statement, _ in statements)
    return [(joined, [value for _, parameters in statements for value in parameters])]


def _values(model: Model, columns: Columns, rows: Rows) -> list[Any]:
    values = [value for row in rows for value in row]
    width = len(columns)
    for place, field in _converted(model, columns):
        given = made = None
        for at in range(place, len(values), width):
            if made is None or values[at] is not given:  # most rows of one answer hold the same moment
                given = values[at]
                made = field.get_db_prep_save(given, connection)
            values[at] = made
    return values


@lru_cache(maxsize=256)
def _converted(model: Model, columns: Columns) -> tuple[tuple[int, models.Field[Any, Any]], ...]:
    """Return the columns whose values the database does not take as they are, with their places."""
    found = enumerate(_fields(model, columns))
    return tuple((i, f) for i, f in found if isinstance(f, models.JSONField | models.DateTimeField))


@lru_cache(maxsize=256)
def _insert(model: Model, columns: Columns, rows: int) -> str:
    names = ", ".join(_names(model, columns))
    values = ", ".join([_row(len(columns))] * rows)
    return f"INSERT INTO {_table(model)} ({names}) VALUES {values}"  # noqa: S608 (names of our own models)


@lru_cache(maxsize=256)
def _family(parent: str, child: Model, columns: Columns, rows: int) -> str:
    names = _names(child, columns)
    values = ", ".join([_row(len(columns) - 1)] * rows)
    return (
        f"WITH parent AS ({parent}) INSERT INTO {_table(child)} ({', '.join(names)}) "  # noqa: S608 (as above)
        f"SELECT parent.id, child.* FROM parent, (VALUES {values}) AS child ({', '.join(names[1:])})"
    )


@lru_cache(maxsize=256)
def _update(model: Model, columns: Columns) -> str:
    changes = ", ".join(f"{name} = %s" for name in _names(model, columns))
    return f"UPDATE {_table(model)} SET {changes} WHERE id = %s"  # noqa: S608 (as above)


def _row(columns: int) -> str:
    return f"({', '.join(['%s'] * columns)})"


def _table(model: Model) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _names(model: Model, columns: Columns) -> list[str]:
    return [connection.ops.quote_name(str(field.column)) for field in _fields(model, columns)]


@lru_cache(maxsize=256)
def _fields(model: Model, columns: Columns) -> tuple[models.Field[Any, Any], ...]:
    return tuple(model._meta.get_field(name) for name in columns)  # type: ignore[misc]
