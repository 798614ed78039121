"""The fixtures themselves: the real application answers on both databases, and a test can see what it stored."""

import httpx
import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Page

from tests.servers.assay import LiveAssay


def test_it_answers_that_it_is_well_on_both_databases(live_assay: LiveAssay) -> None:
    answer = httpx.get(f"{live_assay.url}/health/")
    assert answer.status_code == 200
    assert answer.json()["database"] == "ok"
    assert answer.json()["broker"] == "silent"


def test_models_of_the_test_process_write_to_the_database_of_the_live_application(
    database_url, orm, start_assay
) -> None:
    with orm(database_url):
        get_user_model().objects.create(username="carol")
    assert start_assay(database_url).rows(
        "SELECT username FROM auth_user WHERE username = %s", ["carol"]
    ) == [("carol",)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_comes_back_at_the_same_address_after_it_was_killed(live_assay: LiveAssay) -> None:
    live_assay.kill()
    live_assay.start()
    assert httpx.get(f"{live_assay.url}/health/live/").status_code == 200


@pytest.mark.browser
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_chromium_opens_the_door(live_assay: LiveAssay, browser_page: Page) -> None:
    browser_page.goto(live_assay.url)
    assert browser_page.get_by_role("heading", level=1).inner_text() == "Assay"
