"""The append-only log: events that pages send in batches, and those that the server itself writes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Max
from django.utils import timezone

from studies.enrolment.models import Participant
from studies.errors import AnswerInvalid
from studies.trials.ledger import Ledger
from studies.trials.models import Event

SERVER = "server"
SOURCE = re.compile(r"[A-Za-z0-9_-]{1,40}")
CLIENT_KINDS = frozenset(
    {"page", "paint", "shown", "restored", "leave", "pageshow", "pagehide", "resize", "scroll", "zoom"}
    | {"pan", "window", "picture_failed"}
    | {
        "hidden",
        "visible",
        "blur",
        "focus",
        "explanation_visible",
        "explanation_hidden",
        "late_frame",
        "clock",
    }
    | {"dose", "reveal"}
    | {"change", "submit", "retry", "reply", "error", "offline", "online"}
)
BATCH = 200
PAYLOAD_BYTES = 4096
LAST_SEQ = 2**31 - 1
GONE = frozenset({Participant.State.WITHDRAWN, Participant.State.ERASED})


def events_append(*, participant: Participant, source: str, events: Sequence[Any]) -> None:
    """Store a batch; what was stored before is left as it is. All of the batch is valid, or nothing is stored."""
    if participant.state in GONE:
        return  # after leaving nothing more is kept, even what the page still had to send
    _require_batch(source, events)
    ledger = Ledger()
    _store(ledger, participant, source, [_read_event(event, number) for number, event in enumerate(events)])
    ledger.write()


def events_append_with_answer(ledger: Ledger, *, participant: Participant, batch: Mapping[str, Any]) -> int:
    """Enter the events that came with an answer and return how many are none; an answer is not refused for them."""
    source, events = batch.get("source"), batch.get("events")
    try:
        _require_batch(source, events)
    except AnswerInvalid:
        return 1
    good = []
    for number, event in enumerate(events or ()):
        try:
            good.append(_read_event(event, number))
        except AnswerInvalid:
            continue
    _store(ledger, participant, str(source), good)
    return len(events or ()) - len(good)


def read_batch(sent: str | bytes) -> dict[str, Any]:
    """Read a batch from JSON."""
    try:
        batch = json.loads(sent)
    except (ValueError, RecursionError):
        batch = None
    if not isinstance(batch, dict) or not isinstance(batch.get("events"), list):
        raise AnswerInvalid({"events": "A batch is a mapping with a source and a list of events, in JSON."})
    return batch


def server_event_add(
    *, participant: Participant, kind: str, payload: Mapping[str, Any] | None = None
) -> None:
    """Log what the server noticed; the caller holds the lock on the participant's row."""
    last = Event.objects.filter(participant=participant, source=SERVER).aggregate(last=Max("seq"))["last"]
    content = dict(payload or {})
    Event.objects.create(
        participant=participant,
        source=SERVER,
        seq=0 if last is None else last + 1,
        kind=kind,
        received_at=timezone.now(),
        payload=content if _storable(content) else {"left_out": "too long, or not text that can be stored"},
    )


def _require_batch(source: Any, events: Any) -> None:
    if not isinstance(source, str) or not SOURCE.fullmatch(source) or source == SERVER:
        raise AnswerInvalid(
            {"source": "The source of events is a word of at most 40 letters, digits, - and _."}
        )
    if not isinstance(events, Sequence) or len(events) > BATCH:
        raise AnswerInvalid({"events": f"A batch is a list of at most {BATCH} events."})


def _store(
    ledger: Ledger, participant: Participant, source: str, events: Sequence[Mapping[str, Any]]
) -> None:
    now = timezone.now()
    ledger.insert(
        Event,
        ("participant", "source", "received_at", "seq", "kind", "t_client_ms", "payload"),
        [(participant.pk, source, now, e["seq"], e["kind"], e["t_client_ms"], e["payload"]) for e in events],
        ignore_conflicts=True,
    )


def _read_event(event: Any, number: int) -> dict[str, Any]:
    if not isinstance(event, dict) or not set(event) <= {"seq", "kind", "t", "payload"}:
        raise AnswerInvalid({"events": f"Event {number} is not made of seq, kind, t and payload."})
    seq, kind, moment = event.get("seq"), event.get("kind"), event.get("t")
    payload = event.get("payload", {})
    faults = []
    if type(seq) is not int or not 0 <= seq <= LAST_SEQ:
        faults.append("seq is a whole number from 0")
    if not isinstance(kind, str) or kind not in CLIENT_KINDS:
        faults.append("kind is one of the known kinds")
    if moment is not None and not _is_moment(moment):
        faults.append("t is a number of milliseconds")
    if not isinstance(payload, dict) or not _storable(payload):
        faults.append(f"payload is a mapping of at most {PAYLOAD_BYTES} bytes")
    if faults:
        raise AnswerInvalid({"events": f"Event {number}: {'; '.join(faults)}."})
    return {"seq": seq, "kind": kind, "t_client_ms": moment, "payload": payload}


def _is_moment(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) < 1e15 and math.isfinite(value)  # type: ignore[arg-type]


def _storable(payload: Mapping[str, Any]) -> bool:
    """Say whether both databases can hold it: short, no NUL, no half of a surrogate pair, no NaN."""
    if not payload:
        return True
    try:
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False)
        return "\\u0000" not in text and len(text.encode("utf-8")) <= PAYLOAD_BYTES
    except (ValueError, RecursionError):
        return False
