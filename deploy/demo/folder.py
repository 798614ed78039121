"""The demo's own folder: what it made it may use again; what it did not make it leaves alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MARKER = "made-by-demo"
NOTE = "This folder was made by `make demo`. It holds no real participants. Remove it to start the demo afresh.\n"
ELSEWHERE = (
    "DATABASE_URL", "REDIS_URL", "ASSAY_STORE", "STATIC_ROOT", "ALLOWED_HOSTS", "SECURE_COOKIES",
    "SECURE_SSL_REDIRECT", "TRUSTED_PROXIES", "DEBUG", "STATIC_HASHED",
)  # fmt: skip


def is_demo_folder(folder: Path) -> bool:
    """Tell whether the demo made a folder."""
    return (folder / MARKER).is_file()


def demo_folder(var: Path) -> Path:
    """Return the demo's folder inside the folder of run-time data, made if need be; another's folder is refused."""
    folder = var / "demo"
    if folder.exists() and not is_demo_folder(folder) and any(folder.iterdir()):
        raise ImproperlyConfigured(
            f"{folder} holds something that the demo did not make, so it is left alone. "
            "Move it away, or give the demo another place: ASSAY_VAR=/some/folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text(NOTE, encoding="utf-8")
    return folder


def demo_environment(folder: Path, *, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which the demo runs: its own database, broker and store, whatever is configured."""
    foreign = {*ELSEWHERE, *(f"{name}_FILE" for name in ELSEWHERE)}
    kept = {name: value for name, value in environment.items() if name not in foreign}
    return {"LOG_LEVEL": "WARNING", **kept, "ASSAY_VAR": str(folder), "ASSAY_LAPTOP": "1"}


def restart_in(folder: Path, *, arguments: list[str], python: str) -> None:
    """Begin again with the settings of the demo's folder; does not return."""
    os.execve(python, [python, *arguments], demo_environment(folder, environment=os.environ))  # noqa: S606
