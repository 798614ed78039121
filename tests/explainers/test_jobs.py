"""A job row: claimed once, written under its fence, tried three times, never lost."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from explainers.core.store import Store
from explainers.models import Case, CaseSet, Job, Predictor
from explainers.services import (
    Claim,
    job_claim,
    job_fail,
    job_finish,
    job_heartbeat,
    jobs_cancel,
    jobs_retry,
    jobs_sweep,
)
from explainers.services import jobs as jobs_module
from explainers.services.jobs import jobs_add

pytestmark = pytest.mark.django_db


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr(
        jobs_module.current_app,
        "send_task",
        lambda name, *, queue, **kwargs: sent.append(queue),
        raising=False,
    )
    return sent


@pytest.fixture
def queue(hints: list[str], store_folder: Path) -> list[Job]:
    case_set = CaseSet.objects.create(name="s", digest="d", schema={"features": []})
    predictor = Predictor.objects.create(
        name="p", digest="p", architecture="mlp", features=[], classes=[], weights_digest="w"
    )
    cases = [
        Case.objects.create(case_set=case_set, key=str(n), position=n, inputs={}, digest=str(n))
        for n in range(5)
    ]
    jobs_add([Job(kind="predict", key=f"k{case.key}", predictor=predictor, case=case) for case in cases])
    return list(Job.objects.order_by("id"))


def claim(limit: int = 32, worker: str = "w1") -> list[Claim]:
    return job_claim(queue="cpu", worker=worker, limit=limit)


def let_leases_end() -> None:
    Job.objects.filter(state="running").update(lease_until=Now() - timedelta(seconds=1))


def job(key: str) -> Job:
    return Job.objects.get(key=key)


def test_a_claim_takes_a_batch_in_order_and_counts_the_attempt(queue: list[Job]) -> None:
    claims = claim(limit=3)
    assert [(c.job.key, c.attempt) for c in claims] == [("k0", 1), ("k1", 1), ("k2", 1)]
    assert {c.job.state for c in claims} == {"running"}


def test_what_is_claimed_is_not_claimed_again(queue: list[Job]) -> None:
    claim(limit=3)
    assert [c.job.key for c in claim(worker="w2")] == ["k3", "k4"]
    assert claim(worker="w3") == []


def test_other_queues_are_left_alone(queue: list[Job]) -> None:
    assert job_claim(queue="gpu", worker="w1") == []


def test_a_batch_has_one_kind_one_predictor_and_one_method(queue: list[Job]) -> None:
    Job.objects.filter(key__in=["k1", "k3"]).update(kind="explain", method="integrated_gradients")
    Job.objects.filter(key="k4").update(kind="explain", method="shuffled")
    assert [[c.job.key for c in claim()] for _ in range(3)] == [["k0", "k2"], ["k1", "k3"], ["k4"]]


def test_a_dead_lease_is_taken_over_alone(queue: list[Job]) -> None:
    claim()
    let_leases_end()
    assert [(c.job.key, c.attempt) for c in claim(worker="w2")] == [("k0", 2)]


def test_a_living_lease_is_not_taken_over(queue: list[Job]) -> None:
    claims = claim()
    let_leases_end()
    assert job_heartbeat(claims=claims) == 5
    assert claim(worker="w2") == []


def test_the_result_of_a_worker_that_lost_its_lease_is_discarded(queue: list[Job]) -> None:
    written: list[str] = []
    (late,) = claim(limit=1)
    let_leases_end()
    (now_ours,) = claim(limit=1, worker="w2")
    assert now_ours.job.key == late.job.key
    assert not job_finish(claim=late, write=lambda: written.append("late"))
    assert not job_heartbeat(claims=[late])
    assert not job_fail(claim=late, reason="late", permanent=True)
    assert job_finish(claim=now_ours, write=lambda: written.append("ours"))
    assert written == ["ours"]
    assert (job("k0").state, job("k0").attempt) == ("done", 2)


def test_a_job_is_finished_once(queue: list[Job]) -> None:
    written: list[int] = []
    (ours,) = claim(limit=1)
    assert job_finish(claim=ours, write=lambda: written.append(1))
    assert not job_finish(claim=ours, write=lambda: written.append(2))
    assert written == [1]


@pytest.mark.django_db(transaction=False)
def test_a_result_that_cannot_be_written_leaves_the_job_running(queue: list[Job]) -> None:
    (ours,) = claim(limit=1)

    def fail() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        job_finish(claim=ours, write=fail)
    assert job("k0").state == "running"


def test_a_passing_fault_is_tried_again_three_times(queue: list[Job]) -> None:
    states = []
    for _ in range(4):
        (ours,) = claim(limit=1)
        assert job_fail(claim=ours, reason="out of memory", permanent=False)
        states.append((job("k0").state, job("k0").error))
    assert states == [("queued", "out of memory")] * 3 + [("failed", "out of memory")]


def test_a_lasting_fault_is_not_tried_again(queue: list[Job]) -> None:
    (ours,) = claim(limit=1)
    job_fail(claim=ours, reason="no such class", permanent=True)
    assert (job("k0").state, job("k0").attempt) == ("failed", 1)


def test_a_job_that_kills_its_worker_alone_three_times_fails_with_a_reason(queue: list[Job]) -> None:
    for _ in range(4):
        (first, *_rest) = claim(limit=1)
        assert first.job.key == "k0"
        let_leases_end()
    jobs_sweep()
    assert (job("k0").state, job("k0").attempt) == ("failed", 4)
    assert "died or hung" in job("k0").error
    assert [c.job.key for c in claim()] == ["k1", "k2", "k3", "k4"]


def test_a_job_waits_for_what_it_needs(queue: list[Job]) -> None:
    Job.objects.filter(key="k0").update(needs=job("k4"))
    claims = claim()
    assert [c.job.key for c in claims] == ["k1", "k2", "k3", "k4"]
    assert claim() == []
    job_finish(claim=claims[3], write=lambda: None)
    assert [c.job.key for c in claim()] == ["k0"]


def test_a_job_fails_with_what_it_needs_down_the_chain(queue: list[Job]) -> None:
    Job.objects.filter(key="k1").update(needs=job("k0"))
    Job.objects.filter(key="k2").update(needs=job("k1"))
    (ours,) = claim(limit=1)
    job_fail(claim=ours, reason="bad weights", permanent=True)
    jobs_sweep()
    assert [job(key).state for key in ("k0", "k1", "k2", "k3")] == ["failed", "failed", "failed", "queued"]
    assert "needs failed" in job("k2").error


def test_trying_again_includes_what_is_needed(queue: list[Job]) -> None:
    Job.objects.filter(key="k1").update(needs=job("k0"))
    Job.objects.filter(key__in=["k0", "k1"]).update(state="failed", attempt=3, error="x")
    assert jobs_retry(keys=["k1"]) == 2
    assert [(job(key).state, job(key).attempt) for key in ("k0", "k1")] == [("queued", 0)] * 2


def test_a_cancelled_job_is_not_finished(queue: list[Job]) -> None:
    (ours,) = claim(limit=1)
    assert jobs_cancel(keys=["k0", "k1"]) == 2
    assert not job_finish(claim=ours, write=lambda: pytest.fail("written"))


def test_the_sweeper_rings_for_what_nobody_announced(queue: list[Job], hints: list[str]) -> None:
    assert jobs_sweep() == 5
    assert hints == ["cpu"]
    assert jobs_sweep() == 0, "it was announced a moment ago"
    Job.objects.update(sent_at=Now() - timedelta(seconds=16))
    assert jobs_sweep() == 5


def test_the_sweeper_rings_for_dead_leases(queue: list[Job], hints: list[str]) -> None:
    jobs_sweep()
    claim()
    assert jobs_sweep() == 0
    let_leases_end()
    assert jobs_sweep() == 5
    assert hints == ["cpu", "cpu"]


def test_large_work_rings_for_several_workers(queue: list[Job], hints: list[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs_module, "BATCH", 2)
    jobs_sweep()
    assert hints == ["cpu"] * 3


def test_a_hint_is_given_after_the_commit(
    queue: list[Job], hints: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        jobs_add([Job(kind="render", key="new", predictor=queue[0].predictor, case=queue[0].case)])
        assert hints == []
    assert hints == ["cpu"]


def test_a_dead_broker_does_not_fail_the_request(
    queue: list[Job], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def down(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(jobs_module.current_app, "send_task", down, raising=False)
    with django_capture_on_commit_callbacks(execute=True):
        jobs_add([Job(kind="render", key="new", predictor=queue[0].predictor, case=queue[0].case)])
    assert (job("new").state, job("new").sent_at) == ("queued", None)


def test_a_broker_that_nobody_answers_at_is_only_logged(
    queue: list[Job], settings: Any, tmp_path: Path
) -> None:
    from celery import Celery

    app = Celery(broker=f"redis+socket://{tmp_path}/nobody.sock", set_as_current=False)
    app.conf.task_publish_retry_policy = settings.CELERY_TASK_PUBLISH_RETRY_POLICY
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs_module, "current_app", app)
        assert jobs_module.jobs_hint(queue="cpu") is False


def test_the_sweeper_command_does_one_round(
    queue: list[Job], capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    settings.ASSAY_SWEEPS = []
    left = Store(settings.ASSAY_STORE).unfinished / "left-by-a-kill"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"ha")
    os.utime(left, (0, 0))
    call_command("sweep", once=True)
    assert "Rang for 5 jobs." in capsys.readouterr().out
    assert not left.exists()
