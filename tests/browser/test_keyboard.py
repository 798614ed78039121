"""Every form can be answered with the keyboard alone; number keys and Enter do what the hint says, and no more."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import a_flow, settle
from tests.browser.pages_server import PagesServer

pytestmark = pytest.mark.browser
Walk = Callable[..., PagesServer]


def heading(tab: Page, text: str) -> None:
    expect(tab.locator("h1")).to_have_text(text)
    expect(tab.locator("h1")).to_be_focused()
    settle(tab)


def type_keys(tab: Page, *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)


def test_a_trial_takes_a_number_key_a_percentage_and_enter(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "break"))
    tab.goto(server.url)
    settle(tab)
    type_keys(tab, "2", "Tab", "8", "5", "Enter")
    heading(tab, "Time for a short break")
    assert list(server.rehearsed.answers.values()) == [{"decision": "malignant", "confidence": "85"}]


def test_the_slider_has_no_value_until_an_arrow_gives_it_one(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("trial")).url)
    slider, number = tab.get_by_role("slider"), tab.locator("#f-confidence")
    expect(slider).to_have_attribute("aria-valuetext", "not set yet")
    assert number.input_value() == ""
    slider.press("ArrowRight")
    expect(number).to_have_value("51")
    expect(slider).to_have_attribute("aria-valuetext", "51 %")


def test_a_number_that_is_typed_moves_the_slider_and_clearing_it_unsets_the_slider(
    tab: Page, walk: Walk
) -> None:
    tab.goto(walk(*a_flow("trial")).url)
    tab.locator("#f-confidence").fill("20")
    expect(tab.get_by_role("slider")).to_have_value("20")
    tab.locator("#f-confidence").fill("")
    expect(tab.get_by_role("slider")).to_have_attribute("aria-valuetext", "not set yet")


def test_a_click_on_the_middle_of_an_unset_slider_is_fifty(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("trial")).url)
    tab.get_by_role("slider").click()
    assert 49 <= int(tab.locator("#f-confidence").input_value()) <= 51


def test_number_keys_leave_a_text_that_is_being_written_alone(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("trial")).url)
    tab.locator("#f-confidence").focus()
    type_keys(tab, "1", "2")
    assert tab.locator("#f-confidence").input_value() == "12"
    assert tab.locator(":checked").count() == 0


def test_number_keys_answer_the_scales_one_after_the_other(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("questionnaire")).url)
    type_keys(tab, "7")
    expect(tab.locator("[name=confident]:checked")).to_have_value("7")
    tab.locator("h1").focus()
    type_keys(tab, "3")
    expect(tab.locator("[name=reliable]:checked")).to_have_value("3")


def test_a_key_with_a_modifier_belongs_to_the_browser(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("trial")).url)
    type_keys(tab, "Control+1", "Alt+2")
    assert tab.locator(":checked").count() == 0


def test_tab_and_space_answer_a_questionnaire(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("questionnaire", "done"))
    tab.goto(server.url)
    settle(tab)
    tab.locator("h1").focus()
    type_keys(tab, "Tab", "Space", "ArrowRight")  # the second point of the first scale
    type_keys(tab, "Tab", "ArrowUp")  # round the corner: the last option of the second
    type_keys(tab, "Tab", "9", "Tab", "h", "i", "Tab", "Enter")
    heading(tab, "Thank you")
    expected = {"confident": "2", "reliable": "prefer_not", "years": "9", "why": "hi"}
    assert list(server.rehearsed.answers.values()) == [expected]


def test_enter_turns_pages_that_ask_nothing(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("instructions", "feedback", "break")).url)
    settle(tab)
    tab.keyboard.press("Enter")
    heading(tab, "Your answer was not right")
    tab.keyboard.press("Enter")
    heading(tab, "Time for a short break")


def test_enter_pressed_twice_turns_one_page(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("instructions", "break", "done"))
    tab.goto(server.url)
    settle(tab)
    type_keys(tab, "Enter", "Enter")
    heading(tab, "Time for a short break")
    assert len(server.rehearsed.posts) == 1


def test_a_missing_answer_leads_to_the_summary_and_from_there_to_the_field(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("trial", "break")).url)
    settle(tab)
    type_keys(tab, "1", "Enter")
    expect(tab.locator("[data-errors]")).to_be_focused()
    expect(tab.locator("#f-decision")).to_be_checked()
    type_keys(tab, "Tab", "Enter")
    expect(tab.locator("#f-confidence")).to_be_focused()


def test_the_skip_link_is_the_first_stop(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("trial")).url)
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the content")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("main")).to_be_focused()


def test_focus_can_be_seen_on_whatever_has_it(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("trial")).url)
    for selector in ("#f-decision", "#f-confidence", "[data-slider]", "button", "footer a"):
        tab.locator(selector).focus()
        tab.keyboard.press("Shift")
        outlined = (
            "e => [e, e.nextElementSibling].some(x => x && getComputedStyle(x).outlineStyle === 'solid')"
        )
        assert tab.locator(selector).evaluate(outlined), selector
