"""Every kind of field in a real browser: by keyboard, by pointer, without a script, and after a mistake."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.pages_server import PagesServer, serve_pages
from tests.browser.samples import trial
from tests.browser.samples_fields import FIELD_PAGES

pytestmark = pytest.mark.browser


def sent(page: Page) -> dict[str, str]:
    """Return what the form would send, without what every form has."""
    entries = page.evaluate("() => [...new FormData(document.querySelector('form[data-page]')).entries()]")
    return {name: value for name, value in entries if "." in name and value}


@pytest.fixture(scope="module")
def door() -> Iterator[PagesServer]:
    with serve_pages() as server:
        yield server


@pytest.fixture
def shown(chromium: Browser, door: PagesServer) -> Iterator[Callable[..., Page]]:
    with ExitStack() as stack:

        def show(name: str, **options: Any) -> Page:
            context = chromium.new_context(viewport={"width": 1280, "height": 900}, **options)
            stack.callback(context.close)
            page = context.new_page()
            page.goto(door.address(name))
            return page

        yield show


def test_a_ranking_is_made_by_keyboard_alone(shown: Callable[..., Page]) -> None:
    page = shown("trial_ranking")
    page.locator("#f-order").focus()
    page.keyboard.press("2")
    page.locator("#f-order-2").focus()
    page.keyboard.press("2")  # the first one gives way: it had no place before, so it has none now
    page.locator("#f-order-3").focus()
    page.keyboard.press("1")
    page.locator("#f-order-4").focus()
    page.keyboard.press("3")
    assert sent(page) == {"order.v1": "2", "order.v2": "1", "order.v3": "3", "order.v0": "4"}


def test_the_buttons_of_a_ranking_change_places(shown: Callable[..., Page]) -> None:
    page = shown("trial_ranking")
    for name in ("Radius", "Texture", "Perimeter"):
        page.get_by_role("button", name=f"Move up: {name}").click()
    page.get_by_role("button", name="Move up: Perimeter").click()
    assert sent(page) == {"order.v0": "1", "order.v2": "2", "order.v1": "3", "order.v3": "4"}
    assert page.locator(".ranking [data-name]").all_text_contents()[1].startswith("Perimeter")


def test_a_box_is_drawn_with_the_pointer(shown: Callable[..., Page]) -> None:
    page = shown("trial_region")
    box = page.locator(".surface svg").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.75, steps=4)
    page.mouse.up()
    found = {name: round(float(value)) for name, value in sent(page).items()}
    assert found == {"place.x0": 25, "place.y0": 25, "place.x1": 50, "place.y1": 75}


def test_a_box_is_drawn_by_keyboard(shown: Callable[..., Page]) -> None:
    page = shown("trial_region")
    page.locator(".surface svg").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    assert sent(page) == {"place.x0": "41", "place.y0": "41", "place.x1": "62", "place.y1": "61"}


def test_nothing_to_mark_takes_the_mark_away(shown: Callable[..., Page]) -> None:
    page = shown("trial_region")
    page.locator(".surface svg").press("ArrowRight")
    page.get_by_label("There is nothing to mark").check()
    assert sent(page) == {"place.none": "none"}


def test_none_of_these_unticks_the_others(shown: Callable[..., Page]) -> None:
    page = shown("trial_several")
    page.get_by_label("Antibiotics").check()
    page.get_by_label("None of these").check()
    assert page.locator('[name="treatments"]:checked').evaluate_all("all => all.map(e => e.value)") == [
        "none"
    ]
    page.get_by_label("Steroids").check()
    assert page.locator('[name="treatments"]:checked').evaluate_all("all => all.map(e => e.value)") == ["v1"]


def test_the_sum_of_the_percents_is_told(shown: Callable[..., Page]) -> None:
    page = shown("trial_several")
    page.locator("#f-likelihoods").fill("60")
    page.locator("#f-likelihoods-2").fill("25.5")
    assert page.locator("[data-sum-text]").inner_text() == "Sum so far: 85.5 / 100"


def test_leaving_it_as_it_is_clears_what_was_to_be_put_in(shown: Callable[..., Page]) -> None:
    page = shown("trial_swap")
    page.get_by_label("Lentils").check()
    page.get_by_label("Leave the meal as it is").check()
    assert sent(page) == {"swap.remove": "none"}


@pytest.mark.parametrize(
    "name", ["trial_several", "trial_ranking", "trial_region", "trial_parts", "trial_swap"]
)
def test_every_input_can_be_used_without_a_script(shown: Callable[..., Page], name: str) -> None:
    page = shown(name, java_script_enabled=False)
    inputs = page.locator("form[data-page] fieldset :is(input:not([type=range]), select, textarea)")
    assert inputs.count() > 1
    assert all(each.is_visible() and each.is_enabled() for each in inputs.all())


def test_what_was_wrong_is_shown_again_as_it_was(shown: Callable[..., Page]) -> None:
    page = shown("trial_several_invalid")
    assert page.locator('[name="treatments"]:checked').count() == 2
    assert page.locator('[name="likelihoods.v0"]').input_value() == "60"


def test_the_time_runs_down_and_the_form_is_sent_at_its_end(chromium: Browser) -> None:
    limited = trial(limit=2, left=2.0)
    with serve_pages([limited, FIELD_PAGES["trial_swap"]]) as server, closing(chromium.new_page()) as page:
        page.goto(server.url)
        page.locator("[data-time]", has_text="0:01").wait_for()
        assert "Time left: " in page.locator("[data-told]").inner_text()
        server.wait_for(lambda rehearsed: len(rehearsed.posts) > 0)
    assert server.rehearsed.posts[0]["nonce"]
