"""Time away: sessions and their windows, the longest pause of a study, and places that were given to somebody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from studies.design.sessions import pause_limit_s
from studies.design.spec import Step
from studies.enrolment.attrition import attrition_watch
from studies.enrolment.models import Participant
from studies.trials.events import server_event_add
from studies.trials.sitting import Sitting, State

NOTICED_S = 300.0
"""From how long away on the log says so."""
WINDOW = ("opens_at", "closes_at")
MISSED, TOO_LONG, GIVEN_AWAY = "session_missed", "pause_exceeded", "place_given_away"


def session_enter(sitting: Sitting, step: Step) -> None:
    """Set the window of a session, counted from now."""
    person, now = sitting.participant, sitting.now
    person.opens_at = now + timedelta(seconds=step.params["opens_s"])
    closes_s = step.params["closes_s"]
    person.closes_at = None if closes_s is None else now + timedelta(seconds=closes_s)
    sitting.ledger.update(person, WINDOW)
    _log(sitting, "session_waits", opens_at=_text(person.opens_at), closes_at=_text(person.closes_at))


def session_begin(sitting: Sitting) -> None:
    """Take the window away: the session has begun."""
    person = sitting.participant
    person.opens_at = person.closes_at = None
    sitting.ledger.update(person, WINDOW)
    _log(sitting, "session_begun")


def is_waiting(sitting: Sitting) -> bool:
    """Say whether the next session has not opened yet."""
    opens_at = sitting.participant.opens_at
    return sitting.is_active and opens_at is not None and sitting.now < opens_at


def why_over(sitting: Sitting) -> str:
    """Say why a participant who is on the way may not go on any more; "" when they may."""
    person, spec = sitting.participant, sitting.spec
    if not sitting.is_active or sitting.place.step == 0:
        return ""
    if person.opens_at is not None:
        return MISSED if person.closes_at is not None and sitting.now > person.closes_at else ""
    if person.released_at is not None and spec.recruitment.returning == "closed":
        return GIVEN_AWAY
    limit = pause_limit_s(spec)
    return TOO_LONG if limit and away_s(sitting) > limit else ""


def away_s(sitting: Sitting) -> float:
    """Return how long ago the participant last answered."""
    return (sitting.now - sitting.participant.moved_at).total_seconds()


def was_away(sitting: Sitting) -> bool:
    """Say whether there is something to record before the page is shown: an end, or a pause."""
    if not sitting.is_active or sitting.place.step == 0:
        return False
    return bool(why_over(sitting)) or (sitting.participant.opens_at is None and away_s(sitting) >= NOTICED_S)


def pause_note(sitting: Sitting) -> None:
    """Record a pause of somebody who comes back."""
    if was_away(sitting):
        _log(sitting, "paused", away_s=round(away_s(sitting)))


def close_if_over(sitting: Sitting) -> None:
    """End the participation of somebody who was away too long; the caller holds the lock on their row."""
    reason = why_over(sitting)
    if not reason:
        return
    _log(sitting, reason, away_s=round(away_s(sitting)))
    person = sitting.participant
    person.state, person.closed_because = State.EXPIRED, reason
    # The moment of the last answer stays as it is: it says when they left.
    Participant.objects.filter(pk=person.pk).update(state=person.state, closed_because=reason)
    if not person.is_simulated and sitting.seat is not None:
        attrition_watch(person.version)


def _log(sitting: Sitting, kind: str, **payload: Any) -> None:
    place = sitting.place
    server_event_add(
        participant=sitting.participant,
        kind=kind,
        payload={"step": place.step, "trial": place.trial, **payload},
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
