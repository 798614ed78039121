"""The life of a job row: added, claimed with a lease and a fence, kept alive, finished or failed, swept."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from explainers.models import Job

# One attempt in company and three alone. With three in all, of 400 jobs killed into 20 times about one failed that was
# not to blame: each kill charges a whole batch, and two more kills that hit the same job alone are no rarity then.
ATTEMPTS = 4
BATCH = 32
MESSAGES = 4
SWEEPS_BEFORE_RESEND = 3
DRAIN = "explainers.drain"
DIED = "The worker died or hung at each of {} attempts; its log has the reason. The inputs of this case come first."
NEED_FAILED = "Something that this needs failed; see the job that it waits for."

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """A job that is ours until its lease ends; `attempt` is the fence under which results are written."""

    job: Job
    attempt: int


def jobs_add(jobs: Sequence[Job]) -> list[Job]:
    """Add jobs whose key is new, ring the workers after the commit, and return the new ones."""
    known = set(Job.objects.filter(key__in=[job.key for job in jobs]).values_list("key", flat=True))
    new = list({job.key: job for job in jobs if job.key not in known}.values())
    Job.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)
    for queue in sorted({job.queue for job in new}):
        transaction.on_commit(partial(jobs_hint, queue=queue))
    return new


def jobs_hint(*, queue: str) -> bool:
    """Tell the workers that there are rows. A hint may get lost: the sweeper gives it again."""
    pending = job_claimable().filter(queue=queue)
    count = pending.count()
    try:
        for _ in range(min(MESSAGES, math.ceil(count / BATCH))):
            current_app.send_task(DRAIN, kwargs={"queue": queue}, queue=queue, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning(
            "The broker takes no messages (%s); the sweeper rings again for %d jobs.", error, count
        )
        return False
    waiting = Job.objects.filter(queue=queue, state=Job.State.QUEUED)
    waiting.update(sent_at=Now())
    return True


def job_claimable(*, now: Any = None) -> QuerySet[Job]:
    """Return the jobs that a worker may take: queued or with a dead lease, with everything they need done."""
    dead = Q(state=Job.State.RUNNING, lease_until__lt=now or Now())
    ready = Q(needs=None) | Q(needs__state=Job.State.DONE)
    return Job.objects.filter(Q(state=Job.State.QUEUED) | dead, ready, attempt__lt=ATTEMPTS)


@transaction.atomic
def job_claim(*, queue: str, worker: str, limit: int = BATCH) -> list[Claim]:
    """
    Claim jobs that can run as one batch: one kind, one predictor, one method.

    A job whose first attempt did not end comes alone, so that one bad case cannot take others with it again.
    """
    claimable = (
        job_claimable().filter(queue=queue).order_by("id").select_for_update(skip_locked=True, of=("self",))
    )
    first = claimable.first()
    if first is None:
        return []
    group = claimable.filter(kind=first.kind, predictor=first.predictor_id, method=first.method, attempt=0)
    jobs = [first] if first.attempt else list(group[:limit])
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(
        state=Job.State.RUNNING,
        attempt=F("attempt") + 1,
        lease_until=_lease_end(),
        claimed_by=worker[:120],
    )
    # Claimed rows are read again: the fence is what the database says, not what we think we wrote.
    claimed = Job.objects.filter(pk__in=[job.pk for job in jobs]).order_by("id")
    return [
        Claim(job=job, attempt=job.attempt) for job in claimed.select_related("predictor", "case__case_set")
    ]


def job_heartbeat(*, claims: Sequence[Claim]) -> int:
    """Renew the leases of claims that are still ours and say how many those are."""
    return _ours(claims).update(lease_until=_lease_end())


def jobs_wanted(*, claims: Sequence[Claim]) -> bool:
    """Say whether any of the claims is still ours."""
    return _ours(claims).exists()


@transaction.atomic
def job_finish(*, claim: Claim, write: Callable[[], object]) -> bool:
    """Mark a job done and write its result, in one transaction and only if the claim is still ours."""
    done = _ours([claim]).update(state=Job.State.DONE, finished_at=Now(), lease_until=None, error="")
    if not done:
        logger.warning("The lease of job %s was lost; attempt %d is discarded.", claim.job.key, claim.attempt)
        return False
    write()
    return True


def job_fail(*, claim: Claim, reason: str, permanent: bool) -> bool:
    """Note why an attempt failed: for good if trying again cannot help or was tried enough, else queued again."""
    failed = permanent or claim.attempt >= ATTEMPTS
    return bool(
        _ours([claim]).update(
            state=Job.State.FAILED if failed else Job.State.QUEUED,
            finished_at=Now() if failed else None,
            lease_until=None,
            error=reason[:2000],
        )
    )


def jobs_retry(*, keys: Sequence[str]) -> int:
    """Queue failed and cancelled jobs anew, with what they need; returns how many rows changed."""
    wanted = set(Job.objects.filter(key__in=keys).values_list("pk", flat=True))
    frontier = wanted
    while frontier:
        frontier = set(Job.objects.filter(waiting__in=frontier).values_list("pk", flat=True)) - wanted
        wanted = wanted | frontier
    ended = Job.objects.filter(pk__in=wanted, state__in=[Job.State.FAILED, Job.State.CANCELLED])
    queues = sorted(set(ended.values_list("queue", flat=True)))
    count = ended.update(state=Job.State.QUEUED, attempt=0, error="", finished_at=None, sent_at=None)
    for queue in queues:
        transaction.on_commit(partial(jobs_hint, queue=queue))
    return count


def jobs_cancel(*, keys: Sequence[str]) -> int:
    """Cancel jobs that are not done; a worker that is at one finds its fence gone."""
    open_states = [Job.State.QUEUED, Job.State.RUNNING]
    return Job.objects.filter(key__in=keys, state__in=open_states).update(
        state=Job.State.CANCELLED, finished_at=Now(), lease_until=None
    )


def jobs_sweep(*, now: datetime | None = None) -> int:
    """
    Free dead leases and ring again for forgotten rows; returns for how many rows it rang.

    1. Running rows with a dead lease and no attempt left fail with a reason.
    2. Rows that wait for a failed or cancelled row fail with it.
    3. For rows that could run and were not announced lately, the workers get a new hint.
    """
    dead = Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=now or Now(), attempt__gte=ATTEMPTS)
    dead.update(state=Job.State.FAILED, finished_at=Now(), lease_until=None, error=DIED.format(ATTEMPTS))
    ended = [Job.State.FAILED, Job.State.CANCELLED]
    # One UPDATE cannot join, and a chain of needs falls one link per round.
    while doomed := list(
        Job.objects.filter(state=Job.State.QUEUED, needs__state__in=ended).values_list("pk", flat=True)
    ):
        Job.objects.filter(pk__in=doomed).update(state=Job.State.FAILED, finished_at=Now(), error=NEED_FAILED)
    resend = timedelta(seconds=SWEEPS_BEFORE_RESEND * settings.ASSAY_SWEEP_S)
    lately = (now - resend) if now else Now() - resend
    silent = Q(sent_at=None) | Q(sent_at__lt=lately) | Q(state=Job.State.RUNNING)
    forgotten = job_claimable(now=now).filter(silent)
    count = forgotten.count()
    for queue in sorted(set(forgotten.values_list("queue", flat=True))):
        jobs_hint(queue=queue)
    return count


def _ours(claims: Sequence[Claim]) -> QuerySet[Job]:
    fences = Q(pk__in=[])
    for attempt in sorted({claim.attempt for claim in claims}):
        fences |= Q(pk__in=[claim.job.pk for claim in claims if claim.attempt == attempt], attempt=attempt)
    return Job.objects.filter(fences, state=Job.State.RUNNING)


def _lease_end() -> Any:
    # The clock of the database: machines with other clocks agree on who is late.
    return Now() + timedelta(seconds=settings.ASSAY_LEASE_S)
