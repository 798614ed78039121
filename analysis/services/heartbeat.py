"""Renewing a lease from a thread of its own while the work is done."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

log = structlog.get_logger(__name__)


class Heartbeat:
    """Calls ``beat`` again and again until the block is left, or ``beat`` says that the lease was lost."""

    def __init__(self, beat: Callable[[], bool], *, name: str) -> None:
        self.beat, self.name = beat, name
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True, name=name)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()

    def _run(self) -> None:
        try:
            while not self.stop.wait(settings.ASSAY_HEARTBEAT_S):
                try:
                    if not self.beat():
                        return
                except DatabaseError as error:
                    log.warning("heartbeat_failed", job=self.name, error=str(error))
        finally:
            connection.close()
