"""One person takes part, and the experimenter exports and reads the report: both by keyboard, in a real browser."""

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched
from tests.browser.keyboard import press, unfold, walk_to
from tests.browser.samples import BARS
from tests.factories import OPTIONS, WHOLE_FLOW, launched_version
from tests.servers.assay import LiveAssay
from tests.servers.processes import stop_group
from tests.servers.programs import start_worker

pytestmark = [pytest.mark.browser, pytest.mark.redis, pytest.mark.heavy]
PASSWORD = "correct horse battery staple"
REPORT_TAKES_MS = 60_000
UNDEFINED = "\N{EN DASH}"
FINAL = """
SELECT r.value, g.value, p.label FROM trials_trialresponse r
JOIN trials_trial t ON t.id = r.trial_id
JOIN design_groundtruth g ON g.case_id = t.case_id
JOIN explainers_prediction p ON p.case_id = t.case_id
WHERE r.field = %s AND NOT t.is_practice AND r.stage = %s
"""


@pytest.fixture
def tab(browser_page: Page) -> Iterator[Page]:
    seen = Watched(browser_page)
    yield seen.page
    assert not seen.offences


@pytest.fixture
def live(sqlite_url, redis_server, start_assay, orm) -> Iterator[LiveAssay]:
    """A launched study of every kind of step, an experimenter with a password, and a worker for reports."""
    redis_server.wipe()
    live = start_assay(sqlite_url, REDIS_URL=redis_server.url)
    with orm(sqlite_url):
        launched_version(
            flow=WHOLE_FLOW,
            strata=["expertise"],
            stratum_keys=["expertise=novice", "expertise=expert"],
            store=live.var / "store",
            fragment=lambda *_: BARS,
            truth=lambda number: OPTIONS[number % 4 == 0],
        )
        get_user_model().objects.create_superuser("experimenter", password=PASSWORD)
    worker = start_worker(queues="analysis", env=live.env, log=live.var / "worker.log")
    yield live
    stop_group(worker)


def sign_in(tab: Page, *, url: str) -> None:
    tab.goto(f"{url}/admin/")
    tab.keyboard.type("experimenter")
    tab.keyboard.press("Tab")
    tab.keyboard.type(PASSWORD)
    with tab.expect_navigation():
        tab.keyboard.press("Enter")


def shares(live: LiveAssay) -> dict[str, str]:
    """Return what the report must say of the one person, from the database by hand."""
    decided, guessed = live.rows(FINAL, ["decision", "final"]), live.rows(FINAL, ["guess", "guess"])
    return {
        "Accuracy, higher is better": percent([value == f'"{truth}"' for value, truth, _ in decided]),
        "Agreement with the AI": percent([value == f'"{said}"' for value, _, said in decided]),
        "Forward-simulation accuracy, higher is better": percent(
            [value == f'"{said}"' for value, _, said in guessed]
        ),
    }


def percent(found: list[bool]) -> str:
    return f"{100 * sum(found) / len(found):.1f} %"


def said_of(tab: Page, measure: str) -> list[str]:
    """Return the row under the heading of a measure: condition, mean, interval, people."""
    table = tab.get_by_role("region", name="Every measure in every condition: ")
    heading = table.locator("tr.group", has=tab.get_by_role("rowheader", name=measure, exact=True))
    return heading.locator("xpath=following-sibling::tr[1]").locator("th, td").all_inner_texts()[:4]


def test_from_the_door_to_the_report_without_a_mouse(tab: Page, live: LiveAssay) -> None:
    tab.goto(f"{live.url}/s/cells/")
    walk_to(tab, "done")
    [(code,)] = live.rows("SELECT code FROM enrolment_completion")
    expect(tab.locator("[data-completion-code]")).to_have_text(code)
    sign_in(tab, url=live.url)
    for words in ("Studies to export", "cells", "Export and report"):
        press(tab, words)
    expect(tab.get_by_role("link", name="Read the report")).to_be_visible(timeout=REPORT_TAKES_MS)
    press(tab, "Read the report")
    [(condition,)] = live.rows(
        "SELECT s.condition FROM enrolment_assignment a JOIN design_allocationslot s ON s.id = a.slot_id"
    )
    expected = shares(live)
    assert len(set(expected.values())) == len(expected)  # a number that is in the wrong row is seen
    for family in ("Decision quality: ", "Reliance: ", "Understanding: "):
        unfold(tab, family)
    for measure, share in expected.items():
        assert said_of(tab, measure) == [condition, share, UNDEFINED, "1"]
    expect(tab.get_by_text("Nobody was given the condition").first).to_be_visible()
    # The rules of the answer name simulated participants in every report; only the notices say that these are some.
    expect(tab.locator(".banner")).to_have_count(0)
    expect(tab.get_by_text("nothing here is about people")).to_have_count(0)
