"""Runs the few statements that every answer sends; PostgreSQL plans each once per connection."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

_kept = threading.local()


def row_prepared(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """Run a statement and return its first row; on PostgreSQL values are sent apart from the statement.

    Django's own cursor there puts the values into the text, which leaves the server nothing to prepare.
    """
    # Asked once: each attribute of django.db.connection finds the connection of this thread again.
    own = connections[DEFAULT_DB_ALIAS]
    if own.vendor != "postgresql":
        with own.cursor() as cursor:
            cursor.execute(statement, values)
            found: tuple[Any, ...] | None = cursor.fetchone()
            return found
    cursor = _cursor(own)
    cursor.execute(statement, values)
    return cursor.fetchone()  # type: ignore[no-any-return]


def _cursor(own: BaseDatabaseWrapper) -> Any:
    """Return this thread's cursor, with Django's errors and wrappers; making one costs as much as a small statement."""
    own.ensure_connection()
    cursor = getattr(_kept, "cursor", None)
    if cursor is None or cursor.cursor.connection is not own.connection:
        import psycopg  # only where the database is PostgreSQL

        cursor = _kept.cursor = CursorWrapper(psycopg.Cursor(own.connection), own)
    return cursor
