"""Every test here has a process with an empty memory, a store of its own, and the application behind its WSGI door."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.wsgi import get_wsgi_application

from tests.trials.conftest import forget_everything

ADDRESS = "https://localhost"


@pytest.fixture(autouse=True)
def fresh_process(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.ASSAY_VAR = tmp_path
    settings.ASSAY_STORE = tmp_path / "store"
    forget_everything()
    yield
    forget_everything()


@pytest.fixture
def wsgi() -> httpx.WSGITransport:
    """The same application code as behind a socket: handler, middleware, views, templates."""
    return httpx.WSGITransport(app=get_wsgi_application())
