"""Which parts of a treatment are on a page, which may be asked for and which are not due: the server's clock decides.

What is held back is not composed at all, so no byte of it can leave before it is shown (law 4).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from studies.design.conditions import Part

SIMULATED_S = 0.5
"""How long a delay lasts at most for simulated participants: they are marked everywhere, and have no patience."""


@dataclass(frozen=True)
class Seen:
    """What a participant has been shown in a trial, by name; how long the current page has been out, in seconds.

    ``longest_s`` caps every delay.
    """

    names: frozenset[str] = frozenset()
    page_s: float = 0.0
    longest_s: float = math.inf


@dataclass(frozen=True)
class Held:
    """A part that is not on the page: whether it can be asked for, and in how many seconds it is due."""

    part: Part
    wait_s: float

    @property
    def is_due(self) -> bool:
        return self.wait_s <= 0


def parts_held(parts: Iterable[Part], *, seen: Seen, confidence: float | None) -> Iterator[Held]:
    """Yield the parts that are held back now; what a rule leaves out of the trial is none of them.

    What is shown after a delay is held until it is due and then shown without being asked for.
    """
    for part in parts:
        reveal = part.reveal
        if not reveal.is_held or part.name in seen.names or not part.is_due(confidence):
            continue
        wait = max(0.0, min(reveal.delay_s, seen.longest_s) - seen.page_s)
        if reveal.kind == "on_request" or wait > 0:
            yield Held(part, wait)
