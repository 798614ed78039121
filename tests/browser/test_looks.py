"""What every page looks like: on a small phone, at 200 % zoom, within its budget, and the same in every condition."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Page

from studies.trials.pages import PageKind
from tests.browser.conftest import Watched
from tests.browser.every_page import PAGES
from tests.browser.pages_server import PagesServer, html_of

STATIC = Path(__file__).resolve().parents[2] / "studies" / "trials" / "static" / "trials"
SMALL_TARGETS = """() => {
  const found = document.querySelectorAll(
    "label:not(.said), button, .button, input[type=number], textarea, summary, footer a");
  const boxes = [...found].map(each => [each.textContent.trim(), each.getBoundingClientRect()]);
  return boxes.filter(([, box]) => box.height < 44 || box.width < 24)
    .map(([text, box]) => `${text}: ${box.width} x ${box.height}`);
}"""


@pytest.fixture(scope="module", params=[320, 640], ids=["phone", "zoomed"])
def narrow(request: pytest.FixtureRequest, watched: Callable[..., Watched]) -> Page:
    """A phone of 320 px, and 1280 px at 200 % zoom."""
    return watched(viewport={"width": request.param, "height": 640}).page


@pytest.mark.parametrize("kind", get_args(PageKind))
def test_every_kind_of_page_has_a_sample(kind: str) -> None:
    assert any(page.kind == kind for page in PAGES.values())


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_nothing_scrolls_sideways(name: str, narrow: Page, gallery: PagesServer) -> None:
    narrow.goto(gallery.address(name))
    assert narrow.evaluate("document.documentElement.scrollWidth") == narrow.viewport_size["width"]


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_targets_are_large_enough_for_a_finger(name: str, narrow: Page, gallery: PagesServer) -> None:
    narrow.goto(gallery.address(name))
    assert narrow.evaluate(SMALL_TARGETS) == []


@pytest.mark.browser
def test_the_answer_is_at_the_same_spot_in_every_condition(tab: Page, gallery: PagesServer) -> None:
    spots = set()
    for name in ("trial_unaided", "trial_advice", "trial_explained"):
        tab.goto(gallery.address(name))
        parts = (tab.locator("table.case"), tab.locator("[data-field=decision]"), tab.locator("button"))
        spots.add(tuple(tuple(part.bounding_box().values()) for part in parts))
    assert len(spots) == 1


@pytest.mark.browser
def test_nothing_moves_after_the_first_paint(tab: Page, gallery: PagesServer) -> None:
    tab.goto(gallery.address("trial_explained"))
    moved = tab.evaluate(
        """() => new Promise(done => { new PerformanceObserver(list => done(list.getEntries().length))
           .observe({type: "layout-shift", buffered: true}); setTimeout(() => done(0), 300) })"""
    )
    assert moved == 0


@pytest.mark.parametrize("name", PAGES)
def test_a_page_holds_no_script_and_no_style_of_its_own(name: str) -> None:
    html = html_of(PAGES[name])
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
    assert re.findall(r"<script[^>]*>(.*?)</script>", html) == [""]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_names_every_id_once(name: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', html_of(PAGES[name]))
    assert len(ids) == len(set(ids))


def test_pages_scripts_and_styles_stay_within_their_budget() -> None:
    sizes = {name: len(html_of(page).encode()) for name, page in PAGES.items()}
    assert sizes.pop("trial_reference") <= 40_000  # a case and all the examples that were studied
    assert max(sizes.values()) <= 30_000
    scripts = {path.name: path.stat().st_size for path in STATIC.rglob("*.js")}
    rare = [
        scripts.pop(name)
        for name in (
            "countdown.js",
            "localtime.js",
            "ranking.js",
            "region.js",
        )
    ]
    # The tools of pictures come with every page: fetched later, they would move what is read already.
    assert sum(scripts.values()) <= 36_000
    assert max(rare) <= 8_000
    assert sum(path.stat().st_size for path in STATIC.rglob("*.css")) <= 26_000
