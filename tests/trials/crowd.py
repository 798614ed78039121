"""Many at once: services called by threads with connections of their own, and pages asked for over raw connections."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tests.bench.load import Connection, Reply

Orm = Callable[[str], AbstractContextManager[None]]
Result = TypeVar("Result")
NONCE = re.compile(rb'name="nonce" value="([0-9a-f]*)"')
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
KIND = re.compile(rb'data-kind="(\w+)"')
VISIT = re.compile(rb'name="visit" value="([^"]+)"')
ANSWER = {"decision": "benign", "confidence": "70"}
OTHER = {"decision": "malignant", "confidence": "30"}


def all_at_once(
    orm: Orm, url: str, *, calls: Sequence[Callable[[], Result]], at_once: int
) -> list[Result | Exception]:
    """Run calls in ``at_once`` threads that all start together; what a call raises is its result."""
    barrier = Barrier(at_once)

    def work(mine: Sequence[Callable[[], Result]]) -> list[Result | Exception]:
        with orm(url):
            barrier.wait()
            return [_outcome(call) for call in mine]

    with ThreadPoolExecutor(at_once) as pool:
        shares = [calls[i::at_once] for i in range(at_once)]
        return [result for found in pool.map(work, shares) for result in found]


def _outcome(call: Callable[[], Result]) -> Result | Exception:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 (the test looks at what was raised)
        return error


@dataclass
class Browser:
    """One person over HTTP with as many connections as tabs; ``body`` is the page that is on the screen."""

    url: str
    slug: str = "cells"
    cookies: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    tabs: dict[int, Connection] = field(default_factory=dict)

    def tab(self, number: int = 0) -> Connection:
        if number not in self.tabs:
            address = urlsplit(self.url)
            self.tabs[number] = Connection(str(address.hostname), int(address.port or 80), self.cookies)
        return self.tabs[number]

    @property
    def home(self) -> str:
        return f"/s/{self.slug}/"

    @property
    def nonce(self) -> str:
        found = NONCE.search(self.body)
        return found[1].decode() if found else ""

    @property
    def kind(self) -> str:
        found = KIND.search(self.body)
        return found[1].decode() if found else ""

    async def start(self, **known: str) -> Browser:
        welcome = await self.tab().request("GET", self.home)
        visit = VISIT.search(welcome.body)
        assert visit, welcome.body[:2000]
        form = {"csrfmiddlewaretoken": _token(welcome.body), "visit": visit[1].decode(), **known}
        reply = await self.tab().request("POST", f"{self.home}start", form)
        assert reply.status == 303, reply.body
        return await self.look()

    async def look(self) -> Browser:
        self.body = (await self.tab().request("GET", self.home)).body
        return self

    def form(self, **answers: str) -> dict[str, str]:
        return {"csrfmiddlewaretoken": _token(self.body), "nonce": self.nonce, **answers}

    async def post(self, form: dict[str, str], *, tab: int = 0) -> Reply:
        return await self.tab(tab).request("POST", self.home, form, {"X-Assay-Swap": "1"})

    async def answer(self, **answers: str) -> Browser:
        reply = await self.post(self.form(**answers))
        assert reply.status == 200, (reply.status, reply.body[:3000])
        self.body = reply.body
        return self

    async def close(self) -> None:
        for tab in self.tabs.values():
            await tab.close()


def _token(body: bytes) -> str:
    found = TOKEN.search(body)
    assert found, body[:2000]
    return found[1].decode()


def rows(live: Any, table: str, what: str = "count(*)") -> Any:
    return live.rows(f"SELECT {what} FROM {table}")[0][0]
