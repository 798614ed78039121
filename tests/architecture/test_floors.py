"""The versions that run are the pinned ones, and none is below the floors that known vulnerabilities set."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = {
    "django": (5, 2, 11),
    "torch": (2, 10, 0),
    "kombu": (5, 7, 0),
    "celery": (5, 7, 0),
    "jinja2": (3, 1, 6),
}


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.split("+", maxsplit=1)[0])[:3])


def pins() -> dict[str, str]:
    lines = (ROOT / "deploy" / "constraints.txt").read_text().splitlines()
    # A pin with a marker is for other systems or Pythons; only the plain ones bind everywhere.
    return dict(line.split("==") for line in lines if "==" in line and ";" not in line)


@pytest.mark.parametrize("name", FLOORS)
def test_nothing_runs_below_its_floor(name: str) -> None:
    assert numbers(version(name)) >= FLOORS[name]


def test_onnx_is_absent_or_above_its_floor() -> None:
    try:
        found = version("onnx")
    except PackageNotFoundError:
        return
    assert numbers(found) >= (1, 21, 0)


def test_every_installed_package_is_the_pinned_one() -> None:
    wrong = {}
    for name, pinned in pins().items():
        try:
            found = version(name).split("+")[0]
        except PackageNotFoundError:
            continue
        if found != pinned.strip():
            wrong[name] = (found, pinned)
    assert not wrong


def test_the_constraints_name_no_host_and_no_path() -> None:
    text = (ROOT / "deploy" / "constraints.txt").read_text()
    assert "://" not in text
    assert " @ " not in text
