"""Taking part: the current page, an answer to it, leaving. One transaction per answer, and answers are only added."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.db import transaction

from studies.design.models import StudyVersion
from studies.design.selectors import version_spec
from studies.enrolment.models import Participant, Withdrawal
from studies.enrolment.selectors import participant_by_token, participant_locked
from studies.enrolment.services import Known, participant_enrol, participant_return, participant_withdraw
from studies.errors import AnswerInvalid
from studies.trials.advance import place_advance, place_repeat
from studies.trials.answers import read_clock
from studies.trials.currentpage import page_at, page_to_send
from studies.trials.doses import bound, has_dose
from studies.trials.erasure import participant_erase
from studies.trials.events import (
    GONE,
    events_append,
    events_append_with_answer,
    read_batch,
    server_event_add,
)
from studies.trials.models import Submission
from studies.trials.pages import Page
from studies.trials.pauses import close_if_over, is_waiting, pause_note, was_away
from studies.trials.position import TRIAL_STEPS
from studies.trials.receive import answer_receive
from studies.trials.records import (
    body_digest_of,
    presentation_create,
    presentation_exists,
    reveals_record,
    submission_create,
)
from studies.trials.sitting import Sitting
from studies.trials.turns import turn

__all__ = [
    "Outcome",
    "Sent",
    "page_current",
    "page_events",
    "page_submit",
    "page_submit_by_token",
    "part_reveal",
    "participant_leave",
    "participant_resume",
    "participant_start",
]

Data = Mapping[str, Any]
NONCE = 64
Status = Literal["accepted", "repeated", "conflict", "invalid", "early"]


@dataclass(frozen=True)
class Outcome:
    """What became of an answer, and the page that is current now; no page when it was not asked for."""

    status: Status
    page: Page | None


def page_events(*, participant: Participant, source: str, events: Sequence[Any]) -> None:
    """Store a batch of events that a page sent by itself."""
    if has_dose(events) and participant.state not in GONE:
        events = bound(Sitting(participant), events)
    events_append(participant=participant, source=source, events=events)


def page_current(participant: Participant) -> Page:
    """Return the page at the participant's place; what a stage shows is recorded when it is first sent."""
    sitting = Sitting(participant)
    is_recorded = sitting.is_active and sitting.step.kind in TRIAL_STEPS
    if not is_recorded and not was_away(sitting):
        return page_at(sitting)
    with transaction.atomic():
        sitting = Sitting(participant_locked(participant.pk))
        pause_note(sitting)
        close_if_over(sitting)
        page, is_again = _page_sent(sitting)
        if is_again:
            _log(sitting, "reload")
        sitting.ledger.write()
        return page


@dataclass(frozen=True)
class Sent:
    """What a form sent: the nonce of its page, the answers, the client's clock, and events that came along."""

    nonce: str
    data: Data
    clock: Data | str = ""
    events: str = ""


def page_submit(
    *, participant_id: int, nonce: str, data: Data, clock: Data | str, is_next_sent: bool = True
) -> Outcome:
    """Take the answer to a page. A repeat is told what the first was told; anything else that is not current is 409."""
    sent = Sent(nonce, data, clock)
    return _submit(lambda: participant_locked(participant_id), sent, is_next_sent=is_next_sent)


def page_submit_by_token(*, token: str, slug: str, sent: Sent, is_next_sent: bool = True) -> Outcome:
    """Take the answer of whose cookie holds the token; raises Participant.DoesNotExist when that is nobody here."""
    return _submit(lambda: _locked_by_token(token, slug), sent, is_next_sent=is_next_sent)


def _locked_by_token(token: str, slug: str) -> Participant:
    found = participant_by_token(token, is_locked=True)
    if found is None or version_spec(found.version_id).study != slug:
        raise Participant.DoesNotExist
    return found


def part_reveal(*, token: str, slug: str, nonce: str, number: int, data: Data) -> Outcome:
    """Show a part of the current page that its participant asks for, if it is due by the server's clock.

    The page comes back with what was filled in so far (``data``). What cannot be shown yet, or belongs to another page,
    is a conflict; asking twice changes nothing.
    """
    with turn(), transaction.atomic():
        sitting = Sitting(_locked_by_token(token, slug))
        if not sitting.is_active or not hmac.compare_digest(nonce.encode(), sitting.nonce.encode()):
            return Outcome("conflict", _page_sent(sitting)[0])
        stage = sitting.stage
        held = () if stage is None else sitting.trial_of_study.held(stage)
        asked = next((each for each in held if each.part.number == number), None)
        if asked is not None and not asked.is_due:
            _log(sitting, "reveal_refused", panel=number, wait_ms=round(1000 * asked.wait_s))
        elif asked is not None:
            sitting.asked_for |= {asked.part.name}
        page = _page_sent(sitting)[0]
        sitting.ledger.write()
        values = {name: value for name, value in data.items() if isinstance(value, str | list)}
        is_early = asked is not None and not asked.is_due
        return Outcome("early" if is_early else "accepted", replace(page, values=values))


def participant_start(
    *, version: StudyVersion, identifiers: Iterable[Known] = (), visit: str = "", language: str = ""
) -> tuple[Participant, str]:
    """Enrol a person, or let one who is known go on; whatever was open elsewhere is closed by the new token."""
    participant, token = participant_enrol(
        version=version, identifiers=identifiers, visit=visit, language=language
    )
    if participant.step_index or participant.attempt:
        with transaction.atomic():
            server_event_add(participant=participant_locked(participant.pk), kind="resumed")
    return participant, token


def participant_resume(*, code: str, slug: str) -> str:
    """Let somebody go on elsewhere by their code and return the token of the new device."""
    participant, token = participant_return(code=code, slug=slug)
    with transaction.atomic():
        server_event_add(
            participant=participant_locked(participant.pk), kind="resumed", payload={"by_code": True}
        )
    return token


def participant_leave(*, participant_id: int) -> Page:
    """Record a withdrawal under the policy of the study, erase what it says, and return the page that tells so."""
    with transaction.atomic():
        participant = participant_locked(participant_id)
        withdrawal = participant_withdraw(participant=participant)
        if withdrawal.policy == Withdrawal.Policy.ERASE:
            participant_erase(participant=participant)
        return page_at(Sitting(participant))


def _submit(lock: Callable[[], Participant], sent: Sent, *, is_next_sent: bool) -> Outcome:
    with turn(), transaction.atomic():
        # The position is read under the lock: whoever waited for it sees what the first one left behind.
        sitting = Sitting(lock())
        outcome = _outcome(sitting, sent, is_next_sent=is_next_sent)
        sitting.ledger.write()
        return outcome


def _outcome(sitting: Sitting, sent: Sent, *, is_next_sent: bool) -> Outcome:
    _store_events(sitting, sent.events)
    close_if_over(sitting)
    if (
        not sitting.is_active
        or is_waiting(sitting)
        or not hmac.compare_digest(sent.nonce.encode(), sitting.nonce.encode())
    ):
        return _submit_elsewhere(sitting, sent, is_next_sent=is_next_sent)
    clock = read_clock(sent.clock)
    try:
        move = answer_receive(sitting, data=sent.data, clock=clock)
    except AnswerInvalid as error:
        return _submit_invalid(sitting, sent, error=error)
    submission_create(sitting, nonce=sent.nonce, body_digest=body_digest_of(sent.data))
    if clock.faults:
        _log(sitting, "clock_invalid", what=list(clock.faults))
    if move == "on":
        place_advance(sitting)
    elif move == "again":
        place_repeat(sitting)
    sitting.save()
    return Outcome("accepted", _page_sent(sitting, is_new=True)[0] if is_next_sent else None)


def _store_events(sitting: Sitting, text: str) -> None:
    if not text or sitting.participant.state in GONE:
        return
    try:
        batch = read_batch(text)
        batch["events"] = bound(sitting, batch["events"])
        dropped = events_append_with_answer(sitting.ledger, participant=sitting.participant, batch=batch)
    except AnswerInvalid:
        dropped = 1
    if dropped:
        _log(sitting, "events_dropped", count=dropped)


def _submit_elsewhere(sitting: Sitting, sent: Sent, *, is_next_sent: bool) -> Outcome:
    known = Submission.objects.filter(participant=sitting.participant, nonce=sent.nonce[:NONCE]).first()
    is_repeat = known is not None and known.body_digest == body_digest_of(sent.data)
    status: Status = "repeated" if is_repeat else "conflict"
    _log(sitting, status, known=known is not None, sent=dict(sent.data))
    return Outcome(status, None if is_repeat and not is_next_sent else _page_sent(sitting)[0])


def _submit_invalid(sitting: Sitting, sent: Sent, *, error: AnswerInvalid) -> Outcome:
    _log(sitting, "invalid", fields=sorted(error.fields))
    values = {name: value for name, value in sent.data.items() if isinstance(value, str | list)}
    return Outcome("invalid", replace(_page_sent(sitting)[0], errors=error.fields, values=values))


def _page_sent(sitting: Sitting, *, is_new: bool = False) -> tuple[Page, bool]:
    """Return the current page, recorded as sent, and whether its stage was sent before."""
    page, stage, view = page_to_send(sitting)
    if stage is None or view is None:
        return page, False
    if not is_new and presentation_exists(sitting, stage=stage):
        _log_reveals(sitting, reveals_record(sitting, stage=stage, view=view) if _is_held(sitting) else [])
        return page, True
    presentation_create(sitting, stage=stage, view=view)
    return page, False


def _is_held(sitting: Sitting) -> bool:
    return sitting.condition.treatment.is_held


def _log_reveals(sitting: Sitting, names: list[str]) -> None:
    for name in names:
        how = "on_request" if name in sitting.asked_for else "after_delay"
        part = next(part for part in sitting.condition.parts if part.name == name)
        _log(sitting, "revealed", panel=part.number, how=how)


def _log(sitting: Sitting, kind: str, **payload: Any) -> None:
    place = sitting.place
    at = {"step": place.step, "trial": place.trial, "screen": place.screen, "attempt": place.attempt}
    server_event_add(participant=sitting.participant, kind=kind, payload={**at, **payload})
