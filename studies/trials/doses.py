"""What participants took of each explanation: the events that tell of it are bound to the trial that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studies.trials.sitting import Sitting

DOSE = "dose"
TRIAL, STAGE = "_trial", "_stage"
PREFIX = 16  # of the nonce; pages name themselves so in their events


def bound(sitting: Sitting, events: Sequence[Any]) -> list[Any]:
    """Return events of a page, those of doses with the trial and the stage of the current page, if it is theirs.

    A page knows only its nonce; which trial that is, only the server knows. Names that begin with an underscore are the
    server's own: what a client sends under one is dropped.
    """
    return [_bound(sitting, event) if _is_dose(event) else event for event in events]


def has_dose(events: Sequence[Any]) -> bool:
    """Say whether any event is one."""
    return any(_is_dose(event) for event in events)


def _is_dose(event: Any) -> bool:
    return isinstance(event, dict) and event.get("kind") == DOSE and isinstance(event.get("payload"), dict)


def _bound(sitting: Sitting, event: dict[str, Any]) -> dict[str, Any]:
    payload = {key: value for key, value in event["payload"].items() if not str(key).startswith("_")}
    nonce = sitting.nonce[:PREFIX]
    if nonce and payload.get("nonce") == nonce and sitting.stage is not None:
        payload |= {TRIAL: sitting.trial_id, STAGE: sitting.stage.name}
    return {**event, "payload": payload}
