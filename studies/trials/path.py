"""A participant's path through the study as the log has it, for the experimenter: pages, answers, changes, absences.

Times are seconds from the participant's start. What a page reported by its own clock is put onto the server's: of all
events of a page instance the least delay between the two clocks is taken for the difference between them. What is
right is told nowhere here, and of words that people wrote only the length.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from explainers.models import Case
from studies.design.selectors import version_spec
from studies.enrolment.models import Assignment, Completion, Consent, Participant, Withdrawal
from studies.trials.models import Event, Presentation, StepResponse, Trial, TrialResponse

SERVER = "server"
WORDS = {
    "page": "page on the screen",
    "restored": "page brought back from the browser's memory",
    "leave": "page left",
    "blur": "window lost the focus",
    "focus": "window has the focus again",
    "visible": "page in sight again",
    "explanation_visible": "explanation in sight",
    "explanation_hidden": "explanation out of sight",
    "late_frame": "the computer was slow",
    "offline": "no connection",
    "online": "connection back",
    "submit": "answer sent",
    "retry": "answer sent again",
    "zoom": "picture zoomed",
    "pan": "picture moved",
    "window": "picture's brightness or contrast changed",
    "reload": "page loaded again",
    "resumed": "came back in",
    "paused": "came back after a pause",
    "repeated": "the same answer sent again; the first one stands",
    "conflict": "another answer to a page that was answered; refused",
    "invalid": "answer refused, something was missing or not possible",
    "session_waits": "session over, waits for the next",
    "session_begun": "next session begun",
    "session_missed": "came after the session had closed",
    "pause_exceeded": "came after the longest pause",
    "place_given_away": "came after the place was given away",
}
SHORT = 60


@dataclass(frozen=True)
class Moment:
    """One line of the path: when, where in the study, what happened, and more about it."""

    seconds: float
    where: str
    what: str
    detail: str = ""
    kind: str = ""


def path_of(participant: Participant, *, with_condition: bool) -> list[Moment]:
    """Return the whole path in order; the arm is told only to who may see the allocation."""
    reader = _Reader(participant)
    lines = [
        *reader.door(with_condition=with_condition),
        *reader.pages_sent(),
        *reader.answers(),
        *reader.server_events(),
        *reader.page_events(),
    ]
    return sorted(lines, key=lambda line: line.seconds)


class _Reader:
    def __init__(self, participant: Participant) -> None:
        self.participant = participant
        self.spec = version_spec(participant.version_id)
        trials = Trial.objects.filter(participant=participant).order_by("step_index", "trial_index")
        keys = dict(Case.objects.filter(pk__in=trials.values("case_id")).values_list("pk", "key"))
        self.places = {
            trial.pk: f"step {trial.step_index + 1}, "
            f"{'practice ' if trial.is_practice else ''}{'check, ' if trial.check_number is not None else ''}"
            f"case {trial.trial_index + 1} ({keys[trial.case_id]})"
            for trial in trials
        }

    def seconds(self, moment: datetime) -> float:
        return max(0.0, (moment - self.participant.started_at).total_seconds())

    def door(self, *, with_condition: bool) -> Iterator[Moment]:
        """Yield coming, consent, the place, leaving and completing."""
        person = self.participant
        yield Moment(0.0, "door", "started", kind="door")
        for consent in Consent.objects.filter(participant=person):
            what = "gave consent" if consent.given else "declined"
            yield Moment(
                self.seconds(consent.at), "consent", what, consent.occasion.replace("_", " "), "door"
            )
        for given in Assignment.objects.filter(participant=person):
            arm = given.condition if with_condition else ""
            yield Moment(self.seconds(given.at), "allocation", "was given a place", arm, "door")
        for left in Withdrawal.objects.filter(participant=person):
            yield Moment(
                self.seconds(left.at), f"step {left.step_index + 1}", "left the study", left.policy, "door"
            )
        for done in Completion.objects.filter(participant=person):
            yield Moment(self.seconds(done.at), "end", "completed", kind="door")

    def pages_sent(self) -> Iterator[Moment]:
        """Yield each stage when it was first sent."""
        rows = Presentation.objects.filter(trial__participant=self.participant).prefetch_related("items")
        for sent in rows:
            items = sorted(sent.items.all(), key=lambda item: item.position)
            shown = ", ".join(item.item for item in items)
            at = self.seconds(sent.presented_at)
            yield Moment(at, self._stage(sent.trial_id, sent.stage), "page sent", shown, "page")

    def answers(self) -> Iterator[Moment]:
        """Yield every stored answer."""
        for row in TrialResponse.objects.filter(trial__participant=self.participant).order_by("pk"):
            value = _value_text(row.value, is_text=row.kind == "text")
            times = _times(row.rt_ms, row.hidden_ms)
            where = self._stage(row.trial_id, row.stage)
            yield Moment(
                self.seconds(row.responded_at), where, f"answered {row.field}: {value}", times, "answer"
            )
        for step in StepResponse.objects.filter(participant=self.participant).order_by("pk"):
            attempt = f", attempt {step.attempt + 1}" if step.attempt else ""
            where = f"step {step.step_index + 1}, {step.instrument}{attempt}"
            value = _value_text(step.value, is_text=self._is_written(step))
            what = f"answered {step.item}: {value}"
            yield Moment(self.seconds(step.responded_at), where, what, _times(step.rt_ms, None), "answer")

    def server_events(self) -> Iterator[Moment]:
        """Yield what the server noticed."""
        for event in Event.objects.filter(participant=self.participant, source=SERVER).order_by("seq"):
            payload = {
                k: v for k, v in event.payload.items() if k not in ("screen", "attempt", "sent", "known")
            }
            where = f"step {payload.pop('step') + 1}" if isinstance(payload.get("step"), int) else ""
            number = payload.pop("trial", None)
            where += f", case {number + 1}" if where and isinstance(number, int) else ""
            what = WORDS.get(event.kind, event.kind.replace("_", " "))
            yield Moment(self.seconds(event.received_at), where, what, _payload_text(payload), "server")

    def page_events(self) -> Iterator[Moment]:
        """Yield what pages reported, page instance by page instance."""
        sources: dict[str, list[Event]] = defaultdict(list)
        events = Event.objects.filter(participant=self.participant).exclude(source=SERVER)
        for event in events.order_by("source", "seq"):
            sources[event.source].append(event)
        for mine in sources.values():
            yield from self._of_one_page(mine)

    def _of_one_page(self, events: Sequence[Event]) -> Iterator[Moment]:
        timed = [e for e in events if e.t_client_ms is not None]
        start = min((self.seconds(e.received_at) - (e.t_client_ms or 0) / 1000 for e in timed), default=0.0)
        trail: dict[str, list[str]] = defaultdict(list)
        page, hidden_at = "", None
        for event in events:
            at = self.seconds(event.received_at)
            if event.t_client_ms is not None:
                at = max(0.0, start + event.t_client_ms / 1000)
            payload: Mapping[str, Any] = event.payload
            if event.kind == "page":
                page, trail = _text(payload.get("page")), defaultdict(list)
            if event.kind == "hidden":
                hidden_at = at
                continue
            what, detail = WORDS.get(event.kind, event.kind.replace("_", " ")), _payload_text(payload)
            if event.kind == "change":
                what, detail = _changed(payload, trail), ""
            elif event.kind == "visible" and hidden_at is not None:
                what, detail, hidden_at = "page was out of sight", f"for {at - hidden_at:.1f} s", None
            elif event.kind in ("page", "submit"):
                detail = ""
            yield Moment(at, page, what, detail, event.kind)
        if hidden_at is not None:
            yield Moment(hidden_at, page, "page out of sight", "to the end", "hidden")

    def _stage(self, trial_id: int, stage: str) -> str:
        return f"{self.places[trial_id]}, {stage}"

    def _is_written(self, step: StepResponse) -> bool:
        items = self.spec.steps[step.step_index].params.get("items", ())
        return any(item["id"] == step.item and item.get("kind") == "text" for item in items)


def _changed(payload: Mapping[str, Any], trail: dict[str, list[str]]) -> str:
    """Return a change with everything that the field held before on this page: ``confidence: 5 → 4 → 5``."""
    field = _text(payload.get("field"))
    if "value" not in payload:
        return f"wrote {field}: {_text(payload.get('length'))} characters"
    trail[field].append(_text(payload["value"]))
    return f"chose {field}: {' → '.join(trail[field])}"


def _value_text(value: Any, *, is_text: bool) -> str:
    if value is None:
        return "no answer"
    if is_text:
        return f"{len(str(value))} characters"
    return _text(value)


def _times(rt_ms: float | None, hidden_ms: float | None) -> str:
    parts = [f"after {rt_ms / 1000:.1f} s"] if rt_ms is not None else []
    return ", ".join(parts + ([f"{hidden_ms / 1000:.1f} s of them out of sight"] if hidden_ms else []))


def _payload_text(payload: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key.replace('_', ' ')} {_text(value)}" for key, value in payload.items() if value is not None
    )


def _text(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
