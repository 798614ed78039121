"""The version of Assay that runs; it is stored with every presentation and every report."""

import re
import tomllib
from pathlib import Path


def installed_version(root: Path) -> str:
    """Return the newest version in CHANGELOG.md, else the one that pyproject.toml declares."""
    changelog = root / "CHANGELOG.md"
    if changelog.is_file():
        found = re.search(
            r"^## \[?(\d+\.\d+\.\d+)", changelog.read_text(encoding="utf-8"), flags=re.MULTILINE
        )
        if found:
            return found[1]
    declared: str = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return declared
