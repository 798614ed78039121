"""Collects what one answer writes and writes it at once, by statements that are composed once per process.

On the way of an answer the ORM takes several times longer to compose an INSERT than the database takes to run it;
the participants' rate depends on it (``make bench``). Constraints and triggers see every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

from studies.trials.entries import Columns, Insert, Model, Rows, fields_of, names_of, table_of
from studies.trials.onestatement import write_in_one


class Ledger:
    """What one transaction writes and nobody has to read back within it; ``write`` sends it."""

    def __init__(self) -> None:
        self._inserts: list[Insert] = []
        self._updates: dict[models.Model, dict[str, Any]] = {}

    def insert(self, model: Model, columns: Columns, rows: Rows, *, ignore_conflicts: bool = False) -> None:
        """Add rows, given as the values of ``columns``; rows that are there may be left as they are."""
        if rows:
            self._inserts.append(Insert(model, columns, rows, ignore_conflicts))

    def insert_family(
        self, parent: tuple[Model, Columns, Sequence[Any]], children: tuple[Model, Columns, Rows]
    ) -> None:
        """Add a row and the rows that point to it; the first column of the children is that reference."""
        model, columns, row = parent
        child = Insert(*children) if children[2] else None
        self._inserts.append(Insert(model, columns, [row], child=child))

    def update(self, row: models.Model, columns: Columns) -> None:
        """Write columns of a row whose lock is held."""
        # One change per row: of two changes of a row within one statement, PostgreSQL drops one without a word.
        self._updates.setdefault(row, {}).update({name: getattr(row, name) for name in columns})

    def write(self) -> None:
        """Send everything; after it the ledger is empty."""
        inserts, updates = self._inserts, self._updates
        self._inserts, self._updates = [], {}
        if not inserts and not updates:
            return
        if connection.vendor == "postgresql":
            write_in_one(inserts, updates)
        else:
            _write_each(inserts, updates)


def _write_each(inserts: Sequence[Insert], updates: dict[models.Model, dict[str, Any]]) -> None:
    with connection.cursor() as cursor:
        for insert in inserts:
            child = insert.child
            statement = _insert(insert.model, insert.columns, len(insert.rows))
            end = " RETURNING id" if child else " ON CONFLICT DO NOTHING" if insert.ignores_conflicts else ""
            cursor.execute(statement + end, _values(insert.model, insert.columns, insert.rows))
            if child:
                (key,) = cursor.fetchone()
                rows = [(key, *row) for row in child.rows]
                cursor.execute(
                    _insert(child.model, child.columns, len(rows)), _values(child.model, child.columns, rows)
                )
        for row, changes in updates.items():
            columns = tuple(changes)
            values = _values(type(row), columns, [tuple(changes.values())])
            cursor.execute(_update(type(row), columns), [*values, row.pk])


def _values(model: Model, columns: Columns, rows: Rows) -> list[Any]:
    values = [value for row in rows for value in row]
    width = len(columns)
    for place, field in _converted(model, columns):
        for at in range(place, len(values), width):
            values[at] = field.get_db_prep_save(values[at], connection)
    return values


@lru_cache(maxsize=256)
def _converted(model: Model, columns: Columns) -> tuple[tuple[int, models.Field[Any, Any]], ...]:
    """Return the columns whose values the database does not take as they are, with their places."""
    found = enumerate(fields_of(model, columns))
    return tuple((i, f) for i, f in found if isinstance(f, models.JSONField | models.DateTimeField))


@lru_cache(maxsize=256)
def _insert(model: Model, columns: Columns, rows: int) -> str:
    names = ", ".join(names_of(model, columns))
    row = f"({', '.join(['%s'] * len(columns))})"
    return f"INSERT INTO {table_of(model)} ({names}) VALUES {', '.join([row] * rows)}"  # noqa: S608 (our own models)


@lru_cache(maxsize=256)
def _update(model: Model, columns: Columns) -> str:
    changes = ", ".join(f"{name} = %s" for name in names_of(model, columns))
    return f"UPDATE {table_of(model)} SET {changes} WHERE id = %s"  # noqa: S608 (our own models)
