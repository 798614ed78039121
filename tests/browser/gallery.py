"""Screenshots of every page of a participant: `python -m tests.browser.gallery FOLDER [NAME ...]`."""

import os
import sys
from pathlib import Path
from typing import Any

LOOKS: dict[str, dict[str, Any]] = {
    "phone320": {"viewport": {"width": 320, "height": 640}},
    "phone375": {"viewport": {"width": 375, "height": 760}, "device_scale_factor": 2, "has_touch": True},
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "zoom200": {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
}


def main(folder: Path, *names: str) -> None:
    """Write one picture of each page in each look."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
    os.environ.setdefault("STATIC_HASHED", "0")
    import django

    django.setup()
    from tests.browser.every_page import PAGES
    from tests.browser.pages_server import serve_pages
    from tests.servers.browser import launched_chromium

    folder.mkdir(parents=True, exist_ok=True)
    with serve_pages() as server, launched_chromium() as browser:
        for look, options in LOOKS.items():
            context = browser.new_context(**options)
            page = context.new_page()
            page.on("console", lambda message: print(message.page.url, message.text))
            for name in names or PAGES:
                page.goto(f"{server.url}?kind={name}")
                page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
            context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
