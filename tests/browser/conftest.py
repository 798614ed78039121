"""Fixtures of the browser tests: the pages behind a small local server, and a browser that notices what it must not do.

=============== ======== ==================================================================================
fixture         scope    gives
=============== ======== ==================================================================================
`gallery`       session  `PagesServer` of single pages: `.address(kind)`
`walk`          test     function: `walk(page, ...) -> PagesServer` of a flow of pages
`watched`       session  function: `watched(**options)`, a new `Watched` page: `.page`, `.offences`
`tab`           test     `Page`, 1280 x 800; the test fails afterwards if it offended against the policy
=============== ======== ==================================================================================
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request

from studies.trials.pages import Page as StudyPage
from tests.browser.pages_server import PagesServer, serve_pages


@dataclass
class Watched:
    """A page, and everything that a page of ours must not do: errors, refusals by its policy, requests elsewhere."""

    page: Page
    offences: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.offences.append(f"error: {error}"))
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("request", self._see)

    def _hear(self, kind: str, text: str) -> None:
        if "Content Security Policy" in text or (kind == "error" and "Failed to load resource" not in text):
            self.offences.append(f"{kind}: {text}")

    def _see(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in {"127.0.0.1", None}:
            self.offences.append(f"request: {request.url}")


@pytest.fixture(scope="session")
def gallery() -> Iterator[PagesServer]:
    with serve_pages() as server:
        yield server


@pytest.fixture
def walk() -> Iterator[Callable[..., PagesServer]]:
    with ExitStack() as stack:
        yield lambda *flow: stack.enter_context(serve_pages(flow))


@pytest.fixture(scope="session")
def watched(chromium: Browser) -> Iterator[Callable[..., Watched]]:
    with ExitStack() as stack:

        def new(**options: Any) -> Watched:
            context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}} | options)
            stack.callback(context.close)
            return Watched(context.new_page())

        yield new


@pytest.fixture
def tab(watched: Callable[..., Watched]) -> Iterator[Page]:
    seen = watched()
    yield seen.page
    seen.page.context.close()
    assert not seen.offences


def a_flow(*names: str) -> list[StudyPage]:
    from tests.browser.every_page import PAGES

    return [PAGES[name] for name in names]


def settle(tab: Page) -> None:
    """Wait until a page has been read for as long as its script asks before it takes an answer."""
    tab.wait_for_timeout(500)
