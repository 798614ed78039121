"""Power over a big grid: chunks are rows, any worker may take one, and the sum is what one machine would give."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from analysis.core.digest import digest_of
from analysis.models import PowerChunk, PowerGrid, Report
from analysis.power.chunks import chunks_of, run_chunk
from analysis.power.simulate import PowerResult, grid_of, result_of
from analysis.services.heartbeat import Heartbeat

POWER_TASK = "analysis.power_chunk"
QUEUE = "analysis"
MAX_ATTEMPTS = 3
RESEND_S = 15
log = structlog.get_logger(__name__)


def power_request(
    *, plan: Mapping[str, Any], request: Mapping[str, Any], actor: User | None = None
) -> PowerGrid:
    """Ask for the power of a plan over a grid of sizes; ``request`` holds arguments of `simulate_power`."""
    asked = {"simulations": 1000, "seed": 1, "target": 0.9, **request}
    chunks = chunks_of(_scenarios(plan, asked), simulations=asked["simulations"], seed=asked["seed"])
    digest = digest_of({"plan": plan, "request": asked, "version": settings.VERSION})
    with transaction.atomic():
        grid, created = PowerGrid.objects.get_or_create(
            digest=digest,
            defaults={
                "plan": dict(plan),
                "request": asked,
                "assay_version": settings.VERSION,
                "requested_by": actor,
            },
        )
        if created:
            PowerChunk.objects.bulk_create(
                PowerChunk(grid=grid, cell=chunk["cell"], chunk=chunk["chunk"], work=chunk)
                for chunk in chunks
            )
        waiting = grid.chunks.filter(state=Report.State.QUEUED).values_list("pk", flat=True)
        for chunk_id in waiting:
            transaction.on_commit(partial(_ring, chunk_id), robust=True)
    return grid


def power_chunk_carry_out(*, chunk_id: int) -> bool:
    """Simulate one chunk; ``False`` when it is done, in other hands, or was lost to them meanwhile."""
    free = Q(state=Report.State.QUEUED) | Q(state=Report.State.RUNNING, lease_until__lt=Now())
    if not PowerChunk.objects.filter(free, pk=chunk_id).update(
        state=Report.State.RUNNING, attempt=F("attempt") + 1, lease_until=_lease()
    ):
        return False
    chunk = PowerChunk.objects.get(pk=chunk_id)
    held = PowerChunk.objects.filter(pk=chunk_id, attempt=chunk.attempt, state=Report.State.RUNNING)
    try:
        with Heartbeat(lambda: bool(held.update(lease_until=_lease())), name=f"power-{chunk_id}"):
            result = run_chunk(chunk.work)
    except Exception as error:
        log.exception("power_chunk_failed", chunk=chunk_id, attempt=chunk.attempt)
        words = f"{type(error).__name__}: {error}"
        held.update(state=Report.State.FAILED, error=words[:4000], lease_until=None)
        if not isinstance(error, (ValueError, ArithmeticError)):
            raise
        return False
    return bool(held.update(state=Report.State.DONE, result=result, lease_until=None, error=""))


def power_progress(*, grid: PowerGrid) -> tuple[int, int, int]:
    """Return how many chunks are done, how many failed, and how many there are."""
    states = list(grid.chunks.values_list("state", flat=True))
    return states.count(Report.State.DONE), states.count(Report.State.FAILED), len(states)


def power_result(*, grid: PowerGrid) -> PowerResult | None:
    """Return the result when every chunk is done; ``None`` before."""
    done, _failed, total = power_progress(grid=grid)
    if done < total:
        return None
    results = [chunk.result or {} for chunk in grid.chunks.all()]
    asked = grid.request
    return result_of(_scenarios(grid.plan, asked), results, target=asked["target"], seed=asked["seed"])


def power_sweep() -> int:
    """Ring again for chunks that nobody works on, and give up on those whose workers kept dying."""
    silent = Q(state=Report.State.RUNNING, lease_until__lt=Now())
    PowerChunk.objects.filter(silent, attempt__gte=MAX_ATTEMPTS).update(
        state=Report.State.FAILED,
        error=f"The worker died {MAX_ATTEMPTS} times on this chunk. Look at the worker's log and its memory limit.",
    )
    unsent = Q(sent_at__isnull=True) | Q(sent_at__lt=Now() - timedelta(seconds=RESEND_S))
    waiting = PowerChunk.objects.filter(silent | (Q(state=Report.State.QUEUED) & unsent))
    return sum(_ring(chunk_id) for chunk_id in list(waiting.values_list("pk", flat=True)))


def _scenarios(plan: Mapping[str, Any], asked: Mapping[str, Any]) -> list[Any]:
    rest = {key: value for key, value in asked.items() if key not in ("simulations", "seed", "target")}
    return grid_of(plan, **rest)


def _lease() -> Any:
    # The database's clock: a worker whose own clock jumps must not lose, or steal, a lease.
    return Now() + timedelta(seconds=settings.ASSAY_LEASE_S)


def _ring(chunk_id: int) -> bool:
    try:
        current_app.send_task(POWER_TASK, args=[chunk_id], queue=QUEUE, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("broker_silent", chunk=chunk_id, error=str(error))
        return False
    PowerChunk.objects.filter(pk=chunk_id).update(sent_at=Now())
    return True
