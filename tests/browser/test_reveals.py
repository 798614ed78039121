"""In the browser: what a page holds back comes when it is asked for or due, and was in no byte before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import settle
from tests.browser.keyboard import answer_by_keyboard, walk_onto, walk_to
from tests.factories import AI, IG, launched_version, step, trials_step
from tests.servers.assay import LiveAssay

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
Database = Callable[[str], AbstractContextManager[None]]
ON_REQUEST = {"kind": "on_request", "delay_s": 0, "required": False}
AFTER_2_S = {"kind": "after_delay", "delay_s": 2, "required": False}
AFTER_INITIAL = {"kind": "after_initial", "delay_s": 0, "required": False}
ADVICE, FRAGMENT = "ADD1CE-CANARY", "F4A6-CANARY"
SHOW_ADVICE = "Show the AI\u2019s advice"


class Wire:
    """Everything that the pages received."""

    def __init__(self, tab: Page) -> None:
        self.bodies: list[bytes] = []
        tab.on("response", self._keep)

    def _keep(self, response: Response) -> None:
        # A redirect and a reply to a page that is gone have no body.
        if response.status < 300 and response.request.resource_type in {"document", "fetch", "xhr"}:
            response.finished()
            self.bodies.append(response.body())

    def holds(self, canary: str) -> bool:
        return any(canary.encode() in body for body in self.bodies)


@pytest.fixture
def at_trial(tab: Page, live_assay: LiveAssay, orm: Database) -> Callable[..., Wire]:
    """Somebody at the first trial of a study of one condition, having come there by keyboard."""

    def come(**condition: Any) -> Wire:
        shown: Mapping[str, Any] = {"advice": AI, "explanations": [IG], **condition}
        with orm(live_assay.database_url):
            version = launched_version(
                flow=[step("consent", text="consent"), step("allocate"), trials_step(2, "decision")],
                conditions={"one": shown},
                store=live_assay.var / "store",
                advice_label=lambda _number: ADVICE,
                fragment=lambda *_: f"<p>{FRAGMENT}</p>",
            )
            door = f"{live_assay.url}/s/{version.study.slug}/"
        wire = Wire(tab)
        tab.goto(door)
        walk_to(tab, "trial")
        settle(tab)
        return wire

    return come


def how_revealed(live_assay: LiveAssay) -> list[str]:
    rows = live_assay.rows("SELECT payload FROM trials_event WHERE kind = 'revealed' ORDER BY id")
    return [str(row[0]) for row in rows]


def test_advice_comes_by_a_key_when_it_is_asked_for_and_what_was_filled_in_stays(
    tab: Page, live_assay: LiveAssay, at_trial: Callable[..., Wire]
) -> None:
    wire = at_trial(advice={**AI, "reveal": ON_REQUEST})
    tab.locator("input[type=radio]").first.check()
    assert (wire.holds(ADVICE), wire.holds(FRAGMENT)) == (False, True)
    tab.locator("h1").first.focus()
    walk_onto(tab, SHOW_ADVICE)
    tab.keyboard.press("Enter")
    expect(tab.get_by_text(ADVICE)).to_be_visible()
    assert tab.locator("input[type=radio]").first.is_checked()
    (payload,) = how_revealed(live_assay)
    assert "on_request" in payload


def test_an_explanation_comes_by_itself_when_its_delay_is_over(
    tab: Page, live_assay: LiveAssay, at_trial: Callable[..., Wire]
) -> None:
    wire = at_trial(explanations=[{**IG, "reveal": AFTER_2_S}])
    assert (wire.holds(ADVICE), wire.holds(FRAGMENT)) == (True, False)
    expect(tab.get_by_text(FRAGMENT)).to_be_visible(timeout=8000)
    (payload,) = how_revealed(live_assay)
    assert "after_delay" in payload


def test_advice_comes_after_the_first_answer_and_is_nowhere_before(
    tab: Page, at_trial: Callable[..., Wire]
) -> None:
    wire = at_trial(advice={**AI, "reveal": AFTER_INITIAL})
    assert not wire.holds(ADVICE)
    answer_by_keyboard(tab)
    expect(tab.get_by_text(ADVICE)).to_be_visible()
    expect(tab.get_by_text("Your final answer", exact=True)).to_be_visible()


@pytest.mark.parametrize(("below", "is_due"), [(0.01, False), (1.0, True)])
def test_an_explanation_with_a_rule_comes_only_where_the_ai_is_as_sure_as_the_rule_says(
    tab: Page, at_trial: Callable[..., Wire], below: float, is_due: bool
) -> None:
    wire = at_trial(explanations=[{**IG, "when": {"ai_confidence": {"below": below}}}])
    expect(tab.get_by_text(ADVICE)).to_be_visible()
    assert wire.holds(FRAGMENT) == is_due
    assert tab.get_by_text(FRAGMENT).count() == is_due
