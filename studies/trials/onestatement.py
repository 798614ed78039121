"""Writes a whole ledger to PostgreSQL in one prepared statement.

The rows of each table travel as one JSON text, so the statement depends only on which tables and columns an answer
writes. There are a handful of such shapes: the server parses and plans each once per connection, and nothing is bound
value by value in Python. Sent apart, the same rows cost the server three times as much (``make bench``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, models

from studies.enrolment.prepared import row_prepared
from studies.trials.entries import Columns, Insert, Model, fields_of, names_of, table_of

Shape = tuple[Model, Columns]
InsertShape = tuple[Model, Columns, bool, Shape | None]


def write_in_one(inserts: Sequence[Insert], updates: Mapping[models.Model, Mapping[str, Any]]) -> None:
    """Add the rows and change the rows; all of it, or an error and nothing."""
    shapes = tuple((i.model, i.columns, i.ignores_conflicts, _shape_of_child(i)) for i in inserts)
    changed = tuple((type(row), tuple(changes)) for row, changes in updates.items())
    documents = []
    for insert in inserts:
        documents.append(_json(insert.rows))
        if insert.child:
            documents.append(_json(insert.child.rows))
    documents += [_json([[*changes.values(), row.pk]]) for row, changes in updates.items()]
    row_prepared(_statement(shapes, changed), documents)


def _shape_of_child(insert: Insert) -> Shape | None:
    return (insert.child.model, insert.child.columns) if insert.child else None


def _json(rows: Sequence[Sequence[Any]]) -> str:
    return _ENCODER.encode([dict(enumerate(row)) for row in rows])


@lru_cache(maxsize=64)  # the rows of an answer share a few moments
def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no value of a ledger")


_ENCODER = json.JSONEncoder(default=_moment, allow_nan=False, check_circular=False, separators=(",", ":"))


@lru_cache(maxsize=256)
def _statement(inserts: tuple[InsertShape, ...], updates: tuple[Shape, ...]) -> str:
    parts = [part for number, shape in enumerate(inserts) for part in _insert(number, *shape)]
    parts += [_update(number, *shape) for number, shape in enumerate(updates)]
    return f"WITH {', '.join(parts)} SELECT 1"


def _insert(
    number: int, model: Model, columns: Columns, ignores_conflicts: bool, child: Shape | None
) -> list[str]:
    end = " ON CONFLICT DO NOTHING" if ignores_conflicts else ""
    own = (
        f"INSERT INTO {table_of(model)} ({', '.join(names_of(model, columns))}) "  # noqa: S608 (our own models)
        f"SELECT sent.* FROM {_recordset(model, columns)}{end}"
    )
    if child is None:
        return [f"added{number} AS ({own})"]
    of, child_columns = child
    children = (
        f"INSERT INTO {table_of(of)} ({', '.join(names_of(of, child_columns))}) "  # noqa: S608 (our own models)
        f"SELECT added{number}.id, sent.* FROM added{number}, {_recordset(of, child_columns[1:])}"
    )
    return [f"added{number} AS ({own} RETURNING id)", f"children{number} AS ({children})"]


def _update(number: int, model: Model, columns: Columns) -> str:
    changes = ", ".join(f'{name} = sent."{i}"' for i, name in enumerate(names_of(model, columns)))
    return (
        f"changed{number} AS (UPDATE {table_of(model)} SET {changes} "  # noqa: S608 (our own models)
        f'FROM {_recordset(model, (*columns, "id"))} WHERE {table_of(model)}.id = sent."{len(columns)}")'
    )


def _recordset(model: Model, columns: Columns) -> str:
    types = ", ".join(f'"{i}" {_type(field)}' for i, field in enumerate(fields_of(model, columns)))
    return f"json_to_recordset(%s::json) AS sent({types})"


def _type(field: models.Field[Any, Any]) -> str:
    return str(field.rel_db_type(connection) if field.primary_key else field.db_type(connection))
