"""A person at the keyboard: Tab, Space, arrows, Enter and typing, and never the mouse."""

import time

from playwright.sync_api import Error, Page

from tests.browser.conftest import settle

FOCUSED = "({type, tagName, checked}) => [type ?? tagName.toLowerCase(), checked ?? false]"
WORDS = "element => (element.innerText || element.value || '').trim()"
HERE = "[document.body.dataset.kind, document.querySelector('[name=nonce]')?.value ?? '']"
ENOUGH_KEYS = 120
PATIENCE_S = 5


def here(tab: Page) -> list[str]:
    """Return kind and nonce of the page; nothing while the browser is between two documents."""
    try:
        found: list[str] = tab.evaluate(HERE)
    except Error:
        return []
    return found


def answer_by_keyboard(tab: Page, *, prefer: str = "first") -> None:
    """Walk with Tab from the heading to the button, answer what is met on the way, and send."""
    settle(tab)
    before = here(tab)
    for _ in range(ENOUGH_KEYS):
        tab.keyboard.press("Tab")
        what, is_checked = tab.locator(":focus").evaluate(FOCUSED)
        if what == "radio" and not is_checked:
            tab.keyboard.press("Space" if prefer == "first" else "ArrowUp")
        elif what == "number":
            tab.keyboard.type("70")
        elif what == "submit":
            tab.keyboard.press("Enter")
            break
    end = time.monotonic() + PATIENCE_S
    while here(tab) in ([], before):
        assert time.monotonic() < end, f"The page {before} could not be answered by keyboard."
        tab.wait_for_timeout(20)


def walk_to(tab: Page, wanted: str) -> list[str]:
    seen = [here(tab)[0]]
    while seen[-1] != wanted:
        answer_by_keyboard(tab)
        seen.append(here(tab)[0])
    return seen


def press(tab: Page, words: str) -> None:
    """Walk with Tab to the link or button of these words, press Enter and wait for the next page."""
    walk_onto(tab, words)
    with tab.expect_navigation():
        tab.keyboard.press("Enter")


def unfold(tab: Page, words: str) -> None:
    """Walk with Tab to what is folded away under words that begin so, and open it with Enter."""
    walk_onto(tab, words, whole=False)
    tab.keyboard.press("Enter")


def walk_onto(tab: Page, words: str, *, whole: bool = True) -> None:
    for _ in range(ENOUGH_KEYS):
        tab.keyboard.press("Tab")
        if tab.locator(":focus").count():
            found = str(tab.locator(":focus").evaluate(WORDS))
            if found == words or (not whole and found.startswith(words)):
                return
    raise AssertionError(f"No key leads to '{words}' on {tab.url}.")
