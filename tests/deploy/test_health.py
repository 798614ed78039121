"""What machines ask: red where somebody must look, green where only the broker is away."""

import os
import time

import httpx
import pytest

from deploy import health
from tests.servers.assay import LiveAssay

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_it_is_well_without_a_broker(live_assay: LiveAssay) -> None:
    answer = httpx.get(f"{live_assay.url}/health/")
    assert (answer.status_code, answer.json()["broker"]) == (200, "silent")


@pytest.mark.redis
def test_it_reports_a_broker_that_answers(start_assay, database_url, redis_server) -> None:
    live = start_assay(database_url, REDIS_URL=redis_server.url)
    assert httpx.get(f"{live.url}/health/").json()["broker"] == "ok"


def test_it_turns_red_a_minute_after_the_sweepers_last_round_and_green_again(
    live_assay: LiveAssay, settings
) -> None:
    settings.ASSAY_STORE = live_assay.var / "store"
    health.stamp_sweeper()
    assert httpx.get(f"{live_assay.url}/health/").status_code == 200
    late = time.time() - health.SWEEPER_LATE_S - 1
    os.utime(health.sweeper_stamp(), (late, late))
    answer = httpx.get(f"{live_assay.url}/health/")
    assert answer.status_code == 503
    assert "late" in answer.json()["sweeper"]
    assert httpx.get(f"{live_assay.url}/health/live/").status_code == 200
    health.stamp_sweeper()
    assert httpx.get(f"{live_assay.url}/health/").status_code == 200


def test_the_sweeper_leaves_its_stamp(live_assay: LiveAssay) -> None:
    live_assay.manage("sweep", "--once")
    assert (live_assay.var / "store" / "sweeper.stamp").exists()


def test_numbers_are_only_for_who_asked_for_them(live_assay: LiveAssay) -> None:
    assert httpx.get(f"{live_assay.url}/metrics").status_code == 404


def test_numbers_are_in_the_form_that_prometheus_reads(start_assay, database_url) -> None:
    text = httpx.get(f"{start_assay(database_url, METRICS='1').url}/metrics").text
    assert "assay_database_up 1.0" in text
    assert "assay_jobs" in text
