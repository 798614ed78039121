"""Calibration curves: how often decisions of a stated confidence are right, by condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

EDGES = (
    0,
    20,
    40,
    60,
    70,
    80,
    90,
    100,
)  # per cent; a value on an edge belongs to the bin above, 100 to the last
FEWEST = 5


def calibration_curves(
    facts: pd.DataFrame, *, conditions: tuple[str, ...], alpha: float
) -> list[dict[str, Any]]:
    """Return accuracy by stated confidence.

    Parameters
    ----------
    facts : pandas.DataFrame
        As of `analysis.report.trialfacts.decision_facts`; confidence is binned on its percentage, as an integer.
    conditions : tuple of str
        In their order.
    alpha : float
        Intervals cover ``1 - alpha``.

    Returns
    -------
    list of dict
        ``condition, low_edge, high_edge, confidence`` (mean), ``value`` (share right), ``low, high, n_trials`` and
        ``n`` (people). Limits are cluster-robust over participants (t with n - 1 degrees of freedom), NaN with fewer
        than five people.
        Empty without confidence.

    References
    ----------
    .. [1] Murphy & Winkler (1977). Reliability of subjective probability forecasts. J. R. Stat. Soc. C 26, 41-47.
       https://doi.org/10.2307/2346866
    """
    import numpy as np

    known = facts[facts["confidence"].notna() & facts["correct"].notna()]
    if known.empty:
        return []
    percent = np.rint(known["confidence"].to_numpy() * 100)
    bins = np.clip(np.searchsorted(EDGES, percent, side="right") - 1, 0, len(EDGES) - 2)
    known = known.assign(bin=bins)
    keys = ["condition", "bin", "participant_id"]
    people = known.groupby(keys, observed=True).agg(
        right=("correct", "sum"), count=("correct", "size"), stated=("confidence", "sum")
    )
    people = people.reset_index()
    return [
        _point(group, condition=name, at=at, alpha=alpha)
        for name in conditions
        for at in range(len(EDGES) - 1)
        if len(group := people[(people["condition"] == name) & (people["bin"] == at)])
    ]


def _point(people: pd.DataFrame, *, condition: str, at: int, alpha: float) -> dict[str, Any]:
    import numpy as np
    from scipy import stats

    right, count = people["right"].to_numpy(), people["count"].to_numpy(dtype=float)
    n, total = len(people), float(count.sum())
    value = float(right.sum()) / total
    reach = float("nan")
    if n >= FEWEST:
        spread = float(((right - value * count) ** 2).sum()) * n / (n - 1) / total**2
        reach = float(stats.t.ppf(1 - alpha / 2, n - 1)) * float(np.sqrt(spread)) if spread > 0 else reach
    return {
        "condition": condition,
        "low_edge": EDGES[at] / 100,
        "high_edge": EDGES[at + 1] / 100,
        "confidence": float(people["stated"].sum()) / total,
        "value": value,
        "low": max(0.0, value - reach) if reach == reach else reach,
        "high": min(1.0, value + reach) if reach == reach else reach,
        "n_trials": int(total),
        "n": n,
    }
