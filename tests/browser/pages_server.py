"""A participant's door without a database: real templates, real scripts, real headers, and one rehearsed flow.

`GET /s/demo/?kind=NAME` shows one page of `samples.PAGES`. Without `kind` the server walks through `flow` by the rules
that the application keeps: a known nonce with the same answer gets the current page again (200), another answer to it a
conflict (409), a missing answer the same page with its errors (422), a right one the next page.
"""

import json
import mimetypes
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from studies.trials.pages import Page
from tests.browser.composite import PICTURES
from tests.browser.every_page import PAGES

DOOR = "/s/demo/"
UNASKED = {"nonce", "clock", "events", "csrfmiddlewaretoken"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cache-Control": "no-store",
}


def html_of(page: Page) -> str:
    """Render a page as the view does."""
    places = {"study_url": DOOR, "start_url": f"{DOOR}start", "withdraw_url": f"{DOOR}withdraw"}
    return render_to_string(
        page.template, {"page": page, "csrf_token": "t" * 64, "events_url": f"{DOOR}events", **places}
    )


@dataclass
class Rehearsed:
    """What the server shows and what it got."""

    flow: Sequence[Page] = ()
    at: int = 0
    delay_s: float = 0.0
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    posts: list[dict[str, str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def page(self) -> Page:
        """The current page; the nonce is that of its place in the flow."""
        return replace(self.flow[self.at], nonce=f"{self.at:064x}")

    def submit(self, form: dict[str, str]) -> tuple[int, Page]:
        """Answer a form by the rules of the application."""
        self.posts.append(form)
        time.sleep(self.delay_s)
        answer = {name: value for name, value in form.items() if name not in UNASKED}
        if form["nonce"] in self.answers:
            return (200 if self.answers[form["nonce"]] == answer else 409), self.page()
        page = self.page()
        if form["nonce"] != page.nonce:
            return 409, page
        asked = [*page.content.get("fields", ()), *page.content.get("items", ())]
        errors = {
            f["name"]: "This question needs an answer."
            for f in asked
            if not answer.get(f["name"]) and f["required"]
        }
        if errors:
            return 422, replace(page, errors=errors, values=answer)
        self.answers[page.nonce] = answer
        self.at += 1
        return 200, self.page()


class Handler(BaseHTTPRequestHandler):
    rehearsed: Rehearsed

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/static/"):
            return self.send_static(url.path.removeprefix("/static/"))
        if url.path.startswith(f"{DOOR}p/"):
            data = PICTURES.get(url.path.removeprefix(f"{DOOR}p/"))
            return self.reply(200, data, **{"Content-Type": "image/png"}) if data else self.reply(404, "")
        name = parse_qs(url.query).get("kind", [""])[0]
        if url.path == f"{DOOR}withdraw":
            name = "withdraw"
        return self.reply(200, html_of(PAGES[name] if name else self.rehearsed.page()))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == f"{DOOR}events":
            self.rehearsed.events += json.loads(body)["events"]
            return self.reply(204, "")
        status, page = self.rehearsed.submit(dict(parse_qsl(body, keep_blank_values=True)))
        if self.headers.get("X-Assay-Swap") or status == 422:
            return self.reply(status, html_of(page))
        return self.reply(303, "", Location=DOOR)

    def send_static(self, name: str) -> None:
        found = finders.find(name)
        if not found:
            return self.reply(404, "")
        content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return self.reply(200, Path(found).read_bytes(), **{"Content-Type": content_type})

    def reply(self, status: int, body: str | bytes, **more: str) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in (HEADERS | {"Content-Type": "text/html; charset=utf-8"} | more).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        with suppress(ConnectionError):  # a page that was left does not wait for its replies
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@dataclass(frozen=True)
class PagesServer:
    """Where the pages are, and the flow behind them."""

    origin: str
    rehearsed: Rehearsed

    @property
    def url(self) -> str:
        return f"{self.origin}{DOOR}"

    def address(self, name: str) -> str:
        """Where one page of `samples.PAGES` is."""
        return f"{self.url}?kind={name}"

    def wait_for(self, has: Callable[[Rehearsed], bool], *, timeout_s: float = 5) -> None:
        """Wait until the server has what a page sent on its way out."""
        end = time.monotonic() + timeout_s
        while not has(self.rehearsed):
            assert time.monotonic() < end, f"The server waited in vain: {self.rehearsed}"
            time.sleep(0.01)


@contextmanager
def serve_pages(flow: Sequence[Page] = ()) -> Iterator[PagesServer]:
    """Serve the pages on a free port of this machine until the block ends."""
    rehearsed = Rehearsed(flow=flow)
    handler = type("RehearsedHandler", (Handler,), {"rehearsed": rehearsed})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield PagesServer(f"http://127.0.0.1:{server.server_port}", rehearsed)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
