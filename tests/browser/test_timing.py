"""The clocks: from first paint to the input that submits, hidden time, and how long an explanation was in view.

The truth comes from another instrument than the one under test: a script of the test's own, which takes the moment just
after a frame was painted (a message posted from an animation frame) and answers by itself after a scripted delay.
"""

import json
import re
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import a_flow, settle
from tests.browser.pages_server import PagesServer
from tests.browser.samples import PAGES, trial

STATIC = Path(__file__).resolve().parents[2] / "studies" / "trials" / "static" / "trials"
MODULES = sorted(STATIC.rglob("*.js"))
Walk = Callable[..., PagesServer]
TRIALS = 20
ROBOT = """
window.truth = [];
const afterPaint = then => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => then(performance.now());
  channel.port2.postMessage(null);
});
const play = () => afterPaint(shown => {
  const delay = 330 + (window.truth.length * 137) % 300;
  setTimeout(() => {
    const button = document.querySelector('form[data-page="trial"] button');
    if (!button) return;
    document.querySelector('#f-decision').checked = true;
    document.querySelector('#f-confidence').value = '50';
    window.truth.push(performance.now() - shown);
    button.click();
  }, delay);
});
addEventListener('DOMContentLoaded', () => {
  play();
  new MutationObserver(changes => changes.some(change => change.addedNodes.length) && play())
    .observe(document.documentElement, {childList: true});
});
"""
HIDE = """
let hidden = false;
Object.defineProperty(document, 'hidden', {get: () => hidden});
window.hide = on => { hidden = on; document.dispatchEvent(new Event('visibilitychange')); return performance.now(); };
"""


def clocks(server: PagesServer) -> list[dict[str, Any]]:
    return [json.loads(post["clock"]) for post in server.rehearsed.posts]


def answer(tab: Page) -> None:
    tab.get_by_role("radio", name="benign").check()
    tab.locator("#f-confidence").fill("50")
    tab.get_by_role("button", name="Submit answer").click()


def answered(tab: Page) -> None:
    answer(tab)
    expect(tab.locator("h1")).to_have_text("Time for a short break")


def timing_errors(tab: Page, walk: Walk, *, trials: int) -> list[float]:
    """Let the robot answer, and return measured minus true response time of each trial, in milliseconds."""
    server = walk(*[trial(number + 1) for number in range(trials)], PAGES["break"])
    tab.add_init_script(ROBOT)
    tab.goto(server.url)
    expect(tab.locator("h1")).to_have_text("Time for a short break", timeout=2_000 * trials)
    truth = tab.evaluate("window.truth")
    assert [clock["onset"] for clock in clocks(server)[1:]] == ["raf"] * (trials - 1)
    return [clock["rt_ms"] - true for clock, true in zip(clocks(server), truth, strict=True)]


@pytest.mark.browser
def test_a_usual_response_time_is_right_to_thirty_milliseconds(tab: Page, walk: Walk) -> None:
    errors = timing_errors(tab, walk, trials=TRIALS)
    assert len(errors) == TRIALS
    assert abs(statistics.median(errors)) <= 30


@pytest.mark.browser
@pytest.mark.long
def test_two_hundred_response_times_have_the_mean_and_the_spread_of_i17(tab: Page, walk: Walk) -> None:
    errors = timing_errors(tab, walk, trials=200)
    print(f"mean {statistics.mean(errors):.1f} ms, SD {statistics.stdev(errors):.1f} ms")
    assert abs(statistics.mean(errors)) <= 30
    assert statistics.stdev(errors) <= 20


@pytest.mark.browser
def test_a_response_ends_at_the_finger_and_not_at_the_script(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "break"))
    wait = "const end = performance.now() + 150; while (performance.now() < end);"
    busy = f"addEventListener('click', () => {{ {wait} }}, true)"
    lifted = "addEventListener('pointerup', event => { window.lifted = event.timeStamp }, true)"
    tab.add_init_script(f"{busy}; {lifted}")
    tab.goto(server.url)
    settle(tab)
    answered(tab)
    assert clocks(server)[0]["client_ms"] == pytest.approx(tab.evaluate("window.lifted"), abs=0.1)


@pytest.mark.browser
def test_time_in_a_hidden_tab_is_told_apart(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "break"))
    tab.add_init_script(HIDE)
    tab.goto(server.url)
    settle(tab)
    left = tab.evaluate("hide(true)")
    tab.wait_for_timeout(300)
    back = tab.evaluate("hide(false)")
    answered(tab)
    clock = clocks(server)[0]
    assert clock["hidden_ms"] == pytest.approx(back - left, abs=5)
    assert clock["rt_ms"] > clock["hidden_ms"] + 300
    kinds = [event["kind"] for event in json.loads(server.rehearsed.posts[0]["events"])["events"]]
    assert kinds.index("visible") == kinds.index("hidden") + 1


@pytest.mark.browser
def test_an_explanation_counts_while_it_is_in_view_of_a_visible_tab(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial_explained", "break"))
    tab.set_viewport_size({"width": 1280, "height": 420})
    tab.add_init_script(HIDE)
    tab.goto(server.url)
    settle(tab)
    explanation = tab.locator("[data-part=explanation]")
    seen = explanation.evaluate("e => { e.scrollIntoView(); return performance.now() }")
    tab.wait_for_timeout(300)
    left = tab.evaluate("hide(true)")
    tab.wait_for_timeout(200)
    back = tab.evaluate("hide(false)")
    tab.wait_for_timeout(200)
    gone = tab.evaluate("() => { scrollTo(0, 0); return performance.now() }")
    tab.wait_for_timeout(100)
    answered(tab)
    expected = (left - seen) + (gone - back)
    assert clocks(server)[0]["explanation_visible_ms"] == pytest.approx(expected, abs=50)


@pytest.mark.browser
def test_an_explanation_that_nobody_scrolled_to_was_in_view_for_no_time(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial_explained", "break"))
    tab.set_viewport_size({"width": 1280, "height": 420})
    tab.goto(server.url)
    settle(tab)
    tab.keyboard.press("1")
    tab.evaluate("scrollTo(0, 0); document.querySelector('#f-confidence').value = '50'")
    tab.locator("h1").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("h1")).to_have_text("Time for a short break")
    assert clocks(server)[0]["explanation_visible_ms"] == 0


@pytest.mark.browser
def test_a_page_without_explanation_has_no_time_for_it(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial_advice", "break"))
    tab.goto(server.url)
    settle(tab)
    answered(tab)
    assert clocks(server)[0]["explanation_visible_ms"] is None


@pytest.mark.browser
def test_a_missing_answer_does_not_restart_the_clock(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "break"))
    tab.goto(server.url)
    settle(tab)
    tab.get_by_role("button", name="Submit answer").click()
    expect(tab.locator("[data-errors]")).to_be_visible()
    tab.wait_for_timeout(200)
    answered(tab)
    first, second = clocks(server)
    assert second["rt_ms"] - first["rt_ms"] == pytest.approx(
        second["client_ms"] - first["client_ms"], abs=0.2
    )


def test_only_the_clock_reads_the_clock() -> None:
    readers = {path.name for path in MODULES if "performance.now" in path.read_text().split("*/", 1)[1]}
    assert readers == {"clock.js"}
    dated = {path.name for path in MODULES if "Date" in path.read_text()}
    assert dated == {"localtime.js"}  # which is told a moment and reads no clock
    assert not re.search(r"Date\.now|new Date\(\)", "".join(path.read_text() for path in MODULES))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_is_short_and_says_what_it_measures(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= 150
    assert lines[0].startswith(f"/* {path.name}:")
    assert re.search("measures|milliseconds", path.read_text().split("*/", 1)[0])
