"""Many workers claim at the same moment: every row goes to exactly one of them (real PostgreSQL, real commits)."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import connections

from explainers.models import Case, CaseSet, Job, Predictor
from explainers.services import job_claim, job_finish
from tests.servers.database import use_database

WORKERS, JOBS = 8, 120


@pytest.mark.postgres
def test_every_row_is_claimed_by_exactly_one_worker(
    postgres_url: str, orm: Callable[[str], AbstractContextManager[None]], django_db_blocker: object
) -> None:
    claimed: list[tuple[str, int]] = []
    finished: list[str] = []

    def work(worker: int) -> None:
        with use_database(postgres_url, blocker=django_db_blocker):
            while claims := job_claim(queue="cpu", worker=str(worker), limit=7):
                claimed.extend((claim.job.key, worker) for claim in claims)
                for claim in claims:
                    job_finish(claim=claim, write=lambda key=claim.job.key: finished.append(key))
            connections["default"].close()

    with orm(postgres_url):
        add_jobs()
        threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert Counter(key for key, _ in claimed) == {f"k{n}": 1 for n in range(JOBS)}
        assert sorted(finished) == sorted(f"k{n}" for n in range(JOBS))
        assert Job.objects.filter(state="done", attempt=1).count() == JOBS
        assert len({worker for _, worker in claimed}) > 1, "one worker did it all: nothing was at once"


def add_jobs() -> None:
    case_set = CaseSet.objects.create(name="s", digest="d", schema={"features": []})
    net = Predictor.objects.create(
        name="p", digest="p", architecture="mlp", features=[], classes=[], weights_digest="w"
    )
    cases = [Case(case_set=case_set, key=str(n), position=n, inputs={}, digest=str(n)) for n in range(JOBS)]
    Case.objects.bulk_create(cases)
    Job.objects.bulk_create(
        Job(kind="predict", key=f"k{case.key}", predictor=net, case=case) for case in Case.objects.all()
    )
