"""Workers, pool children and brokers die in mid-work; nothing is lost and nothing is done twice.

Real Celery workers, a real Redis or Valkey, real commits. The full size of F7 (20 kills, 200 jobs) is in the long
suite; here 6 kills and 120 jobs.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.db.models.functions import Now

from explainers.core.store import Store
from explainers.methods import METHODS
from explainers.models import Explanation, Job, Prediction, Predictor
from explainers.services import (
    case_set_import,
    explanations_request,
    jobs_cancel,
    jobs_work,
    predictor_register,
)
from explainers.services.jobs import ATTEMPTS
from tests.explainers.conftest import CLASSES, FEATURES, PARAMETERS, PREPROCESSING, make_rows, make_weights
from tests.explainers.faulty_method import Faulty
from tests.servers.assay import ROOT, environment
from tests.servers.processes import stop_group, tail
from tests.servers.redis import RedisServer

pytestmark = [pytest.mark.heavy, pytest.mark.redis]
LEASE_S = 2


class Works:
    """A worker of two pool children and a sweeper on one database and one broker."""

    def __init__(self, *, database_url: str, folder: Path, broker: RedisServer) -> None:
        self.folder, self.broker = folder, broker
        self.log, self.ledger = folder / "log", folder / "ledger"
        self.ledger.touch()
        self.env = environment(
            DATABASE_URL=database_url,
            REDIS_URL=broker.url,
            ASSAY_VAR=str(folder),
            ASSAY_STORE=str(folder / "store"),
            ASSAY_LEASE_S=str(LEASE_S),
            ASSAY_HEARTBEAT_S="0.5",
            ASSAY_SWEEP_S="0.5",
            ASSAY_PLUGIN_MODULES="tests.explainers.faulty_plugin",
            LEDGER=str(self.ledger),
            OMP_NUM_THREADS="1",
        )
        self.running: list[subprocess.Popen[bytes]] = []

    def process(self, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            started = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=ROOT,
                env={**self.env, **env},
            )
        self.running.append(started)
        return started

    def worker(self) -> subprocess.Popen[bytes]:
        return self.process(
            *("-m", "celery", "-A", "deploy.celery", "worker", "-Q", "cpu", "-c", "2"),
            *("--without-mingle", "--without-gossip", "-l", "WARNING"),
        )

    def sweeper(self) -> subprocess.Popen[bytes]:
        return self.process("manage.py", "sweep")

    def begun(self) -> list[str]:
        return self.ledger.read_text(encoding="utf-8").splitlines()

    def close(self) -> None:
        for process in self.running:
            stop_group(process, sign=signal.SIGKILL)


@pytest.fixture
def own_broker() -> Iterator[RedisServer]:
    server = RedisServer()
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def works(
    database_url: str,
    tmp_path: Path,
    own_broker: RedisServer,
    orm: Callable[[str], AbstractContextManager[None]],
    settings: Any,
) -> Iterator[Works]:
    made = Works(database_url=database_url, folder=tmp_path, broker=own_broker)
    settings.ASSAY_STORE = tmp_path / "store"
    try:
        # The messages of this process may get lost as they like: the sweeper is what is relied on.
        with orm(database_url), METHODS.temporarily(Faulty), pytest.MonkeyPatch.context() as patch:
            patch.setattr("explainers.services.jobs.current_app", Silent())
            patch.setattr("explainers.services.predictors.predictor_probe", lambda spec, weights: {})
            yield made
    finally:
        made.close()


class Silent:
    def send_task(self, *args: Any, **kwargs: Any) -> None:
        """Take a hint and lose it."""


def request(schema: dict[str, Any], *, count: int, name: str = "clinic", **parameters: Any) -> list[str]:
    case_set = case_set_import(name=name, schema=schema, rows=make_rows(count))
    predictor = predictor_register(
        name="net",
        architecture="mlp",
        parameters=PARAMETERS,
        features=FEATURES,
        classes=CLASSES,
        preprocessing=PREPROCESSING,
        weights=make_weights(),
    )
    return explanations_request(
        predictor=predictor, cases=list(case_set.cases.all()), method="faulty", parameters=parameters
    )


def wait_for(condition: Callable[[], bool], works: Works, *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        states = Counter(Job.objects.values_list("kind", "state", "attempt"))
        assert time.monotonic() < end, f"still {dict(states)}\n{tail(works.log)}"
        time.sleep(0.1)


def finished() -> int:
    return Job.objects.filter(state__in=["done", "failed"]).count()


def children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def crash(point: str) -> int:
    """Work in a copy of this process that dies at a named point; returns its exit status."""
    connection.close()
    pid = os.fork()
    if pid == 0:
        os.environ["CRASH_AT"] = point
        try:
            jobs_work(queue="cpu")
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def check_nothing_lost_nothing_twice(keys: list[str]) -> None:
    jobs = {job.key: job for job in Job.objects.all()}
    assert {job.state for job in jobs.values()} == {"done"}
    assert max(job.attempt for job in jobs.values()) <= ATTEMPTS
    explanations = list(Explanation.objects.all())
    assert sorted(explanation.key for explanation in explanations) == sorted(keys)
    assert all(explanation.fence == jobs[explanation.key].attempt for explanation in explanations)
    assert Prediction.objects.count() == len(keys)
    named = {e.artefact_digest for e in explanations} | {p.weights_digest for p in Predictor.objects.all()}
    store = Store(django_settings.ASSAY_STORE)
    assert set(store.digests()) == named, "a file without a row, or a row without a file"
    assert all(store.get(digest) for digest in named)
    # A kill may hit a write: what it leaves has no name in the store, and the sweeper tidies it away.
    store.tidy(older_than_s=-1)
    assert {path.name for path in store.root.glob("??/*")} == named, "a half-written file has a name"
    assert list(store.unfinished.iterdir()) == []


def at_work(works: Works) -> bool:
    """Whether more explanations were begun than are there: a kill hits one, or one has hit one already."""
    return len(works.begun()) > Explanation.objects.count()


def kill_often(works: Works, *, kills: int, total: int, wipe_every: int = 0) -> None:
    """Kill the whole worker and a pool child in turn, each time after new work was finished."""
    worker = works.worker()
    for number in range(kills):
        goal = finished() + max(3, (total - finished()) // (kills + 3))
        wait_for(lambda goal=goal: finished() >= min(goal, total), works, seconds=150)
        wait_for(lambda: at_work(works) or finished() >= total, works, seconds=150)
        if number % 2:
            for pid in children(worker.pid)[:1]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        else:
            stop_group(worker, sign=signal.SIGKILL)
            worker = works.worker()
        if wipe_every and number % wipe_every == 0:
            works.broker.wipe()


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_killed_workers_and_a_wiped_broker_lose_nothing(works: Works, schema: dict[str, Any]) -> None:
    keys = request(schema, count=60, sleep_s=0.1)
    works.sweeper()
    kill_often(works, kills=6, total=120, wipe_every=3)
    wait_for(lambda: finished() == 120, works, seconds=150)
    check_nothing_lost_nothing_twice(keys)
    assert len(works.begun()) > 60, "no kill hit a batch at work: this test tested nothing"


@pytest.mark.long
def test_twenty_kills_during_two_hundred_jobs(works: Works, schema: dict[str, Any]) -> None:
    keys = request(schema, count=200, sleep_s=0.03)
    works.sweeper()
    kill_often(works, kills=20, total=400, wipe_every=4)
    wait_for(lambda: finished() == 400, works, seconds=300)
    check_nothing_lost_nothing_twice(keys)


REASONS = {
    "killed": "died or hung",
    "segfault": "died or hung",
    "endless": "died or hung",
    "out_of_memory": "CUDA out of memory",
}


@pytest.mark.parametrize(
    "how", ["killed", *(pytest.param(each, marks=pytest.mark.long) for each in list(REASONS)[1:])]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_job_that_kills_its_process_fails_with_a_reason_and_the_others_are_done(
    works: Works, schema: dict[str, Any], how: str
) -> None:
    works.env["ASSAY_WORK_LIMIT_S"] = "30" if how == "endless" else "600"
    ages = sorted(row["inputs"]["age"] for row in make_rows(8))
    keys = request(schema, count=8, dies_below=(ages[0] + ages[1]) / 2, how=how)
    works.sweeper()
    works.worker()
    wait_for(lambda: finished() == 16, works, seconds=400)
    failed = Job.objects.get(state="failed")
    assert failed.case.inputs["age"] == ages[0]
    assert failed.attempt <= ATTEMPTS
    assert REASONS[how] in failed.error
    assert Explanation.objects.count() == len(keys) - 1
    named = {e.artefact_digest for e in Explanation.objects.all()} | {
        p.weights_digest for p in Predictor.objects.all()
    }
    store = Store(django_settings.ASSAY_STORE)
    assert set(store.digests()) == named
    store.tidy(older_than_s=-1)
    assert {path.name for path in store.root.glob("??/*")} == named, "a half-written file has a name"
    assert list(store.unfinished.iterdir()) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_cancelled_job_stops_within_a_second_and_its_worker_is_free(
    works: Works, schema: dict[str, Any]
) -> None:
    keys = request(schema, count=1, sleep_s=600)
    works.process(
        *("-m", "celery", "-A", "deploy.celery", "worker", "-Q", "cpu", "-c", "1"),
        *("--without-mingle", "--without-gossip", "-l", "WARNING"),
    )
    works.sweeper()
    wait_for(lambda: bool(works.begun()), works, seconds=150)
    assert jobs_cancel(keys=keys) == 1
    assert Job.objects.get(key=keys[0]).state == "cancelled"
    after = request(schema, count=1, sleep_s=0)
    wait_for(lambda: Job.objects.get(key=after[0]).state == "done", works, seconds=30)
    assert not Explanation.objects.filter(key=keys[0]).exists()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_job_that_outlives_its_lease_three_times_over_is_begun_once(
    works: Works, schema: dict[str, Any]
) -> None:
    keys = request(schema, count=1, sleep_s=3 * LEASE_S)
    works.sweeper()
    works.worker()
    wait_for(lambda: finished() == 2, works, seconds=150)
    check_nothing_lost_nothing_twice(keys)
    assert len(works.begun()) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_named_crash_point_is_survived(
    works: Works, schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER", str(works.ledger))
    keys: list[str] = []
    for point in ("after_claim", "after_compute", "after_file", "after_commit"):
        keys += request(schema, count=4, name=point)
        Job.objects.filter(kind="predict", state="queued").update(queue="first")
        jobs_work(queue="first")
        assert crash(point) == 9
        done = 4 if point == "after_commit" else 0
        assert Job.objects.filter(case__case_set__name=point, kind="explain", state="done").count() == done
        Job.objects.filter(state="running").update(lease_until=Now() - timedelta(seconds=1))
        jobs_work(queue="cpu")
    check_nothing_lost_nothing_twice(keys)
    assert Counter(Job.objects.filter(kind="explain").values_list("attempt", flat=True)) == {1: 4, 2: 12}


@pytest.mark.long
@pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_of_480_kills_at_the_named_points_nothing_is_lost(
    works: Works, schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six workers at once, each dying at one of the four points, twenty times over (F14)."""
    monkeypatch.setenv("LEDGER", str(works.ledger))
    keys: list[str] = []
    kills = 0
    for repeat in range(20):
        for point in ("after_claim", "after_compute", "after_file", "after_commit"):
            keys += request(schema, count=12, name=f"{point}-{repeat}")
            Job.objects.filter(kind="predict", state="queued").update(queue="first")
            jobs_work(queue="first")
            kills += sum(status == 9 for status in crash_six(point))
            Job.objects.filter(state="running").update(lease_until=Now() - timedelta(seconds=1))
            jobs_work(queue="cpu")
            assert not Job.objects.exclude(state="done").exists()
    check_nothing_lost_nothing_twice(keys)
    assert kills == 480


def crash_six(point: str) -> list[int]:
    """Let six workers at once take two jobs each and die at a point; returns their exit statuses."""
    connection.close()
    started = []
    for _ in range(6):
        pid = os.fork()
        if pid == 0:
            os.environ["CRASH_AT"] = point
            try:
                jobs_work(queue="cpu", limit=2)
            finally:
                os._exit(0)
        started.append(pid)
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in started]
