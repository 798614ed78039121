"""Whether the bars of an explanation fit the case beside them, judged with nothing but what stands on the page."""

from __future__ import annotations

import re

from studies.rehearsal.questions import PageUnexpected
from studies.rehearsal.reader import Explanation, PageRead, PanelRow

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
FAR = 3


def bars_fit(page: PageRead, *, positive: str) -> bool:
    """
    Say whether an explanation on the page tells of this case, as a careful person would judge it.

    The strongest bar must stand at one of the three measurements that lie farthest from the middle of their usual
    range, and push the way that measurement lies: high towards ``positive``, low away from it. The bars of a shuffled
    placebo stand at measurements drawn at random and mostly fail this.
    """
    return any(_fits(page, explanation, positive=positive) for explanation in page.explanations)


def _fits(page: PageRead, explanation: Explanation, *, positive: str) -> bool:
    distances = {row.label: found for row in page.panel if (found := _distance(row)) is not None}
    bars = [bar for bar in explanation.bars if bar.label in distances and bar.towards is not None]
    if not bars:
        raise PageUnexpected(
            f"The explanation '{explanation.caption}' on the page '{page.title}' has no bar at a measurement with a "
            "usual range, so nobody can judge whether it fits the case."
        )
    strongest = bars[0]
    farthest = sorted(distances, key=lambda label: -abs(distances[label]))[:FAR]
    of_positive = positive.casefold() in explanation.caption.casefold()
    pushes_up = strongest.towards == of_positive
    return strongest.label in farthest and pushes_up == (distances[strongest.label] > 0)


def _distance(row: PanelRow) -> float | None:
    """Return how far a value lies from the middle of its range, in halves of the range; positive is above."""
    value = _numbers(row.value)
    limits = _numbers(row.reference)
    if not value or len(limits) != 2 or limits[0] >= limits[1]:
        return None
    low, high = limits
    return (value[0] - (low + high) / 2) / ((high - low) / 2)


def _numbers(text: str) -> list[float]:
    return [float(found) for found in NUMBER.findall(text.replace("\u2212", "-"))]
