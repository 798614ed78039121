"""Tail probabilities for small tables with the standard library alone: a process that serves people needs no SciPy."""

from __future__ import annotations

import math

_TIE = 1e-7  # probabilities of tables that are equally likely differ in the last digits


def chi2_sf(x: float, df: int) -> float:
    """Return the probability that a chi-square variable exceeds a value, for a whole number of degrees of freedom.

    With ``h = x / 2``: ``exp(-h) sum_{i < df/2} h^i / i!`` for even df, and
    ``erfc(sqrt(h)) + exp(-h) sum_{i = 1}^{(df-1)/2} h^{i-1/2} / Gamma(i + 1/2)`` for odd df.

    Parameters
    ----------
    x : float
        Not negative.
    df : int
        At least 1.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        When x is negative or df below 1.

    References
    ----------
    .. [1] Abramowitz & Stegun (1964). Handbook of Mathematical Functions, 26.4.4 and 26.4.5.

    Examples
    --------
    >>> round(chi2_sf(3.841458820694124, 1), 6), round(chi2_sf(5.991464547107979, 2), 6)
    (0.05, 0.05)
    """
    if not x >= 0 or df < 1:
        raise ValueError(f"x must not be negative and df at least 1, got {x} and {df}.")
    half = x / 2
    if half == 0:
        return 1.0
    odd = df % 2
    terms = [
        math.exp(-half + (i - odd / 2) * math.log(half) - math.lgamma(i - odd / 2 + 1))
        for i in range(odd, df // 2 + odd)
    ]
    return min(1.0, math.fsum(terms) + (math.erfc(math.sqrt(half)) if odd else 0.0))


def fisher_exact(table: tuple[tuple[int, int], tuple[int, int]]) -> float:
    """Return the two-sided p of Fisher's exact test: the sum over all tables that are at most as likely.

    Parameters
    ----------
    table : ((int, int), (int, int))
        Counts, not negative.

    Returns
    -------
    float
        From 0 to 1.

    References
    ----------
    .. [1] Fisher (1935). The logic of inductive inference. J. R. Stat. Soc. 98, 39-82.
       https://doi.org/10.2307/2342435

    Examples
    --------
    >>> round(fisher_exact(((3, 1), (1, 3))), 4)
    0.4857
    """
    (a, b), (c, d) = table
    rows, column, total = (a + b, c + d), a + c, a + b + c + d
    logs = {
        k: _choose(rows[0], k) + _choose(rows[1], column - k) - _choose(total, column)
        for k in range(max(0, column - rows[1]), min(rows[0], column) + 1)
    }
    limit = logs[a] + _TIE
    return min(1.0, math.fsum(math.exp(one) for one in logs.values() if one <= limit))


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
