"""A lean load generator: keep-alive connections over raw asyncio streams, so that the client costs little of two cores.

``Connection`` speaks just enough HTTP/1.1; ``closed_loop`` lets every client act as fast as it is answered,
``paced`` gives every client a think time. Both return the latencies of decisions in milliseconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    body: bytes
    wire_bytes: int


# Which worker accepts a connection is an accident. Kept for a whole run, a worker with few of them serves each of these
# many times faster while the other one is the bottleneck, and a ratio measures the accident: 0.30 to 0.68 was seen.
REQUESTS_A_CONNECTION = 25


@dataclass
class Connection:
    """One participant's connection: cookies kept, reopened now and then and when the server closes it."""

    host: str
    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    served: int = 0

    async def request(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        self.served += 1
        if self.served % REQUESTS_A_CONNECTION == 0:
            await self.close()
        for attempt in (1, 2):
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
            try:
                return await self._exchange(method, path, form, headers or {})
            except (ConnectionError, asyncio.IncompleteReadError):
                await self.close()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    async def _exchange(
        self, method: str, path: str, form: dict[str, str] | None, extra: dict[str, str]
    ) -> Reply:
        assert self.reader is not None
        assert self.writer is not None
        body = urlencode(form).encode() if form is not None else b""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}", "Connection: keep-alive"]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        if form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        lines += [f"{k}: {v}" for k, v in extra.items()]
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await self.writer.drain()
        head = await self.reader.readuntil(b"\r\n\r\n")
        status, headers, cookies = _parse(head)
        self.cookies.update(cookies)
        payload = await self._body(headers)
        if headers.get("connection", "").lower() == "close":
            await self.close()
        return Reply(status, headers, cookies, payload, len(head) + len(payload))

    async def _body(self, headers: dict[str, str]) -> bytes:
        assert self.reader is not None
        if headers.get("transfer-encoding") == "chunked":
            chunks = []
            while size := int(await self.reader.readline(), 16):
                chunks.append(await self.reader.readexactly(size))
                await self.reader.readexactly(2)
            await self.reader.readexactly(2)
            return b"".join(chunks)
        return await self.reader.readexactly(int(headers.get("content-length", "0")))

    async def close(self) -> None:
        writer, self.reader, self.writer = self.writer, None, None
        if writer is not None:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


def _parse(head: bytes) -> tuple[int, dict[str, str], dict[str, str]]:
    first, *rest = head.decode("latin-1").rstrip().split("\r\n")
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}
    for line in rest:
        name, _, value = line.partition(": ")
        if name.lower() == "set-cookie":
            key, _, content = value.partition(";")[0].partition("=")
            cookies[key] = content
        else:
            headers[name.lower()] = value
    return int(first.split()[1]), headers, cookies


Act = Callable[[], Awaitable[None]]
"""One decision of one participant: its answer sent, its next page received; raises when anything is wrong."""


async def closed_loop(clients: Sequence[Act], *, seconds: float) -> tuple[list[float], float]:
    """Let every client decide again at once; return latencies (ms) and the time that it took (s)."""
    latencies: list[float] = []
    began = time.perf_counter()

    async def run(act: Act) -> None:
        while time.perf_counter() - began < seconds:
            start = time.perf_counter()
            await act()
            latencies.append((time.perf_counter() - start) * 1000)

    await asyncio.gather(*(run(act) for act in clients))
    return latencies, time.perf_counter() - began


async def paced(
    clients: Sequence[Act], *, seconds: float, think_s: float, seed: int = 1
) -> tuple[list[float], float]:
    """Give every client an exponential think time of mean ``think_s`` before each decision."""
    latencies: list[float] = []
    rng = Random(seed)
    began = time.perf_counter()

    async def run(act: Act) -> None:
        await asyncio.sleep(rng.random() * think_s)
        while time.perf_counter() - began < seconds:
            start = time.perf_counter()
            await act()
            latencies.append((time.perf_counter() - start) * 1000)
            await asyncio.sleep(rng.expovariate(1 / think_s))

    await asyncio.gather(*(run(act) for act in clients))
    return latencies, time.perf_counter() - began


def percentile(values: Sequence[float], q: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]
