"""Double clicks (I6), two tabs (I7), lost replies (F4), the code (I18), over real HTTP."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.factories import CONDITIONS, step, trials_step
from tests.factories import launched_version as launched
from tests.trials.crowd import ANSWER, OTHER, Browser, Orm, rows

pytestmark = pytest.mark.postgres
CASES = 25


def study(live: Any, orm: Orm, *, people: int, cases: int = CASES) -> None:
    flow = [step("consent", text="consent"), step("allocate"), trials_step(cases)]
    with orm(live.database_url):
        launched(
            flow=flow, conditions={"ig": CONDITIONS["ig"]}, slots=people, store=Path(live.env["ASSAY_VAR"]) / "store"
        )  # fmt: skip


async def crowd(live: Any, number: int) -> list[Browser]:
    browsers = [Browser(live.url) for _ in range(number)]
    return list(await asyncio.gather(*(browser.start() for browser in browsers)))


async def double_clicks(browser: Browser) -> int:
    """Send every answer of a session twice at the same moment, by two connections."""
    pairs = 0
    while browser.kind != "done":
        form = browser.form(**({"consent": "given"} if browser.kind == "consent" else ANSWER))
        one, two = await asyncio.gather(browser.post(form), browser.post(form, tab=1))
        assert (one.status, two.status) == (200, 200), (one.body[:500], two.body[:500])
        nonces = [Browser("", body=reply.body).nonce for reply in (one, two)]
        assert nonces[0] == nonces[1]
        browser.body = one.body
        pairs += 1
    await browser.close()
    return pairs


def test_of_every_double_click_one_answer_is_stored_and_both_clicks_get_the_same_page(
    live_assay: Any, orm: Orm
) -> None:
    """I6 at half size on each database: 10 people x 51 pages = 510 pairs on SQLite, 510 on PostgreSQL."""
    study(live_assay, orm, people=10)

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(double_clicks(b) for b in await crowd(live_assay, 10)))

    pairs = sum(asyncio.run(all_of_them()))
    assert pairs == 10 * (1 + CASES * 2)
    assert rows(live_assay, "trials_trialresponse") == 10 * CASES * 4
    assert rows(live_assay, "trials_submission") == pairs
    assert rows(live_assay, "trials_presentation") == 10 * CASES * 2
    assert rows(live_assay, "trials_event WHERE kind = 'repeated'") == pairs
    assert rows(live_assay, "trials_event WHERE kind = 'conflict'") == 0
    assert rows(live_assay, "enrolment_assignment") == rows(live_assay, "enrolment_completion") == 10


async def two_tabs(browser: Browser) -> Counter[int]:
    statuses: Counter[int] = Counter()
    await browser.answer(consent="given")
    while browser.kind != "done":
        replies = await asyncio.gather(
            browser.post(browser.form(**ANSWER)), browser.post(browser.form(**OTHER), tab=1)
        )
        statuses.update(reply.status for reply in replies)
        assert len({Browser("", body=reply.body).nonce for reply in replies}) == 1
        browser.body = replies[0].body
    await browser.close()
    return statuses


def test_of_two_different_answers_the_first_is_stored_and_the_second_told(live_assay: Any, orm: Orm) -> None:
    """I7: 5 people x 20 cases x 2 stages = 200 pairs on each database."""
    study(live_assay, orm, people=5, cases=20)

    async def all_of_them() -> list[Counter[int]]:
        return await asyncio.gather(*(two_tabs(b) for b in await crowd(live_assay, 5)))

    statuses = sum(asyncio.run(all_of_them()), Counter[int]())
    assert statuses == {200: 200, 409: 200}
    assert rows(live_assay, "trials_trialresponse") == 400
    assert rows(live_assay, "trials_event WHERE kind = 'conflict'") == 200
    mixed = live_assay.rows(
        "SELECT trial_id, stage FROM trials_trialresponse GROUP BY trial_id, stage "
        "HAVING count(DISTINCT CAST(responded_at AS text)) > 1"
    )
    assert mixed == []


async def losing(browser: Browser, lost: Counter[str]) -> None:
    """Lose the reply to every third answer, then send it again; at the end come back to the page."""
    number = 0
    while browser.kind != "done":
        form = browser.form(**({"consent": "given"} if browser.kind == "consent" else ANSWER))
        number += 1
        if number % 3 == 0:
            await send_and_hang_up(browser, form)
            lost["replies"] += 1
        reply = await browser.post(form)
        assert reply.status == 200
        browser.body = reply.body
    before = browser.body
    await browser.look()
    assert browser.kind == "done"
    assert code_of(browser.body) == code_of(before)
    await browser.close()


async def send_and_hang_up(browser: Browser, form: dict[str, str]) -> None:
    """Send a request and close when the first byte of its reply arrives: the server has stored it by then."""
    from urllib.parse import urlencode

    tab = browser.tab()
    _reader, writer = await asyncio.open_connection(tab.host, tab.port)
    body = urlencode(form).encode()
    cookies = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
    head = (
        f"POST {browser.home} HTTP/1.1\r\nHost: {tab.host}:{tab.port}\r\nCookie: {cookies}\r\nX-Assay-Swap: 1\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await _reader.readexactly(1)
    writer.close()


def code_of(body: bytes) -> bytes:
    import re

    found = re.search(rb"\b[A-Z2-9]{12}\b", body)
    assert found, body
    return found[0]


def test_answers_whose_reply_was_lost_are_stored_once_and_nobody_stays_without_code(
    live_assay: Any, orm: Orm
) -> None:
    """F4 and I18: 15 people x 31 pages, every third reply lost, the last one among them."""
    study(live_assay, orm, people=15, cases=16)
    lost: Counter[str] = Counter()

    async def all_of_them() -> None:
        await asyncio.gather(*(losing(b, lost) for b in await crowd(live_assay, 15)))

    asyncio.run(all_of_them())
    assert lost["replies"] == 15 * 11
    assert rows(live_assay, "trials_trialresponse") == 15 * 16 * 4
    assert rows(live_assay, "trials_submission") == 15 * 33
    assert rows(live_assay, "enrolment_completion", "count(DISTINCT code)") == 15
