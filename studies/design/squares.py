"""Orders in which a participant meets the levels that lie within: fixed, drawn, from a Latin or a Williams square."""

from __future__ import annotations

from itertools import permutations

from studies.design.draws import Draws

ORDERS = ("fixed", "drawn", "latin", "williams")
Row = tuple[int, ...]


def latin_square(n: int) -> list[Row]:
    """Return the cyclic Latin square: every level is once at every place.

    >>> latin_square(3)
    [(0, 1, 2), (1, 2, 0), (2, 0, 1)]
    """
    return [tuple((start + at) % n for at in range(n)) for start in range(n)]


def williams_square(n: int) -> list[Row]:
    """Return a Williams design: a Latin square, two of an odd n, in which each level follows each other equally often.

    The first row is 0, n-1, 1, n-2, …; the others add 1, 2, … to it. For an odd n the mirrored rows come after them.

    Williams (1949). Experimental designs balanced for the estimation of residual effects of treatments. Australian
    Journal of Scientific Research A 2, 149-168. https://doi.org/10.1071/CH9490149

    >>> williams_square(4)
    [(0, 3, 1, 2), (1, 0, 2, 3), (2, 1, 3, 0), (3, 2, 0, 1)]
    """
    low, high, first = 0, n - 1, []
    for at in range(n):
        first.append(high if at % 2 else low)
        low, high = (low, high - 1) if at % 2 else (low + 1, high)
    rows = [tuple((level + shift) % n for level in first) for shift in range(n)]
    return rows if n % 2 == 0 else rows + [row[::-1] for row in rows]


def order_rows(kind: str, n: int) -> list[Row]:
    """Return the orders that are dealt equally often; none where there are too many to be, and each is drawn alone."""
    if kind == "fixed" or n < 2:
        return [tuple(range(n))]
    if kind == "latin":
        return latin_square(n)
    if kind == "williams":
        return williams_square(n)
    return sorted(permutations(range(n))) if n <= 3 else []


def orders_dealt(kind: str, n: int, *, plans: int, draws: Draws) -> list[Row]:
    """Return the order of every plan: all rows equally often in each run of as many plans as there are rows."""
    rows = order_rows(kind, n)
    found: list[Row] = []
    while len(found) < plans:
        if rows:
            run = list(rows)
            draws.shuffle(run)
        else:
            order = list(range(n))
            draws.shuffle(order)
            run = [tuple(order)]
        found += run
    return found[:plans]
