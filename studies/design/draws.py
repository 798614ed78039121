"""Random choices from a seed by our own stream, so that what was drawn can be drawn again in any version of Python."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
_WORD = 8  # bytes


class Draws:
    """SHA-256 of seed and counter in 64-bit words; numbers below a bound by rejection, orders by Fisher and Yates.

    The same construction as ``analysis.core.allocation``, whose public functions draw allocation lists only.
    """

    def __init__(self, seed: bytes) -> None:
        self._words = _words(seed)

    def below(self, bound: int) -> int:
        """Return a number from 0 to ``bound - 1``, all equally likely."""
        # A bare remainder would prefer small numbers.
        limit = (1 << 8 * _WORD) // bound * bound
        word = next(word for word in self._words if word < limit)
        return word % bound

    def choice(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def shuffle(self, items: list[T]) -> None:
        """Put the items in a random order, in place."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]


def _words(seed: bytes) -> Iterator[int]:
    counter = 0
    while True:
        block = hashlib.sha256(seed + counter.to_bytes(_WORD, "big")).digest()
        for start in range(0, len(block), _WORD):
            yield int.from_bytes(block[start : start + _WORD], "big")
        counter += 1
