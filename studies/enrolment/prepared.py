"""A cursor whose statements PostgreSQL plans once per connection, for the few that every answer sends."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper


def prepared_cursor() -> Any:
    """Return a cursor with Django's errors and wrappers; on PostgreSQL it sends values apart from the statement.

    Django's own cursor there puts the values into the text, which leaves the server nothing to prepare.
    """
    if connection.vendor != "postgresql":
        return connection.cursor()
    import psycopg  # only where the database is PostgreSQL

    connection.ensure_connection()
    return CursorWrapper(psycopg.Cursor(connection.connection), connection)
