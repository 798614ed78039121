"""The two kinds of clients: a participant of Assay in the trials, and the same person at the yardstick."""

from __future__ import annotations

import json
import re

from tests.bench.load import Connection

NONCE = re.compile(rb'name="nonce"\s+value="([0-9a-f]{64})"')
CSRF = re.compile(rb'name="csrfmiddlewaretoken"\s+value="(\w+)"')
VISIT = re.compile(rb'name="visit"\s+value="([\w-]+)"')
KIND = re.compile(rb'data-kind="(\w+)"')
SWAP = {"X-Assay-Swap": "1"}
EVENTS_PER_PAGE = ("paint", "shown", "change", "change", "explanation_visible", "submit")


class BenchFailed(AssertionError):
    """A reply was not what a participant may expect; a run with one such reply counts for nothing."""


def found(pattern: re.Pattern[bytes], body: bytes) -> str:
    match = pattern.search(body)
    if match is None:
        raise BenchFailed(f"{pattern.pattern!r} is not on the page: {body[:400]!r}")
    return match.group(1).decode()


class Participant:
    """Enrols, then answers trial pages one after the other, each with its clock and six events."""

    def __init__(self, host: str, port: int, *, number: int) -> None:
        self.connection = Connection(host, port)
        self.number = number
        self.seq = 0
        self.page = b""
        self.bytes = 0

    async def enrol(self) -> None:
        door = await self.connection.request("GET", "/s/bench/")
        form = {"csrfmiddlewaretoken": found(CSRF, door.body), "visit": found(VISIT, door.body)}
        reply = await self.connection.request("POST", "/s/bench/start", form)
        if reply.status != 303:
            raise BenchFailed(f"start answered {reply.status}")
        self.page = (await self.connection.request("GET", "/s/bench/")).body
        await self.send({"consent": "given"})
        if found(KIND, self.page) != "trial":
            raise BenchFailed(f"after consent came {found(KIND, self.page)}")

    async def decide(self) -> None:
        before = found(NONCE, self.page)
        await self.send({"decision": ("benign", "malignant")[self.seq % 2], "confidence": "70"})
        if found(NONCE, self.page) == before:
            raise BenchFailed("the next page is the same page")

    async def send(self, answers: dict[str, str]) -> None:
        form = {
            "csrfmiddlewaretoken": found(CSRF, self.page),
            "nonce": found(NONCE, self.page),
            "clock": json.dumps({"rt_ms": 5123.4, "hidden_ms": 0, "explanation_visible_ms": 2100.5}),
            "events": json.dumps({"source": f"bench{self.number}", "events": self._events()}),
            **answers,
        }
        reply = await self.connection.request("POST", "/s/bench/", form, SWAP)
        if reply.status != 200:
            raise BenchFailed(f"an answer was answered with {reply.status}: {reply.body[:300]!r}")
        self.page, self.bytes = reply.body, self.bytes + reply.wire_bytes

    def _events(self) -> list[dict[str, object]]:
        events: list[dict[str, object]] = []
        for kind in EVENTS_PER_PAGE:
            self.seq += 1
            events.append({"seq": self.seq, "kind": kind, "t": self.seq * 100.0, "payload": {}})
        return events


class Yardstick:
    """The same decisions at the minimal view: POST, redirect, GET."""

    def __init__(self, host: str, port: int, *, number: int) -> None:
        self.connection = Connection(host, port)
        self.number = number
        self.n = 0

    async def decide(self) -> None:
        path = f"/p{self.number}/{self.n}"
        form = {"n": str(self.n), "decision": "benign", "confidence": "70"}
        reply = await self.connection.request("POST", path, form)
        if reply.status != 302:
            raise BenchFailed(f"the yardstick answered {reply.status}")
        page = await self.connection.request("GET", reply.headers["location"])
        if page.status != 200:
            raise BenchFailed(f"the yardstick's page answered {page.status}")
        self.n += 1
