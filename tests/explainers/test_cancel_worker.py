# ruff: noqa: F811 - fixtures of another file are named as parameters
"""How long a real worker goes on after a large set of jobs was cancelled: within a second it takes none of them."""

import time
from typing import Any

import pytest

from explainers.models import Job
from explainers.services import jobs_cancel
from tests.explainers.test_kill_worker import Works, own_broker, request, wait_for, works  # noqa: F401

pytestmark = [pytest.mark.heavy, pytest.mark.redis]
SET, SLEEP_S = 200, 0.1


def moments(works: Works, *, seconds: float) -> list[tuple[float, int]]:
    """Watch the ledger; returns when it grew, and to how many lines."""
    end, seen, found = time.monotonic() + seconds, len(works.begun()), []
    while time.monotonic() < end:
        count = len(works.begun())
        if count > seen:
            found.append((time.monotonic(), count))
            seen = count
        time.sleep(0.01)
    return found


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_a_worker_takes_no_row_of_a_cancelled_set_after_a_second_and_goes_on_with_other_work(
    works: Works, schema: dict[str, Any]
) -> None:
    keys = request(schema, count=SET, sleep_s=SLEEP_S)
    other = request(schema, count=1, name="other", sleep_s=0)
    works.process(
        *("-m", "celery", "-A", "deploy.celery", "worker", "-Q", "cpu", "-c", "1"),
        *("--without-mingle", "--without-gossip", "-l", "WARNING"),
    )
    works.sweeper()
    wait_for(lambda: len(works.begun()) >= 5, works, seconds=150)
    begin = time.monotonic()
    jobs_cancel(keys=keys)
    grown = moments(works, seconds=5)
    last_of_all, of_set = grown[-1], grown[:-1]
    done = Job.objects.get(key=other[0])
    assert done.state == "done", "the worker is not free"
    stopped = max((at for at, _ in of_set), default=begin) - begin
    free = last_of_all[0] - begin
    print(f"last row of the cancelled set begun after {stopped:.2f} s, other work begun after {free:.2f} s")
    assert stopped < 1.0
    assert last_of_all[1] < 40, "it went on with the set"
    assert free < 2.0
    assert set(Job.objects.filter(key__in=keys).values_list("state", flat=True)) == {"cancelled"}
