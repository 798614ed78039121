"""The database itself refuses to change what must not change: triggers for SQLite and PostgreSQL from one list.

``protect`` says for a table under which condition a statement is refused. Conditions are SQL that both databases
read, with ``OLD`` and ``NEW`` for the row. The triggers are installed after every migrate, because Django re-makes
SQLite tables without their triggers, and ``missing_triggers`` is asked before a study is launched or opened.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate

ALWAYS = "1 = 1"
PREFIX = "keeps_"


@dataclass(frozen=True)
class Trigger:
    """One statement that is refused on one table under a condition."""

    table: str
    event: str
    condition: str
    because: str

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.table}_{self.event.lower()}"


_TRIGGERS: dict[str, list[Trigger]] = {}


def protect(
    model: type[models.Model], *, because: str, insert: str = "", update: str = "", delete: str = ""
) -> None:
    """Refuse statements on the table of a model when a condition holds; an empty condition refuses nothing.

    TRUNCATE, where there is one, is refused for a table whose rows may not all be deleted, unless it is empty.
    """
    table = model._meta.db_table
    found = [
        Trigger(table, event, condition, because)
        for event, condition in (("INSERT", insert), ("UPDATE", update), ("DELETE", delete))
        if condition
    ]
    if delete:
        found.append(Trigger(table, "TRUNCATE", _some_row(table), because))
    known = _TRIGGERS.setdefault(model._meta.app_label, [])
    known[:] = [trigger for trigger in known if trigger.table != table] + found


def _some_row(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM {table})"  # noqa: S608 (the name of a model's own table)


def differs(*columns: str) -> str:
    """Return the condition that an UPDATE changes any of the columns."""
    return "(" + " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns) + ")"


def install_after_migrate(app: AppConfig) -> None:
    """Install the triggers of an app each time its migrations have run; call it in ``ready``."""
    post_migrate.connect(_install, sender=app, dispatch_uid=f"triggers of {app.label}")


def install_triggers(*, using: str = "default", labels: Iterable[str] | None = None) -> None:
    """Put the triggers in the place of whatever stands there under their names."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for trigger in _wanted(connection, labels):
            if trigger.table in tables:
                for statement in _statements(connection, trigger):
                    cursor.execute(statement)


def missing_triggers(*, using: str = "default") -> list[str]:
    """Return the triggers that should guard a table that is there and do not, or that say something else."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    there = _present(connection)
    return sorted(
        trigger.name
        for trigger in _wanted(connection, None)
        if trigger.table in tables and there.get(trigger.name) != _body(connection, trigger)
    )


def immutability_check(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Report tables of studies that the database does not guard."""
    messages: list[CheckMessage] = []
    if sys.argv[1:2] == ["migrate"]:
        return messages  # the check must not stand in the way of its own cure
    for using in databases or ():
        missing = missing_triggers(using=using)
        if missing:
            messages.append(
                Error(
                    f"Launched studies can be changed in the database: {len(missing)} triggers are missing.",
                    hint="Run `manage.py migrate`, which installs them again. "
                    f"Missing: {', '.join(missing)}.",
                    id="design.E001",
                )
            )
    return messages


def _install(sender: AppConfig, using: str, **_: Any) -> None:
    install_triggers(using=using, labels=[sender.label])


def _wanted(connection: BaseDatabaseWrapper, labels: Iterable[str] | None) -> list[Trigger]:
    found = [trigger for label in labels or list(_TRIGGERS) for trigger in _TRIGGERS.get(label, [])]
    if connection.vendor == "sqlite":  # it has no TRUNCATE
        return [trigger for trigger in found if trigger.event != "TRUNCATE"]
    return found


def _message(trigger: Trigger) -> str:
    return f"{trigger.event} on {trigger.table} is refused: {trigger.because}".replace("'", "''")


def _body(connection: BaseDatabaseWrapper, trigger: Trigger) -> str:
    """Return the part of the trigger that the database gives back, to compare it with what should be there."""
    if connection.vendor == "sqlite":
        condition = trigger.condition.replace("IS DISTINCT FROM", "IS NOT")
        return (
            f"CREATE TRIGGER {trigger.name} BEFORE {trigger.event} ON {trigger.table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{_message(trigger)}'); END"
        )
    if connection.vendor == "postgresql":
        row = {"DELETE": "OLD", "TRUNCATE": "NULL"}.get(trigger.event, "NEW")
        return (
            f"BEGIN IF {trigger.condition} THEN RAISE EXCEPTION '%', '{_message(trigger)}' "
            f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row}; END"
        )
    raise NotImplementedError(f"There are no triggers for the database engine {connection.vendor}.")


def _statements(connection: BaseDatabaseWrapper, trigger: Trigger) -> list[str]:
    body = _body(connection, trigger)
    if connection.vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {trigger.name}", body]
    level = "STATEMENT" if trigger.event == "TRUNCATE" else "ROW"
    return [
        f"CREATE OR REPLACE FUNCTION {trigger.name}() RETURNS trigger LANGUAGE plpgsql AS $assay${body}$assay$",
        f"DROP TRIGGER IF EXISTS {trigger.name} ON {trigger.table}",
        (
            f"CREATE TRIGGER {trigger.name} BEFORE {trigger.event} ON {trigger.table} "
            f"FOR EACH {level} EXECUTE FUNCTION {trigger.name}()"
        ),
    ]


def _present(connection: BaseDatabaseWrapper) -> dict[str, str]:
    query = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT t.tgname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        return dict(cursor.fetchall())
