"""What a ledger holds, and the names that its tables have in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection, models

Model = type[models.Model]
Columns = tuple[str, ...]
Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Insert:
    """Rows to add to a table; a child's rows come without their first column, the reference to the one parent."""

    model: Model
    columns: Columns
    rows: Rows
    ignores_conflicts: bool = False
    child: Insert | None = None


def table_of(model: Model) -> str:
    """Return the quoted name of a model's table."""
    return connection.ops.quote_name(model._meta.db_table)


def names_of(model: Model, columns: Columns) -> list[str]:
    """Return the quoted names of columns."""
    return [connection.ops.quote_name(str(field.column)) for field in fields_of(model, columns)]


@lru_cache(maxsize=256)
def fields_of(model: Model, columns: Columns) -> tuple[models.Field[Any, Any], ...]:
    """Return the fields behind columns."""
    return tuple(model._meta.get_field(name) for name in columns)  # type: ignore[misc]
