"""Refuses to serve participants from an installation that is not safe for them (fail closed)."""

import time
from collections.abc import Sequence

from django.conf import settings
from django.core.checks import ERROR, CheckMessage, Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from deploy.database_checks import DATABASE_SILENT, unreachable

REDIS_SILENT = "deploy.E014"  # no reason to stay closed: participants never need Redis
DATABASE_WAIT_S = 30.0


class UnsafeStart(ImproperlyConfigured):
    """The installation is not safe for participants; the message lists every reason and its cure."""


def refuse_unsafe_settings() -> None:
    """Raise UnsafeStart for settings that are wrong for real participants; a laptop (ASSAY_LAPTOP=1) may have them."""
    if not settings.ASSAY_LAPTOP:
        _refuse(run_checks(tags=[Tags.security], include_deployment_checks=True))


def refuse_unsafe_database(wait_s: float = DATABASE_WAIT_S) -> None:
    """Raise UnsafeStart for a database that loses answers or has other tables; one that still starts gets some time."""
    deadline = time.monotonic() + wait_s
    while True:
        messages = _ask_database()
        silent = any(message.id == DATABASE_SILENT for message in messages)
        if not silent or time.monotonic() > deadline:
            break
        time.sleep(1)
    connections.close_all()
    _refuse(messages)


def _ask_database() -> list[CheckMessage]:
    try:
        return run_checks(tags=[Tags.database], include_deployment_checks=True, databases=["default"])
    except DatabaseError as error:
        return [unreachable("default", error)]


def _refuse(messages: Sequence[CheckMessage]) -> None:
    errors = [message for message in messages if message.level >= ERROR and message.id != REDIS_SILENT]
    if errors:
        lines = [
            f"- {error.id}: {error.msg} {error.hint or ''}".rstrip()
            for error in sorted(errors, key=lambda error: str(error.id))
            if not error.is_silenced()
        ]
        cure = "On your own machine use `make demo` or `manage.py runlocal`."
        raise UnsafeStart(
            "\n".join(["Assay does not start, because answers or people would not be safe:", *lines, cure])
        )
