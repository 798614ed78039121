"""A person with a keyboard, a browser and the live application: from the door to the completion code."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from studies.design.models import StudyVersion
from tests.browser.keyboard import walk_to
from tests.browser.samples import BARS
from tests.factories import CONDITIONS, WHOLE_FLOW, launched_version
from tests.servers.assay import LiveAssay

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
Database = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def door(live_assay: LiveAssay, orm: Database) -> Iterator[str]:
    """The address of a launched study with every kind of step, in which everybody gets advice and explanation."""
    with orm(live_assay.database_url):
        version = launch(store=live_assay.var / "store")
        yield f"{live_assay.url}/s/{version.study.slug}/"


def launch(*, store: Path) -> StudyVersion:
    strata = {"strata": ["expertise"], "stratum_keys": ["expertise=novice", "expertise=expert"]}
    conditions = {"ig": CONDITIONS["ig"]}
    return launched_version(
        conditions=conditions, flow=WHOLE_FLOW, store=store, fragment=lambda *_: BARS, **strata
    )


def assert_no_event_is_missing(live_assay: LiveAssay) -> None:
    found = live_assay.rows(
        "SELECT source, seq, kind FROM trials_event WHERE source <> 'server' ORDER BY seq"
    )
    by_source = {source: [seq for s, seq, _ in found if s == source] for source, _, _ in found}
    assert [numbers for numbers in by_source.values() if numbers != list(range(len(numbers)))] == []
    assert {"page", "change", "submit"} <= {kind for _, _, kind in found}


def test_the_whole_study_needs_a_keyboard_only(door: str, tab: Page, live_assay: LiveAssay) -> None:
    tab.goto(door)
    seen = walk_to(tab, "done")
    assert {"consent", "screening", "questionnaire", "comprehension", "feedback", "break", "debrief"} <= set(
        seen
    )
    assert seen.count("trial") == (2 + 4) * 2 + 2
    [(code,)] = live_assay.rows("SELECT code FROM enrolment_completion")
    expect(tab.locator("[data-completion-code]")).to_have_text(code)
    answers = live_assay.rows("SELECT rt_ms, hidden_ms FROM trials_trialresponse")
    assert len(answers) == (2 + 4) * 4 + 2 * 2
    assert all(rt_ms > 300 and hidden_ms == 0 for rt_ms, hidden_ms in answers)
    assert_no_event_is_missing(live_assay)
