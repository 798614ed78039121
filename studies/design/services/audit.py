"""The trail of what staff did."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from studies.design.models import StaffAction, Study


def action_record(
    *, verb: str, study: Study | None, actor: AbstractBaseUser | None, detail: dict[str, Any] | None = None
) -> StaffAction:
    """Add a line to the audit trail; ``actor`` is ``None`` for a command on the server."""
    return StaffAction.objects.create(
        actor_id=None if actor is None else actor.pk, study=study, verb=verb, detail=detail or {}
    )
