"""An answer arrives once, whatever the network, the fingers or the browser's buttons do."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import a_flow, settle
from tests.browser.pages_server import DOOR, PagesServer

pytestmark = pytest.mark.browser
Walk = Callable[..., PagesServer]
DROPPED = "net::ERR_CONNECTION_RESET"


def answer(tab: Page, decision: str = "malignant", confidence: str = "85") -> None:
    settle(tab)
    tab.get_by_role("radio", name=decision).check()
    tab.locator("#f-confidence").fill(confidence)


def submit(tab: Page) -> None:
    tab.get_by_role("button", name="Submit answer").click()


def spoil_first(tab: Page, spoil: Callable[[Route], None]) -> None:
    """Let `spoil` deal with the first answer that the page sends, and the network with those that follow."""
    posts: list[Route] = []

    def deal(route: Route) -> None:
        if route.request.method != "POST" or posts:
            return route.fallback()
        posts.append(route)
        return spoil(route)

    tab.route(f"**{DOOR}", deal)


def test_an_answer_and_the_next_page_take_one_round_trip(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "break"))
    tab.goto(server.url)
    answer(tab)
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.method))
    submit(tab)
    expect(tab.locator("h1")).to_have_text("Time for a short break")
    assert asked == ["POST"]


def lose_reply(route: Route) -> None:
    route.fetch()
    route.abort("connectionreset")


def test_an_answer_whose_reply_was_lost_is_sent_again_and_stored_once(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "break", "done"))
    tab.goto(server.url)
    spoil_first(tab, lose_reply)
    answer(tab)
    submit(tab)
    expect(tab.get_by_role("status").filter(has_text="Not sent yet")).to_be_visible()
    expect(tab.locator("h1")).to_have_text("Time for a short break")
    first, second = server.rehearsed.posts
    assert first == second
    assert len(server.rehearsed.answers) == 1


@pytest.mark.parametrize("status", [500, 429])
def test_a_server_in_trouble_is_asked_again(status: int, tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "break"))
    tab.goto(server.url)
    spoil_first(tab, lambda route: route.fulfill(status=status, body="<h1>Something went wrong</h1>"))
    answer(tab)
    submit(tab)
    expect(tab.locator("h1")).to_have_text("Time for a short break")
    assert len(server.rehearsed.posts) == 1


def test_answers_stay_in_the_form_while_they_wait(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("trial", "break")).url)
    tab.route(f"**{DOOR}", lambda route: route.abort())
    answer(tab)
    submit(tab)
    expect(tab.get_by_role("status").filter(has_text="Your answers are kept; trying again.")).to_be_visible()
    expect(tab.get_by_role("radio", name="malignant")).to_be_checked()
    expect(tab.locator("#f-confidence")).to_have_value("85")


def test_a_double_click_sends_one_answer_and_turns_one_page(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "break", "done"))
    tab.goto(server.url)
    answer(tab)
    tab.get_by_role("button", name="Submit answer").dblclick()
    expect(tab.locator("h1")).to_have_text("Time for a short break")
    assert len(server.rehearsed.posts) == 1


def test_clicks_during_a_slow_reply_send_nothing_more(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "break"))
    server.rehearsed.delay_s = 1.5
    tab.goto(server.url)
    answer(tab)
    submit(tab)
    expect(tab.get_by_role("status").filter(has_text="Sending")).to_be_visible()
    for _ in range(3):
        tab.locator("form").evaluate("form => form.requestSubmit()")
    expect(tab.locator("h1")).to_have_text("Time for a short break")
    assert len(server.rehearsed.posts) == 1


def test_a_second_tab_with_another_answer_is_told_and_moved_on(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "break"))
    tab.goto(server.url)
    other = tab.context.new_page()
    other.goto(server.url)
    answer(tab, "malignant")
    submit(tab)
    expect(tab.locator("h1")).to_have_text("Time for a short break")
    answer(other, "benign")
    submit(other)
    expect(other.get_by_role("status").filter(has_text="had already been answered")).to_be_visible()
    expect(other.locator("h1")).to_have_text("Time for a short break")
    assert [stored["decision"] for stored in server.rehearsed.answers.values()] == ["malignant"]


def test_reloading_shows_the_current_page(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("trial", "break")).url)
    answer(tab)
    submit(tab)
    expect(tab.locator("h1")).to_have_text("Time for a short break")
    tab.reload()
    expect(tab.locator("h1")).to_have_text("Time for a short break")


def test_going_back_never_shows_an_answered_page(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("trial", "break")).url)
    answer(tab)
    submit(tab)
    expect(tab.locator("h1")).to_have_text("Time for a short break")
    tab.get_by_role("link", name="Leave the study").click()
    expect(tab.locator("h1")).to_have_text("Leave the study")
    tab.go_back()
    expect(tab.locator("h1")).to_have_text("Time for a short break")


def test_a_page_from_the_browsers_memory_asks_where_the_participant_is(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "break"))
    tab.goto(server.url)
    server.rehearsed.at = 1
    tab.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(tab.locator("h1")).to_have_text("Time for a short break")


def test_an_answer_that_the_door_refuses_leads_to_a_fresh_page(tab: Page, walk: Walk) -> None:
    tab.goto(walk(*a_flow("trial", "break")).url)
    spoil_first(tab, lambda route: route.fulfill(status=403, body="<h1>This page was open for too long</h1>"))
    answer(tab)
    submit(tab)
    expect(tab.locator("h1")).to_have_text("Case 3 of 24")
    expect(tab.locator("#f-confidence")).to_have_value("")


def test_every_page_works_without_its_script(chromium: Browser, walk: Walk) -> None:
    server = walk(*a_flow("trial", "instructions", "questionnaire", "break"))
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(server.url)
    expect(tab.locator("[data-slider]")).to_be_hidden()
    answer(tab)
    submit(tab)
    tab.get_by_role("button", name="Continue").click()
    tab.locator("[name=confident]").first.check()
    tab.get_by_role("button", name="Continue").click()
    expect(tab.locator("[data-errors]")).to_be_visible()
    context.close()
    assert server.rehearsed.posts[0]["clock"] == ""
    assert len(server.rehearsed.answers) == 2


def test_events_ride_with_the_answer_in_sequence_and_are_not_sent_again(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "trial_advice", "break"))
    tab.goto(server.url)
    for _ in range(2):
        answer(tab)
        submit(tab)
        settle(tab)
    batches = [json.loads(post["events"]) for post in server.rehearsed.posts]
    numbers = [event["seq"] for batch in batches for event in batch["events"]]
    assert numbers == list(range(len(numbers)))
    assert len({batch["source"] for batch in batches}) == 1
    kinds = [event["kind"] for event in batches[0]["events"] if event["kind"] not in {"late_frame", "focus"}]
    assert kinds == ["page", "change", "change", "submit"]


def test_every_change_of_an_answer_is_kept_in_the_log(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial", "break"))
    tab.goto(server.url)
    for decision in ("malignant", "benign", "malignant"):
        answer(tab, decision)
    submit(tab)
    expect(tab.locator("h1")).to_have_text("Time for a short break")
    events = json.loads(server.rehearsed.posts[0]["events"])["events"]
    trail = [event["payload"] for event in events if event["kind"] == "change"]
    chosen = [change["value"] for change in trail if change["field"] == "decision"]
    assert chosen == ["malignant", "benign", "malignant"]


def test_a_page_that_is_left_still_sends_its_events(tab: Page, walk: Walk) -> None:
    server = walk(*a_flow("trial"))
    tab.goto(server.url)
    answer(tab)
    tab.goto("about:blank")
    server.wait_for(lambda rehearsed: bool(rehearsed.events))
    # On a busy machine a frame can be late before anything else happens.
    kinds = [event["kind"] for event in server.rehearsed.events if event["kind"] != "late_frame"]
    assert kinds[0] == "page"
    assert kinds[-1] == "leave"
