"""Tells how far the demo is: a numbered step, what is happening, and how long it has taken since the start."""

from __future__ import annotations

import time
from collections.abc import Callable

SAY_EVERY_S = 1.0


class Progress:
    """Prints lines such as ``[ 12.3 s] 6/10 Explanations: 320 of 855``."""

    def __init__(self, *, steps: int, say: Callable[[str], None]) -> None:
        self.steps = steps
        self.say = say
        self.began = time.monotonic()
        self.step = 0
        self._said_at = 0.0

    def next(self, text: str) -> None:
        """Begin the next step."""
        self.step += 1
        self.tell(text)

    def tell(self, text: str) -> None:
        """Say something about the current step."""
        self._said_at = time.monotonic()
        self.say(f"[{self._said_at - self.began:6.1f} s] {self.step:>2}/{self.steps} {text}")

    def count(self, what: str, done: int, total: int) -> None:
        """Say how many are done: about once a second, and at the end."""
        if done >= total or time.monotonic() - self._said_at >= SAY_EVERY_S:
            self.tell(f"{what}: {done} of {total}")
