"""Lets the models of the test process work on the database of a live application."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.utils import ConnectionHandler

from deploy.databases import database_settings


@contextmanager
def use_database(url: str, *, blocker: Any) -> Iterator[None]:
    """Swap the default connection of this thread; everything commits for real."""
    configured = ConnectionHandler({"default": database_settings(url, durable=False, pool_size=0)})
    usual = connections["default"]
    connections["default"] = configured["default"]
    with blocker.unblock():
        try:
            yield
        finally:
            connections["default"].close()
            connections["default"] = usual
