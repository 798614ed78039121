"""Time limits of stages: the server's clock decides, from the moment at which a page was first sent."""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from studies.protocols.stages import Stage
from studies.trials.answers import Clock
from studies.trials.content import has_time_limits
from studies.trials.events import server_event_add
from studies.trials.models import Presentation, TrialResponse
from studies.trials.records import trial_responses_create
from studies.trials.sitting import Sitting

TIMED_OUT = "timed_out"
GRACE_S = 2.0
"""How long an answer may be on its way after the end of its time."""


def seconds_left(sitting: Sitting, stage: Stage) -> float | None:
    """Return the time that is left for a page, negative when it is over; ``None`` where there is no limit."""
    if not stage.time_limit_s:
        return None
    sent = Presentation.objects.filter(trial_id=sitting.trial_id, stage=stage.name)
    at = sent.values_list("presented_at", flat=True).first()
    return stage.time_limit_s - (timezone.now() - at).total_seconds() if at else stage.time_limit_s


def is_too_late(left: float | None) -> bool:
    """Say whether an answer comes too late to count."""
    return left is not None and left < -GRACE_S


def just_ran_out(sitting: Sitting) -> bool:
    """Say whether the page that a participant sent last ran out of time."""
    if not has_time_limits(sitting.version_id):
        return False
    sitting.ledger.write()  # the answer that brought this page counts
    stored = TrialResponse.objects.filter(trial__participant=sitting.participant).order_by("-pk")
    last = stored.values_list("field", "responded_at").first()
    if last is None or last[0] != TIMED_OUT:
        return False
    # Pages without trials, breaks and feedback store no such row: what was sent since then tells.
    return sitting.participant.submissions.filter(at__gte=last[1]).count() <= 1


def stage_time_out(sitting: Sitting, *, stage: Stage, clock: Clock) -> None:
    """Record that a stage ended without an answer; what was sent too late is not stored."""
    over = replace(stage, fields=(), recorded={**stage.recorded, TIMED_OUT: True})
    trial_responses_create(sitting, stage=over, values={}, clock=clock)
    sitting.remember_answer(stage, {})
    place = sitting.place
    server_event_add(
        participant=sitting.participant,
        kind="timed_out",
        payload={"step": place.step, "trial": place.trial, "stage": stage.name},
    )
