"""System checks that ask the database itself (`manage.py check --deploy --database default`)."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

Apps = Sequence[AppConfig] | None
COMMON_PASSWORDS = ("admin", "assay", "changeme", "demo", "password")
MOST_ACCOUNTS = 20
DATABASE_SILENT = "deploy.E011"


@register(Tags.database, deploy=True)
def check_synchronous_commit(
    app_configs: Apps, *, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """An answer that was acknowledged survives a crash of PostgreSQL."""
    problems: list[CheckMessage] = []
    for alias in databases or ():
        if connections[alias].vendor != "postgresql":
            continue
        try:
            with connections[alias].cursor() as cursor:
                cursor.execute("SHOW synchronous_commit")
                (value,) = cursor.fetchone()
        except DatabaseError as error:
            problems.append(unreachable(alias, error))
            continue
        if value == "off":
            hint = "Set synchronous_commit = on in postgresql.conf, and look for a role or database that overrides it."
            message = "PostgreSQL acknowledges answers before they are on disk (synchronous_commit is off)."
            problems.append(Error(message, hint=hint, id="deploy.E009"))
    return problems


@register(Tags.database, deploy=True)
def check_migrations(
    app_configs: Apps, *, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """The tables are those of this version."""
    problems: list[CheckMessage] = []
    for alias in databases or ():
        try:
            executor = MigrationExecutor(connections[alias])
            missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError as error:
            problems.append(unreachable(alias, error))
            continue
        if missing:
            names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in missing[:5])
            message = f"{len(missing)} migrations were not applied, the first: {names}."
            problems.append(Error(message, hint="Run manage.py migrate.", id="deploy.E010"))
    return problems


@register(Tags.database, deploy=True)
def check_staff_passwords(
    app_configs: Apps, *, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """No account that may do everything has a password that everybody tries first."""
    accounts = (
        get_user_model().objects.filter(is_superuser=True, is_active=True).order_by("pk")[:MOST_ACCOUNTS]
    )
    weak: list[str] = []
    try:
        for account in accounts if databases else ():
            name = account.get_username()
            if any(account.check_password(guess) for guess in (*COMMON_PASSWORDS, name)):
                weak.append(name)
    except DatabaseError:
        return []  # unmigrated or unreachable: the other checks say so
    hint = "Run manage.py changepassword for each of them."
    return [Error(f"Superuser {name} has a common password.", hint=hint, id="deploy.E013") for name in weak]


def unreachable(alias: str, error: DatabaseError) -> Error:
    """Return the message for a database that does not answer."""
    hint = "Start it, or correct DATABASE_URL."
    return Error(
        f"The database {alias} does not answer: {str(error).strip()}.", hint=hint, id=DATABASE_SILENT
    )
