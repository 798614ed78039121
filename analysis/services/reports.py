"""The life of a report: asked for, claimed under a lease, finished or failed under its fence, swept when forgotten."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
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

from analysis.models import Dataset, Report
from analysis.services.computation import report_compute, report_manifest
from analysis.services.datasets import manifest_faults
from analysis.services.heartbeat import Heartbeat

REPORT_TASK = "analysis.report_make"
QUEUE = "analysis"
MAX_ATTEMPTS = 3
RESEND_S = 15
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Claim:
    """The right to write one report, until the lease runs out: ``attempt`` is the fence."""

    report_id: int
    attempt: int
    dataset: Dataset


def report_request(*, dataset: Dataset, actor: User | None = None) -> Report:
    """Ask for the report of a dataset: one per plan and version of Assay; one that failed is tried again."""
    with transaction.atomic():
        report, created = Report.objects.get_or_create(
            dataset=dataset,
            plan_digest=dataset.plan_digest,
            assay_version=settings.VERSION,
            defaults={"requested_by": actor},
        )
        again = Report.objects.filter(pk=report.pk, state=Report.State.FAILED).update(
            state=Report.State.QUEUED, error="", finished_at=None, sent_at=None
        )
        if created or again:
            transaction.on_commit(partial(_ring, report.pk), robust=True)
    report.refresh_from_db()
    return report


def report_claim(*, report_id: int) -> Claim | None:
    """Take a report that waits, or whose worker went silent; ``None`` when somebody else has it or it is done."""
    free = Q(state=Report.State.QUEUED) | Q(state=Report.State.RUNNING, lease_until__lt=Now())
    taken = Report.objects.filter(free, pk=report_id).update(
        state=Report.State.RUNNING, attempt=F("attempt") + 1, lease_until=_lease()
    )
    if not taken:
        return None
    report = Report.objects.select_related("dataset").get(pk=report_id)
    return Claim(report_id, report.attempt, report.dataset)


def report_heartbeat(claim: Claim) -> bool:
    """Renew the lease; ``False`` when the report was taken over meanwhile."""
    return bool(_held(claim).update(lease_until=_lease()))


def report_finish(claim: Claim, *, folder: Path) -> bool:
    """Record the written report under the fence; ``False`` when the lease was lost, and the folder is thrown away."""
    manifest = report_manifest(folder)
    kept = _held(claim).update(
        state=Report.State.DONE,
        digest=manifest["digest"],
        manifest=manifest,
        folder=str(folder.relative_to(settings.ASSAY_VAR)),
        finished_at=Now(),
        lease_until=None,
        error="",
    )
    if not kept:
        shutil.rmtree(folder)
    return bool(kept)


def report_fail(claim: Claim, *, error: str) -> bool:
    """Record under the fence why a report could not be made."""
    return bool(
        _held(claim).update(
            state=Report.State.FAILED, error=error[:4000], finished_at=Now(), lease_until=None
        )
    )


def report_carry_out(*, report_id: int) -> bool:
    """Make one report from claim to finish; ``False`` when there was nothing to do or the lease was lost."""
    claim = report_claim(report_id=report_id)
    if claim is None:
        return False
    folder = settings.ASSAY_VAR / "reports" / f"{claim.dataset.digest[:16]}-{claim.report_id}-{claim.attempt}"
    source = settings.ASSAY_VAR / claim.dataset.folder
    if faults := manifest_faults(source, manifest=claim.dataset.manifest):
        report_fail(claim, error=f"The dataset is damaged: {' '.join(faults)}")
        return False
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with Heartbeat(partial(report_heartbeat, claim), name=f"report-{claim.report_id}"):
            report_compute(source, out=folder)
    except Exception as error:
        log.exception("report_failed", report=claim.report_id, attempt=claim.attempt)
        shutil.rmtree(folder, ignore_errors=True)
        report_fail(claim, error=f"{type(error).__name__}: {error}")
        if not isinstance(error, (ValueError, ArithmeticError)):
            raise
        return False
    return report_finish(claim, folder=folder)


def reports_sweep() -> int:
    """Ring again for reports that nobody works on, and give up on those whose workers kept dying."""
    silent = Q(state=Report.State.RUNNING, lease_until__lt=Now())
    Report.objects.filter(silent, attempt__gte=MAX_ATTEMPTS).update(
        state=Report.State.FAILED,
        error=f"The worker died {MAX_ATTEMPTS} times on this report. Look at the worker's log and its memory limit.",
        finished_at=Now(),
        lease_until=None,
    )
    unsent = Q(sent_at__isnull=True) | Q(sent_at__lt=Now() - timedelta(seconds=RESEND_S))
    waiting = Report.objects.filter(silent | (Q(state=Report.State.QUEUED) & unsent))
    pending = list(waiting.values_list("pk", flat=True))
    return sum(_ring(report_id) for report_id in pending)


def _held(claim: Claim) -> Any:
    return Report.objects.filter(pk=claim.report_id, attempt=claim.attempt, state=Report.State.RUNNING)


def _lease() -> Any:
    # The database's clock: a worker whose own clock jumps must not lose, or steal, a lease.
    return Now() + timedelta(seconds=settings.ASSAY_LEASE_S)


def _ring(report_id: int) -> bool:
    try:
        current_app.send_task(REPORT_TASK, args=[report_id], queue=QUEUE, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("broker_silent", report=report_id, error=str(error))
        return False
    Report.objects.filter(pk=report_id).update(sent_at=Now())
    return True
