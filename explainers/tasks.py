"""Celery's door to the jobs: a message only says that there may be rows."""

from celery import shared_task

from explainers.services import jobs_hint, jobs_work
from explainers.services.jobs import DRAIN, job_claimable

SECONDS = 30


@shared_task(name=DRAIN, ignore_result=True, acks_late=True)
def drain(queue: str = "cpu") -> int:
    """Work on a queue for at most half a minute, then ring again if rows are left; returns the jobs finished."""
    finished = jobs_work(queue=queue, seconds=SECONDS)
    if job_claimable().filter(queue=queue).exists():
        jobs_hint(queue=queue)
    return finished
