"""On SQLite, answers take turns.

SQLite lets one writer in at a time and has the others ask again after ever longer pauses; under load that costs half of
the rate and makes single answers wait for seconds (``make bench``). A lock of the operating system wakes the next one
at once, across processes, and goes with a process that is killed. Whoever writes without it is still safe.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection


@contextmanager
def turn() -> Iterator[None]:
    """Hold the turn while the block runs; databases that queue their writers themselves need none."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():  # type: ignore[attr-defined]
        yield
        return
    with Path(f"{connection.settings_dict['NAME']}-turn").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # given up with the file
        yield
