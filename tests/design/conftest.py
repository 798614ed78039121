"""Every test here has an empty store and an empty memory of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studies.design.selectors import version_spec


@pytest.fixture(autouse=True)
def fresh_process(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.ASSAY_STORE = tmp_path / "store"
    version_spec.cache_clear()
    yield
    version_spec.cache_clear()
