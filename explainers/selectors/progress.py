"""How far the jobs are: by predictor and method, with their rate and the time that is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from explainers.models import Job

WINDOW_S = 60.0


@dataclass(frozen=True)
class Progress:
    """Jobs of one kind, predictor and method; `rate` is jobs a second in the last minute, None if none was finished."""

    kind: str
    predictor: str
    predictor_id: int
    method: str
    states: dict[str, int] = field(default_factory=dict)
    rate: float | None = None

    @property
    def total(self) -> int:
        """All jobs."""
        return sum(self.states.values())

    @property
    def open(self) -> int:
        """Jobs that are queued or running."""
        return self.states.get(Job.State.QUEUED, 0) + self.states.get(Job.State.RUNNING, 0)

    @property
    def seconds_left(self) -> float | None:
        """Time that the open jobs take at the rate of the last minute; None if that is not known."""
        return self.open / self.rate if self.rate and self.open else None

    @property
    def left_words(self) -> str:
        """The time that is left, for people."""
        left = self.seconds_left
        return duration_words(left) if left is not None else "not known: none was finished in the last minute"

    @property
    def words(self) -> str:
        """One line for people."""
        done, failed = self.states.get(Job.State.DONE, 0), self.states.get(Job.State.FAILED, 0)
        name = " ".join(filter(None, [self.kind, self.method, "of", self.predictor]))
        parts = [f"{name}: {done} of {self.total} done", *([f"{failed} failed"] if failed else [])]
        if self.rate and self.open:
            parts += [f"{self.rate:.3g} a second", f"{duration_words(self.seconds_left or 0)} left"]
        elif self.open:
            parts.append(f"{self.open} open, none was finished in the last minute")
        return ", ".join(parts)


def jobs_overview(*, now: datetime | None = None) -> list[Progress]:
    """
    Return the progress of every predictor and method, those with open jobs first.

    The rate is the number of jobs finished in the last minute over the time from the first to the last of them, at
    least a second.
    """
    now = now or timezone.now()
    lately = Q(state=Job.State.DONE, finished_at__gte=now - timedelta(seconds=WINDOW_S))
    rows = (
        Job.objects.values("kind", "predictor_id", "predictor__name", "method")
        .annotate(
            **{state: Count("pk", filter=Q(state=state)) for state in Job.State.values},
            lately=Count("pk", filter=lately),
            since=Min("finished_at", filter=lately),
            last=Max("finished_at", filter=lately),
        )
        .order_by("predictor__name", "kind", "method")
    )
    found = [_progress(dict(row)) for row in rows]
    return sorted(found, key=lambda each: each.open == 0)


def _progress(row: dict[str, Any]) -> Progress:
    seconds = max(1.0, (row["last"] - row["since"]).total_seconds()) if row["lately"] else 0.0
    return Progress(
        kind=row["kind"],
        predictor=row["predictor__name"],
        predictor_id=row["predictor_id"],
        method=row["method"],
        states={state: row[state] for state in Job.State.values if row[state]},
        rate=row["lately"] / seconds if seconds else None,
    )


def duration_words(seconds: float) -> str:
    """
    Say a time that is left, without false precision.

    Examples
    --------
    >>> duration_words(40), duration_words(200), duration_words(8000)
    ('less than a minute', '3 min', '2.2 h')
    """
    if seconds < 60:
        return "less than a minute"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"
