"""What a worker does: claim rows, compute them as one batch, write the results under the fence."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Sequence

from django.db import DatabaseError

from explainers.core.errors import ExplainersError
from explainers.core.stopping import ComputationStopped
from explainers.models import Job
from explainers.services.compute import explain_batch, predict_batch, render_batch
from explainers.services.crashpoints import crash_point
from explainers.services.gates import check_batch, gate_batch
from explainers.services.heartbeat import kept_alive
from explainers.services.jobs import BATCH, Claim, job_claim, job_fail, job_finish

Result = Callable[[], object]
COMPUTE: dict[str, Callable[[Sequence[Claim]], list[Result]]] = {
    Job.Kind.PREDICT: predict_batch,
    Job.Kind.EXPLAIN: explain_batch,
    Job.Kind.RENDER: render_batch,
    Job.Kind.GATE: gate_batch,
    Job.Kind.CHECK: check_batch,
}

logger = logging.getLogger(__name__)


def jobs_work(*, queue: str, seconds: float = 30.0, limit: int = BATCH) -> int:
    """Work on a queue until it is empty or the time is over; returns how many jobs were finished."""
    worker = f"{socket.gethostname()}:{os.getpid()}"
    end, finished = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        claims = job_claim(queue=queue, worker=worker, limit=limit)
        if not claims:
            break
        crash_point("after_claim")
        with kept_alive(claims):
            finished += batch_run(claims)
    return finished


def batch_run(claims: Sequence[Claim]) -> int:
    """Compute a batch and keep its results; if it fails as a whole, its jobs are tried one by one."""
    try:
        results = COMPUTE[claims[0].job.kind](claims)
    except ComputationStopped as stopped:
        logger.info("%s", stopped)
        return 0
    except DatabaseError:
        raise  # not the job's fault: the lease ends and another worker takes over
    except Exception as error:
        if len(claims) > 1:
            return sum(batch_run([claim]) for claim in claims)
        logger.warning("Job %s failed.", claims[0].job.key, exc_info=True)
        job_fail(
            claim=claims[0],
            reason=f"{type(error).__name__}: {error}",
            permanent=isinstance(error, ExplainersError) and error.permanent,
        )
        return 0
    crash_point("after_file")
    finished = sum(job_finish(claim=claim, write=write) for claim, write in zip(claims, results, strict=True))
    crash_point("after_commit")
    return finished
