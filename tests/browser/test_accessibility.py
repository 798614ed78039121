"""axe-core finds nothing serious on any page, in light and in dark; no page breaks its policy or asks anybody else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Watched
from tests.browser.every_page import PAGES
from tests.browser.pages_server import PagesServer

AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1.min.js"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def light(watched: Callable[..., Watched]) -> Watched:
    return watched()


@pytest.fixture(scope="module")
def dark(watched: Callable[..., Watched]) -> Watched:
    return watched(color_scheme="dark")


def serious(page: Page, options: dict[str, Any]) -> list[str]:
    """Return what axe calls serious or critical, with the element."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("options => axe.run(document, {resultTypes: ['violations'], ...options})", options)
    return [
        f"{violation['id']}: {node['html']}"
        for violation in found["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(name: str, light: Watched, gallery: PagesServer) -> None:
    light.page.goto(gallery.address(name))
    assert serious(light.page, {}) == []


@pytest.mark.parametrize("name", PAGES)
def test_colours_have_contrast_in_the_dark(name: str, dark: Watched, gallery: PagesServer) -> None:
    dark.page.goto(gallery.address(name))
    assert serious(dark.page, {"runOnly": ["color-contrast", "link-in-text-block"]}) == []


def test_axe_sees_a_fault_that_is_there(light: Watched, gallery: PagesServer) -> None:
    light.page.goto(gallery.address("trial"))
    light.page.evaluate("document.querySelector('#f-confidence').previousElementSibling.remove()")
    assert any(found.startswith("label") for found in serious(light.page, {}))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_to_its_policy_and_to_its_own_host(
    name: str, light: Watched, gallery: PagesServer
) -> None:
    light.offences.clear()
    light.page.goto(gallery.address(name))
    assert light.offences == []


def test_the_policy_would_have_been_heard(watched: Callable[..., Watched], gallery: PagesServer) -> None:
    seen = watched()
    seen.page.goto(gallery.address("trial"))
    seen.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')")
    seen.page.context.close()
    assert any("Content Security Policy" in offence for offence in seen.offences)


def test_axe_is_the_version_that_its_name_says() -> None:
    assert AXE.read_text().startswith(
        f"/*! axe v{AXE.name.removeprefix('axe-core-').removesuffix('.min.js')}\n"
    )
