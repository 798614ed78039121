"""Triggers by which the database itself refuses to change content rows, and the check that they are there."""

import sys
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from explainers.models import FROZEN

SUFFIX = "_is_frozen"
FUNCTION = "explainers_refuse_change"
REFUSE_CHANGE = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'Rows of % never change; import a new one', TG_TABLE_NAME
  USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def triggers_install(*, using: str = "default") -> None:
    """Install the triggers of every frozen table anew; SQLite drops them whenever a migration remakes a table."""
    connection = connections[using]
    existing = set(connection.introspection.table_names())
    tables = [model._meta.db_table for model in FROZEN if model._meta.db_table in existing]
    with connection.cursor() as cursor:
        for statement in _statements(connection, tables=tables):
            cursor.execute(statement)


def triggers_missing(*, using: str = "default") -> list[str]:
    """Return the names of triggers that should be in the database and are not (or are switched off)."""
    connection = connections[using]
    wanted = {name for model in FROZEN for name in _names(connection, table=model._meta.db_table)}
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    return sorted(wanted - present)


def frozen_tables_check(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Report frozen tables that the database does not protect."""
    messages: list[CheckMessage] = []
    if sys.argv[1:2] == ["migrate"]:
        return messages  # the check must not stand in the way of its own cure
    for using in databases or ():
        connection = connections[using]
        if FROZEN[0]._meta.db_table not in connection.introspection.table_names():
            continue  # before the first migrate there is nothing to protect
        missing = triggers_missing(using=using)
        if missing:
            messages.append(
                Error(
                    f"Content of the explanation engine can be changed: {len(missing)} triggers are missing.",
                    hint=f"Run `manage.py migrate`, which installs them again. Missing: {', '.join(missing)}.",
                    id="explainers.E001",
                )
            )
    return messages


def _names(connection: BaseDatabaseWrapper, *, table: str) -> list[str]:
    kinds = ["update", "delete"] + (["truncate"] if connection.vendor == "postgresql" else [])
    return [f"{table}_{kind}{SUFFIX}" for kind in kinds]


def _statements(connection: BaseDatabaseWrapper, *, tables: Sequence[str]) -> list[str]:
    if connection.vendor == "sqlite":
        return [text for table in tables for text in _sqlite_statements(connection, table=table)]
    if connection.vendor == "postgresql":
        return [
            REFUSE_CHANGE,
            *[text for table in tables for text in _postgresql_statements(connection, table=table)],
        ]
    raise NotImplementedError(f"There are no triggers for the database engine {connection.vendor}.")


def _sqlite_statements(connection: BaseDatabaseWrapper, *, table: str) -> list[str]:
    statements = []
    for name, event in zip(_names(connection, table=table), ("UPDATE", "DELETE"), strict=True):
        refusal = f"SELECT RAISE(ABORT, 'Rows of {table} never change; import a new one')"
        statements += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} BEGIN {refusal}; END",
        ]
    return statements


def _postgresql_statements(connection: BaseDatabaseWrapper, *, table: str) -> list[str]:
    statements = []
    for name, event in zip(_names(connection, table=table), ("UPDATE", "DELETE", "TRUNCATE"), strict=True):
        level = "STATEMENT" if event == "TRUNCATE" else "ROW"
        statements += [
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {level} EXECUTE FUNCTION {FUNCTION}()",
        ]
    return statements
