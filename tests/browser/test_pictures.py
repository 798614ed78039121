"""Pictures of a case: zoom, pan, brightness and windows by key, button and touch; what was done is recorded."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched, a_flow
from tests.browser.pages_server import PagesServer
from tests.browser.samples import PAGES

pytestmark = pytest.mark.browser
Walk = Callable[..., PagesServer]
IMAGE = "[data-picture=image] img"


def opened(tab: Page, walk: Walk) -> PagesServer:
    server = walk(PAGES["trial_composite"], *a_flow("done"))
    tab.goto(server.url)
    expect(tab.locator(IMAGE)).to_be_visible()
    tab.wait_for_function("document.querySelector('[data-viewport]').tabIndex === 0")
    return server


def scale(tab: Page) -> float:
    return float(
        tab.evaluate(f"new DOMMatrix(getComputedStyle(document.querySelector('{IMAGE}')).transform).a")
    )


def events(server: PagesServer, kind: str) -> list[dict[str, Any]]:
    server.wait_for(lambda rehearsed: any(event["kind"] == kind for event in rehearsed.events))
    return [event["payload"] for event in server.rehearsed.events if event["kind"] == kind]


def leave(tab: Page) -> None:
    tab.wait_for_timeout(350)
    tab.goto("about:blank")


def test_keys_zoom_and_move_and_are_recorded(tab: Page, walk: Walk) -> None:
    server = opened(tab, walk)
    tab.locator("[data-viewport]").focus()
    for key in ("+", "+", "ArrowRight"):
        tab.keyboard.press(key)
    assert scale(tab) == pytest.approx(1.56, abs=0.01)
    leave(tab)
    assert events(server, "zoom") == [{"part": "image", "scale": 1.56}]
    (moved,) = events(server, "pan")
    assert (moved["part"], moved["y"]) == ("image", 0)
    assert moved["x"] < 0


def test_zero_shows_all_of_it_again(tab: Page, walk: Walk) -> None:
    opened(tab, walk)
    tab.locator("[data-viewport]").focus()
    for key in ("+", "]", ",", "0"):
        tab.keyboard.press(key)
    style = tab.evaluate(
        f"(({{transform, filter}}) => [transform, filter])(document.querySelector('{IMAGE}').style)"
    )
    assert style == ["", ""]


def test_buttons_do_what_the_keys_do(tab: Page, walk: Walk) -> None:
    server = opened(tab, walk)
    tab.get_by_role("button", name="Zoom in").click()
    tab.get_by_role("button", name="More contrast").click()
    assert scale(tab) == pytest.approx(1.25)
    assert "contrast(1.1)" in tab.evaluate(f"document.querySelector('{IMAGE}').style.filter")
    leave(tab)
    assert events(server, "window") == [{"part": "image", "brightness": 1, "contrast": 1.1, "view": 0}]


def test_another_window_is_another_picture(tab: Page, walk: Walk) -> None:
    server = opened(tab, walk)
    before = tab.locator(IMAGE).get_attribute("src")
    tab.get_by_role("button", name="Soft tissue").click()
    assert tab.locator(IMAGE).get_attribute("src") != before
    expect(tab.get_by_role("button", name="Soft tissue")).to_have_attribute("aria-pressed", "true")
    expect(tab.get_by_role("button", name="Lung")).to_have_attribute("aria-pressed", "false")
    leave(tab)
    assert events(server, "window")[-1]["view"] == 1


def test_a_drag_moves_a_zoomed_picture_and_never_out_of_its_frame(tab: Page, walk: Walk) -> None:
    opened(tab, walk)
    for _ in range(4):
        tab.get_by_role("button", name="Zoom in").click()
    tab.evaluate("scrollTo(0, 0)")
    box = tab.locator("[data-viewport]").bounding_box()
    assert box
    tab.mouse.move(box["x"] + 200, box["y"] + 150)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 900, box["y"] + 150, steps=5)
    tab.mouse.up()
    image = tab.locator(IMAGE).bounding_box()
    assert image
    assert image["x"] == pytest.approx(box["x"], abs=1)


def test_two_fingers_zoom(watched: Callable[..., Watched], walk: Walk) -> None:
    tab = watched(has_touch=True, viewport={"width": 375, "height": 760}).page
    opened(tab, walk)
    box = tab.locator("[data-viewport]").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = tab.context.new_cdp_session(tab)

    def fingers(kind: str, apart: float) -> None:
        points = (
            []
            if kind == "touchEnd"
            else [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        )
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 30)
    for apart in (40, 50, 60):
        fingers("touchMove", apart)
    fingers("touchEnd", 60)
    assert scale(tab) == pytest.approx(2, abs=0.05)


def test_number_keys_still_answer_while_a_picture_has_the_focus(tab: Page, walk: Walk) -> None:
    opened(tab, walk)
    tab.locator("[data-viewport]").focus()
    tab.keyboard.press("2")
    expect(tab.locator("input[name=decision][value=malignant]")).to_be_checked()


def test_the_clock_starts_when_the_picture_can_be_seen(tab: Page, walk: Walk) -> None:
    server = walk(replace(PAGES["trial_composite"]), *a_flow("done"))
    tab.route("**/p/*", lambda route: (tab.wait_for_timeout(400), route.continue_()))
    tab.goto(server.url)
    tab.wait_for_timeout(600)
    tab.goto("about:blank")
    server.wait_for(lambda rehearsed: any(event["kind"] == "page" for event in rehearsed.events))
    (shown,) = [event for event in server.rehearsed.events if event["kind"] == "page"]
    assert shown["payload"]["onset"] == "pictures"
    assert shown["t"] > 400


def test_a_picture_that_does_not_come_is_told_and_recorded(tab: Page, walk: Walk) -> None:
    server = walk(PAGES["trial_composite"], *a_flow("done"))
    tab.route("**/p/*", lambda route: route.abort())
    tab.goto(server.url)
    expect(tab.get_by_text("The picture could not be loaded")).to_be_visible()
    leave(tab)
    assert events(server, "picture_failed") == [{"part": "image"}]


def test_without_script_the_pictures_are_there_as_they_are(
    watched: Callable[..., Watched], walk: Walk
) -> None:
    tab = watched(java_script_enabled=False).page
    tab.goto(walk(PAGES["trial_composite"]).url)
    expect(tab.locator("[data-picture=image] img")).to_have_count(2)
    expect(tab.get_by_role("button", name="Zoom in")).to_be_hidden()
