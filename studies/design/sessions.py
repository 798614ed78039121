"""Time between answers: sessions with windows, the longest pause, and how somebody gets back in; read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.design.checks import Draft
from studies.design.spec import StudySpec
from studies.errors import Fault

DAY_S, HOUR_S = 24 * 3600, 3600
LINK, CODE = "link", "code"


def session_faults(draft: Draft) -> Iterator[Fault]:
    """Check the sessions: where they stand, and that their windows are windows."""
    claim = next((step.index for step in draft.of_kind("allocate")), len(draft.steps))
    names: set[str] = set()
    for step in draft.of_kind("session"):
        opens, closes = step.params["opens_after_days"], step.params.get("closes_after_days")
        if closes is not None and closes <= opens:
            yield draft.fault((*step.path, "closes_after_days"), "The session closes before it opens.")
        if step.params["name"] in names:
            yield draft.fault((*step.path, "name"), "An earlier session has the same name.")
        names.add(step.params["name"])
        if step.index < claim:
            yield draft.fault(step.path, "A session begins after 'allocate': put it there.")
        if step.index == len(draft.steps) - 1:
            yield draft.fault(step.path, "Nothing comes after this session begins: leave it out.")
        if any(later.index == step.index + 1 for later in draft.of_kind("session")):
            yield draft.fault(
                step.path, "The next session begins at once: something must happen in this one."
            )


def session_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Write a session out in full, in seconds from the end of what came before."""
    closes = params.get("closes_after_days")
    return {
        "name": params["name"],
        "opens_s": round(params["opens_after_days"] * DAY_S),
        "closes_s": None if closes is None else round(closes * DAY_S),
        "code": params.get("code", ""),
    }


def staying(data: Mapping[str, Any]) -> dict[str, Any]:
    """Write out how long somebody may be away and how they get back; with sessions the personal link always works."""
    has_sessions = any(isinstance(step, Mapping) and "session" in step for step in data["flow"])
    returning = {LINK: has_sessions, CODE: False} | dict(data.get("returning", {}))
    hours = data.get("pause", {}).get("maximum_hours")
    return {
        "pause": None if hours is None else {"maximum_s": round(hours * HOUR_S)},
        "returning": returning,
    }


def pause_limit_s(spec: StudySpec) -> int:
    """Return the longest pause of a study in seconds; 0 for any length."""
    pause = spec.document.get("pause") or {}
    return int(pause.get("maximum_s", 0))


def lets_back_by(spec: StudySpec, way: str) -> bool:
    """Say whether a participant may get back in by their personal link, or by a code."""
    return bool((spec.document.get("returning") or {}).get(way, False))
