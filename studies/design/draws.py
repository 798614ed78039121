"""Random choices from a seed by our own stream, so that what was drawn can be drawn again in any version of Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from analysis.core.stream import random_below, random_shuffle, random_words

T = TypeVar("T")


class Draws:
    """The stream of `analysis.core.stream` from one seed, as choices and orders."""

    def __init__(self, seed: bytes) -> None:
        self._words = random_words(seed)

    def below(self, bound: int) -> int:
        """Return a number from 0 to ``bound - 1``, all equally likely."""
        return random_below(self._words, bound)

    def choice(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def shuffle(self, items: list[T]) -> None:
        """Put the items in a random order, in place."""
        random_shuffle(items, self._words)
