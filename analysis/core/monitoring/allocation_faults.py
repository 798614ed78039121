"""Faults of the allocation and of staying: as many in each condition as planned, and as many who left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from analysis.core.monitoring.tails import chi2_sf, fisher_exact

ALARM = 0.001  # far below the usual level, as it is looked at in every study and again and again
_SMALL = 5.0


def ratio_mismatch(counts: Mapping[str, int], *, ratio: Mapping[str, float] | None = None) -> dict[str, Any]:
    """Test whether conditions have the shares that the allocation gives (sample-ratio mismatch).

    ``chi2 = sum (n_x - N r_x)^2 / (N r_x)`` on k - 1 degrees of freedom.

    Parameters
    ----------
    counts : mapping of str to int
        Participants by condition.
    ratio : mapping of str to float, optional
        Of the allocation; equal shares without it.

    Returns
    -------
    dict
        ``chi2, df, p, alarm`` (p below 0.001), ``expected`` and ``note`` (a sentence when counts are too small).

    Raises
    ------
    ValueError
        When a condition has no share, or a count is negative.

    References
    ----------
    .. [1] Fabijan et al. (2019). Diagnosing sample ratio mismatch in online controlled experiments. KDD '19.
       https://doi.org/10.1145/3292500.3330722

    Examples
    --------
    >>> found = ratio_mismatch({"ai": 821, "ig": 700})
    >>> round(found["chi2"], 3), found["alarm"]
    (9.626, False)
    """
    shares = {name: float((ratio or {}).get(name, 0 if ratio else 1)) for name in counts}
    if any(share <= 0 for share in shares.values()) or any(count < 0 for count in counts.values()):
        raise ValueError("Every condition needs a share above 0 and a count that is not negative.")
    total, weight = sum(counts.values()), sum(shares.values())
    if len(counts) < 2 or total == 0:
        return {
            "chi2": math.nan,
            "df": 0,
            "p": math.nan,
            "alarm": False,
            "expected": {},
            "note": "Nobody yet.",
        }
    expected = {name: total * share / weight for name, share in shares.items()}
    chi2 = sum((counts[name] - expected[name]) ** 2 / expected[name] for name in counts)
    p = chi2_sf(chi2, len(counts) - 1)
    small = min(expected.values()) < _SMALL
    return {
        "chi2": chi2,
        "df": len(counts) - 1,
        "p": p,
        "alarm": p < ALARM,
        "expected": expected,
        "note": "Fewer than 5 are expected in a condition: the p value is rough." if small else "",
    }


def attrition_by_condition(allocated: Mapping[str, int], stayed: Mapping[str, int]) -> dict[str, Any]:
    """Test whether conditions lost different shares of their participants.

    Parameters
    ----------
    allocated, stayed : mapping of str to int
        Participants who were given each condition, and those of them who reached the end.

    Returns
    -------
    dict
        ``left`` (share by condition), ``chi2, df, p`` (Pearson, no continuity correction), ``exact_p`` (Fisher,
        for two conditions; else NaN) and ``note``.

    Raises
    ------
    ValueError
        When more stayed than were allocated, or conditions differ.

    Examples
    --------
    >>> found = attrition_by_condition({"ai": 100, "ig": 100}, {"ai": 90, "ig": 80})
    >>> found["left"], round(found["p"], 4)
    ({'ai': 0.1, 'ig': 0.2}, 0.0477)
    """
    if set(allocated) != set(stayed) or any(not 0 <= stayed[name] <= allocated[name] for name in allocated):
        raise ValueError(
            "Every condition needs a count of those who stayed, at most those who were allocated."
        )
    left = {name: (1 - stayed[name] / count if count else math.nan) for name, count in allocated.items()}
    gone = [allocated[name] - stayed[name] for name in allocated]
    table = [[stayed[name] for name in allocated], gone]
    found: dict[str, Any] = {"left": {name: round(share, 12) for name, share in left.items()}, "note": ""}
    empty = {"chi2": math.nan, "df": 0, "p": math.nan, "exact_p": math.nan}
    if len(allocated) < 2 or not all(allocated.values()):
        return found | empty | {"note": "The conditions cannot be compared."}
    if not sum(gone) or not sum(table[0]):
        return found | empty | {"note": "Nobody left." if not sum(gone) else "Nobody stayed."}
    chi2, smallest = _pearson(table)
    if smallest < _SMALL:
        found["note"] = "Fewer than 5 are expected to have left a condition: the chi-square p is rough."
    df = len(allocated) - 1
    exact = fisher_exact(_two_by_two(table)) if df == 1 else math.nan
    return found | {"chi2": chi2, "df": df, "p": chi2_sf(chi2, df), "exact_p": exact}


def _pearson(table: list[list[int]]) -> tuple[float, float]:
    """Return Pearson's chi-square of a table and the smallest expected count."""
    rows = [sum(row) for row in table]
    columns = [sum(column) for column in zip(*table, strict=True)]
    expected = [[row * column / sum(rows) for column in columns] for row in rows]
    pairs = [
        pair
        for counts, means in zip(table, expected, strict=True)
        for pair in zip(counts, means, strict=True)
    ]
    return math.fsum((count - mean) ** 2 / mean for count, mean in pairs), min(mean for _, mean in pairs)


def _two_by_two(table: list[list[int]]) -> tuple[tuple[int, int], tuple[int, int]]:
    (a, b), (c, d) = table
    return (a, b), (c, d)
