"""``make screenshots``: the pictures of the README, taken from a running demo in a folder of its own.

The trial is the preview of the condition with an explanation (who gets it as a participant is concealed, also from us).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.servers.assay import ROOT, environment
from tests.servers.browser import launched_chromium
from tests.servers.processes import stop_group, tail, wait_until

HERE = Path(__file__).resolve().parent
WIDTH = 1200
LINKS = re.compile(
    r"Take part:\s+(?P<door>\S+).*password of this start: (?P<password>\S+?)\).*Report:\s+(?P<report>\S+)",
    re.DOTALL,
)


def main(participants: str = "120") -> None:
    with tempfile.TemporaryDirectory(prefix="assay-pictures-") as name:
        log = Path(name) / "demo.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "demo", "--participants", participants],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=ROOT,
                env=environment(ASSAY_VAR=str(Path(name) / "var")),
            )
        try:
            wait_until(
                lambda: bool(LINKS.search(log.read_text())),
                what="The demo",
                timeout_s=900,
                log=log,
                process=process,
            )
            found = LINKS.search(tail(log, size=100_000))
            assert found is not None
            with launched_chromium() as browser:
                take(browser, **found.groupdict())
        finally:
            stop_group(process)


def take(browser: Browser, *, door: str, password: str, report: str) -> None:
    """Take the three pictures."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 900})
    base = door.split("/s/", maxsplit=1)[0]
    page.goto(f"{base}/admin/")
    page.get_by_label("Username").fill("demo")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{base}/admin/design/studyversion/")
    page.locator("#result_list tbody th a").first.click()
    picture(page, "admin_study", height=1150)
    page.locator("a[href*='/preview/'][href*='/ig/'][href*='/final/']").last.click()
    picture(page, "trial", height=900)
    page.goto(report)
    picture(page, "report", height=1250)
    page.close()


def picture(page: Page, name: str, *, height: int) -> None:
    """Save what is on the screen as a small PNG."""
    page.set_viewport_size({"width": WIDTH, "height": height})
    file = HERE / f"{name}.png"
    page.screenshot(path=file)
    with Image.open(file) as image:
        image.convert("RGB").quantize(64, method=Image.Quantize.MEDIANCUT).save(file, optimize=True)
    print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main(*sys.argv[1:])
