"""One participant's life over HTTP: opens the link, reads each page, answers it, until there is nothing to answer."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpx

from studies.rehearsal.policies import Leaves, Policy
from studies.rehearsal.questions import Answer, PageUnexpected
from studies.rehearsal.reader import PageRead, filled, read_page

COOKIE = "assay_s"
RETRIES = 5
RETRY_PAUSE_S = 0.2
MOST_PAGES = 2_000
LAST_PAGES = frozenset(
    {"done", "left", "closed", "expired", "full", "screened_out", "comprehension_failed", "withdrawn"}
)


class ServerFailed(Exception):
    """The application did not do what it owes to a participant: an answer of 500, or none at all."""


@dataclass(frozen=True)
class Life:
    """How a participant fared: the last page's kind (or ``dropped_out``), and how many pages it read."""

    end: str
    pages: int
    policy: str
    code: str | None = None


@dataclass
class Visit:
    """One browser: a client with cookies of its own, at one application.

    ``travel`` is given the cookie of a participant who waits for a session, and moves their clock to its opening.
    """

    client: httpx.Client
    base_url: str
    think: Callable[[float], None] = lambda _seconds: None
    travel: Callable[[str], None] | None = None
    source: str = field(default_factory=lambda: secrets.token_hex(8))

    def live(self, entrance: str, *, policy: Policy) -> Life:
        """Live one life from the invitation on; whatever is not as it must be raises."""
        page, url = self._enter(entrance)
        pages = 1
        while page.kind not in LAST_PAGES:
            if page.kind == "session" and not page.nonce:
                page = self._wait(url)
                pages += 1
                continue
            page = self._revealed(page, url, policy)
            try:
                answers = policy.answer(page)
            except Leaves:
                return Life("dropped_out", pages, policy.name)
            took_ms = policy.time_ms(page)
            self.think(took_ms / 1000)
            body: dict[str, Answer] = filled(page, answers) | {
                "clock": _clock(page, took_ms),
                "events": _doses(page, took_ms, source=self.source),
            }
            before = page
            page = self._send(urljoin(url, page.action), body)
            pages += 1
            if page.nonce == before.nonce:
                raise PageUnexpected(
                    f"The page '{before.title}' ({before.kind}) came again after it was answered."
                )
            if pages > MOST_PAGES:
                raise PageUnexpected(f"More than {MOST_PAGES} pages and no end; the last is '{page.title}'.")
        return Life(page.kind, pages, policy.name, page.code)

    def _enter(self, entrance: str) -> tuple[PageRead, str]:
        url = urljoin(self.base_url, entrance)
        welcome = read_page(_expected(self._request("GET", url), 200))
        reply = self._request("POST", urljoin(url, welcome.action), filled(welcome, {}))
        if reply.status_code != 303 or "location" not in reply.headers:
            raise PageUnexpected(
                f"The invitation was answered by {reply.status_code}, not by the way into the study."
            )
        door = urljoin(url, reply.headers["location"])
        return read_page(_expected(self._request("GET", door), 200)), door

    def _wait(self, url: str) -> PageRead:
        """Wait for the next session, by a clock that is ahead; it must then have opened."""
        if self.travel is None:
            raise PageUnexpected("The next session is some days away, and this visit cannot wait.")
        self.travel(self.client.cookies[COOKIE])
        page = read_page(_expected(self._request("GET", url), 200))
        if page.kind == "session" and not page.nonce:
            raise PageUnexpected("The next session did not open although its time has come.")
        return page

    def _revealed(self, page: PageRead, url: str, policy: Policy) -> PageRead:
        """Ask for what the page holds back and the participant wants to see; what is filled in would stay."""
        for held in policy.asks_for(page):
            if held.number not in {each.number for each in page.held}:
                continue  # it came along with another
            time.sleep(held.wait_s)
            body = {**page.hidden, "reveal": held.number}
            reply = self._request("POST", urljoin(url, held.action), body, {"X-Assay-Swap": "1"})
            shown = read_page(_expected(reply, 200))
            if shown.nonce != page.nonce or held.number in {each.number for each in shown.held}:
                raise PageUnexpected(
                    f"The page '{page.title}' ({page.kind}) did not show what it offered to show."
                )
            page = shown
        return page

    def _send(self, url: str, body: Mapping[str, Answer]) -> PageRead:
        reply = self._request("POST", url, body, {"X-Assay-Swap": "1"})
        if reply.status_code == 422:
            page = read_page(reply.text)
            raise PageUnexpected(f"The answers to '{page.title}' were refused: {' '.join(page.errors)}")
        return read_page(_expected(reply, 200))

    def _request(
        self,
        method: str,
        url: str,
        body: Mapping[str, Answer] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send once, and again with the same body when no answer came: the nonce in it makes that safe."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        sent = {"Referer": url, **({"Origin": origin} if method == "POST" else {}), **(headers or {})}
        for attempt in range(1, RETRIES + 1):
            try:
                reply = self.client.request(method, url, data=body, headers=sent)
            except httpx.TransportError as error:
                if attempt == RETRIES:
                    raise ServerFailed(
                        f"{urlsplit(url).path} did not answer {RETRIES} times: {error!r}."
                    ) from error
                time.sleep(RETRY_PAUSE_S * attempt)
                continue
            if reply.status_code >= 500:
                raise ServerFailed(
                    f"{urlsplit(url).path} answered {reply.status_code}. Look at the server's log."
                )
            return reply
        raise AssertionError  # the loop returns or raises


def _expected(reply: httpx.Response, status: int) -> str:
    if reply.status_code != status:
        raise PageUnexpected(f"A page answered {reply.status_code} instead of {status}: {reply.text[:200]!r}")
    return reply.text


def _doses(page: PageRead, took_ms: float, *, source: str) -> str:
    """Tell what was taken of each panel, as pages do; every page has a source of its own."""
    if not page.panels:
        return ""
    taken = {"nonce": page.nonce[:16], "visible_ms": took_ms, "opens": 0, "toggles": 0, "zooms": 0}
    events = [
        {"seq": number, "kind": "dose", "t": took_ms, "payload": {**taken, "panel": panel}}
        for number, panel in enumerate(page.panels)
    ]
    return json.dumps({"source": f"{source}-{page.nonce[:16]}", "events": events})


def _clock(page: PageRead, took_ms: float) -> str:
    seen = took_ms if page.explanations else None
    readings = {"rt_ms": took_ms, "hidden_ms": 0, "explanation_visible_ms": seen}
    return json.dumps({**readings, "onset": "raf", "client_ms": took_ms})
