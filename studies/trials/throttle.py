"""Slows down who guesses tokens. Only invalid tokens are counted, so that many people behind one address never are."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

PER_MINUTE = 30
WINDOW_S = 60.0
ADDRESSES = 10_000


class InvalidTokens:
    """Counts invalid tokens per address within this process, in memory only, and forgets the oldest addresses."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def is_too_many(self, address: str) -> bool:
        """Count one more invalid token from an address and say whether that is more than allowed."""
        now = self._clock()
        with self._lock:
            began, count = self._seen.pop(address, (now, 0))
            if now - began >= WINDOW_S:
                began, count = now, 0
            self._seen[address] = (began, count + 1)
            if len(self._seen) > ADDRESSES:
                self._seen.popitem(last=False)
            return count + 1 > PER_MINUTE

    def forget(self) -> None:
        """Start anew."""
        with self._lock:
            self._seen.clear()


invalid_tokens = InvalidTokens()
