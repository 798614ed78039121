"""F1: web workers are killed while people answer; every client sends its answer again until it is acknowledged."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from urllib.parse import urlsplit

import pytest

from tests.bench.clients import BenchFailed, Participant
from tests.factories import launched_version, step, trials_step
from tests.servers.assay import LiveAssay

PEOPLE, TRIALS, KILLS = 25, 20, 20
SUBMISSIONS = PEOPLE * TRIALS * 2  # judge_advisor asks twice
FLOW = [step("consent", text="consent"), step("allocate"), trials_step(TRIALS)]
Orm = Callable[[str], AbstractContextManager[None]]


class Stubborn(Participant):
    """Sends the same answer, with the same nonce, until the server has acknowledged it."""

    acknowledged = 0

    async def send(self, answers: dict[str, str]) -> None:
        for _ in range(200):
            try:
                await super().send(answers)
            except (ConnectionError, asyncio.IncompleteReadError, OSError):
                await self.connection.close()
                await asyncio.sleep(0.05)
            else:
                self.acknowledged += 1
                return
        raise AssertionError("the service did not come back")

    def _events(self) -> list[dict[str, object]]:
        return []

    async def take_part(self) -> None:
        while self.acknowledged <= TRIALS * 2:  # the consent is one of them
            await self.send({"decision": "benign", "confidence": "70"})


def workers_of(live: LiveAssay) -> list[int]:
    assert live.process is not None
    found = subprocess.run(["pgrep", "-P", str(live.process.pid)], capture_output=True, text=True)
    return [int(pid) for pid in found.stdout.split()]


async def kill_now_and_then(live: LiveAssay, people: list[Stubborn]) -> int:
    """Kill one worker after every 45 answers, so that the last of twenty falls before the thousandth answer."""
    rng, kills = random.Random(1), 0
    while kills < KILLS:
        is_due = sum(person.acknowledged for person in people) >= 45 * (kills + 1)
        if is_due and (workers := workers_of(live)):
            with suppress(ProcessLookupError):  # it was replaced since it was listed: then nobody was killed
                os.kill(rng.choice(workers), signal.SIGKILL)
                kills += 1
        await asyncio.sleep(0.01)
    return kills


async def study_under_fire(live: LiveAssay) -> tuple[list[Stubborn], int]:
    parts = urlsplit(live.url)
    people = [Stubborn(str(parts.hostname), int(parts.port or 0), number=i) for i in range(PEOPLE)]
    await asyncio.gather(*(person.enrol() for person in people))
    killer = asyncio.create_task(kill_now_and_then(live, people))
    await asyncio.gather(*(person.take_part() for person in people))
    kills = await asyncio.wait_for(killer, timeout=10)
    for person in people:
        await person.connection.close()
    return people, kills


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_killed_web_workers_lose_nothing_and_store_nothing_twice(
    start_assay: Callable[..., LiveAssay], database_url: str, orm: Orm
) -> None:
    live = start_assay(database_url, WEB_CONCURRENCY="2")
    with orm(database_url):
        launched_version(slug="bench", flow=FLOW, slots=PEOPLE, store=live.var / "store")
    try:
        people, kills = asyncio.run(study_under_fire(live))
    except BenchFailed as problem:
        pytest.fail(f"{problem}\n{live.log_text()[-4000:]}")
    assert sum(person.acknowledged for person in people) == SUBMISSIONS + PEOPLE
    [(stored,)] = live.rows("SELECT count(*) FROM trials_submission")
    [(rows, distinct)] = live.rows(
        "SELECT count(*), count(DISTINCT (trial_id, stage, field)) FROM trials_trialresponse"
    )
    assert stored == SUBMISSIONS + PEOPLE
    assert rows == distinct == SUBMISSIONS * 2  # decision and confidence
    assert kills == KILLS
