"""Finds a participant by the digest of their token, with a statement that is composed once per process.

Every request of a participant begins with this; composing the query takes the ORM longer than the database takes to
answer it (``make bench``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections

from studies.enrolment.models import Participant
from studies.enrolment.prepared import row_prepared

Converter = Callable[[Any, Any, Any], Any]


def participant_by_digest(digest: str, *, is_locked: bool) -> Participant | None:
    """Return the participant; with ``is_locked`` their row stays locked until the transaction ends."""
    own = connections[DEFAULT_DB_ALIAS]
    statement, names, converters = _prepared(own.vendor, is_locked)
    row = row_prepared(statement, [digest])
    if row is None:
        return None
    values = list(row)
    for place, convert, expression in converters:
        values[place] = convert(values[place], expression, own)
    return Participant.from_db(DEFAULT_DB_ALIAS, names, values)


@lru_cache(maxsize=4)
def _prepared(vendor: str, is_locked: bool) -> tuple[str, list[str], tuple[tuple[int, Converter, Any], ...]]:
    """Compose the statement, and find what turns the columns of this database into values of the model."""
    quote = connection.ops.quote_name
    fields = Participant._meta.concrete_fields
    columns = ", ".join(quote(str(field.column)) for field in fields)
    statement = f"SELECT {columns} FROM {quote(Participant._meta.db_table)} WHERE token_digest = %s"  # noqa: S608
    if is_locked and connection.features.has_select_for_update:
        statement += " FOR UPDATE"
    converters = []
    for place, field in enumerate(fields):
        expression = field.get_col(Participant._meta.db_table)
        for convert in (
            *connection.ops.get_db_converters(expression),
            *expression.get_db_converters(connection),
        ):
            converters.append((place, convert, expression))
    return statement, [field.attname for field in fields], tuple(converters)
