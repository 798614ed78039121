"""Keeping the leases of a batch alive while it is computed, from a thread with a connection of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connection

from explainers.services.jobs import Claim, job_heartbeat

WORK_LIMIT_S = 600

logger = logging.getLogger(__name__)


@contextmanager
def kept_alive(claims: Sequence[Claim]) -> Iterator[None]:
    """Renew the leases until the block ends, or for ten minutes: what hangs longer is given to another worker."""
    stop = threading.Event()
    thread = threading.Thread(target=_beat, args=(claims, stop), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=settings.ASSAY_HEARTBEAT_S)


def _beat(claims: Sequence[Claim], stop: threading.Event) -> None:
    end = time.monotonic() + WORK_LIMIT_S
    try:
        while not stop.wait(settings.ASSAY_HEARTBEAT_S) and time.monotonic() < end:
            try:
                if not job_heartbeat(claims=claims):
                    return
            except DatabaseError as error:
                logger.warning("A heartbeat failed: %s.", error)
    finally:
        connection.close()
