"""Back, reload, the browser's page cache and a second tab, in any order: no answer changes and no trial comes twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import settle
from tests.browser.keyboard import here, walk_to
from tests.browser.samples import BARS
from tests.factories import CONDITIONS, launched_version, step, trials_step
from tests.servers.assay import LiveAssay

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
Database = Callable[[str], AbstractContextManager[None]]
Answers = dict[tuple[int, str, str], Any]
DECISION = {"first": '"benign"', "last": '"malignant"'}
MISHAPS = (
    "answer",
    "answer",
    "answer",
    "reload",
    "back",
    "forward",
    "leave_and_back",
    "open_again",
    "duplicate",
)


class Restless:
    """A person with two tabs of one study who never does what a page expects."""

    def __init__(self, tab: Page, door: str, live_assay: LiveAssay, *, seed: int) -> None:
        self.tabs = [tab, tab.context.new_page()]
        self.door, self.live_assay, self.random = door, live_assay, random.Random(seed)
        self.tabs[1].goto(door)
        self.answers = self.stored()

    def stored(self) -> Answers:
        rows = self.live_assay.rows("SELECT trial_id, stage, field, value FROM trials_trialresponse")
        stored = {(trial, stage, field): value for trial, stage, field, value in rows}
        assert len(stored) == len(rows), "A stage was answered twice."
        return stored

    def step(self) -> None:
        number = self.random.randrange(2)
        act = self.random.choice(MISHAPS)
        prefer = getattr(self, act)(number)
        before, self.answers = self.answers, self.stored()
        assert before.items() <= self.answers.items(), f"After {act} an answer is another one or gone."
        new = {key: value for key, value in self.answers.items() if key not in before}
        assert len({key[:2] for key in new}) <= 1, f"{act} answered two stages at once."
        assert not new or prefer, f"{act} answered."
        assert {value for (_, _, field), value in new.items() if field == "decision"} <= {
            DECISION.get(prefer, "")
        }

    def answer(self, number: int) -> str:
        tab = self.tabs[number]
        if (here(tab) or [""])[0] != "trial":
            tab.goto(self.door)
        prefer = ("first", "last")[number]
        settle(tab)
        before = here(tab)
        choices = tab.locator("input[type=radio]")
        (choices.first if prefer == "first" else choices.last).check()
        tab.locator("input[type=number]").fill("70")
        tab.locator("form button").last.click()
        tab.wait_for_function(
            "before => document.querySelector('[name=nonce]')?.value !== before", arg=before[1]
        )
        return prefer

    def reload(self, number: int) -> None:
        self.tabs[number].reload()

    def back(self, number: int) -> None:
        self.tabs[number].go_back()

    def forward(self, number: int) -> None:
        self.tabs[number].go_forward()

    def leave_and_back(self, number: int) -> None:
        self.tabs[number].goto(f"{self.door}withdraw")
        self.tabs[number].go_back()

    def open_again(self, number: int) -> None:
        self.tabs[number].goto(self.door)

    def duplicate(self, number: int) -> None:
        self.tabs[number].close()
        self.tabs[number] = self.tabs[1 - number].context.new_page()
        self.tabs[number].goto(self.door)


@pytest.mark.parametrize("steps", [50, pytest.param(500, marks=pytest.mark.long)])
def test_back_reload_page_cache_and_a_second_tab_change_no_answer(
    tab: Page, live_assay: LiveAssay, orm: Database, steps: int
) -> None:
    with orm(live_assay.database_url):
        flow = [step("consent", text="consent"), step("allocate"), trials_step(steps // 2)]
        version = launched_version(
            conditions={"ig": CONDITIONS["ig"]},
            flow=flow,
            store=live_assay.var / "store",
            fragment=lambda *_: BARS,
        )
        door = f"{live_assay.url}/s/{version.study.slug}/"
    tab.goto(door)
    walk_to(tab, "trial")
    person = Restless(tab, door, live_assay, seed=steps)
    for _ in range(steps):
        person.step()
    answered = {trial for trial, _, _ in person.answers}
    schedule = [row[0] for row in live_assay.rows("SELECT id FROM trials_trial ORDER BY trial_index")]
    assert answered == set(schedule[: len(answered)]), "A trial was skipped."
    assert len({key[:2] for key in person.answers}) > steps // 8
