"""Watching over a batch while it is computed, from a thread with a connection of its own."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connection

from explainers.core.stopping import stoppable
from explainers.services.jobs import Claim, job_heartbeat, jobs_wanted

LOOK_S = 0.25

logger = logging.getLogger(__name__)


@contextmanager
def kept_alive(claims: Sequence[Claim]) -> Iterator[None]:
    """
    Renew the leases until the block ends; stop the block when none of its jobs is ours any more.

    1. Four times a second it is looked whether the jobs were cancelled; the computation stops between two chunks.
    2. What takes longer than `ASSAY_WORK_LIMIT_S` hangs: nothing inside of a process can end it, so the process ends
       itself, and the jobs are tried again alone like those of any worker that died.
    """
    over, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=_watch, args=(claims, over, stop), name="heartbeat", daemon=True)
    thread.start()
    try:
        with stoppable(stop):
            yield
    finally:
        over.set()
        thread.join(timeout=settings.ASSAY_HEARTBEAT_S)


def _watch(claims: Sequence[Claim], over: threading.Event, stop: threading.Event) -> None:
    begun = beaten = time.monotonic()
    try:
        while not over.wait(min(LOOK_S, settings.ASSAY_HEARTBEAT_S)):
            now = time.monotonic()
            if now - begun > settings.ASSAY_WORK_LIMIT_S:
                logger.error("A batch hangs for %.0f s: this process ends.", now - begun)
                os._exit(70)
            try:
                beats = now - beaten >= settings.ASSAY_HEARTBEAT_S
                ours = job_heartbeat(claims=claims) if beats else jobs_wanted(claims=claims)
                beaten = now if beats else beaten
                if not ours:
                    stop.set()
                    return
            except DatabaseError as error:
                logger.warning("A heartbeat failed: %s.", error)
    finally:
        connection.close()
