"""Variants within cases: variance components, and decisions that flip."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def nested_components(trials: pd.DataFrame) -> dict[str, float]:
    """Return variance components of case, variant within case, and the rest.

    Mean squares of the nested analysis of variance are set equal to their expectations, also with unequal counts.

    Parameters
    ----------
    trials : pandas.DataFrame
        Columns ``case_id, variant, outcome``, none missing.

    Returns
    -------
    dict
        ``value`` (variant), ``case`` (missing with one case), ``residual``, in squared units of the outcome, and
        ``share`` of the variant; NaN where there are no degrees of freedom.

    References
    ----------
    .. [1] Searle, Casella & McCulloch (1992). Variance components. https://doi.org/10.1002/9780470316856

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"case_id": "c1", "variant": ["s0", "s0", "s1", "s1"], "outcome": [0.0, 2.0, 4.0, 6.0]})
    >>> found = nested_components(trials)
    >>> found["value"], found["residual"]
    (7.0, 2.0)
    """
    nothing = dict.fromkeys(("value", "case", "residual", "share"), math.nan)
    ordered = trials.sort_values(["case_id", "variant", "outcome"])
    cells = ordered.groupby(["case_id", "variant"])["outcome"].agg(["mean", "count"])
    cases = ordered.groupby("case_id")["outcome"].agg(["mean", "count"])
    total, a, b = len(ordered), len(cases), len(cells)
    if b - a < 1 or total - b < 1:
        return nothing
    of_case = cells.index.get_level_values("case_id")
    within = ordered["outcome"] - ordered.groupby(["case_id", "variant"])["outcome"].transform("mean")
    residual = float((within**2).sum()) / (total - b)
    gap = cells["mean"] - cases["mean"].reindex(of_case).to_numpy()
    between = float((cells["count"] * gap**2).sum()) / (b - a)
    inner = float((cells["count"] ** 2 / cases["count"].reindex(of_case).to_numpy()).sum())
    variant = (between - residual) * (b - a) / (total - inner)
    case = math.nan
    if a > 1:
        spread = float((cases["count"] * (cases["mean"] - ordered["outcome"].mean()) ** 2).sum()) / (a - 1)
        k2 = (inner - float((cells["count"] ** 2).sum()) / total) / (a - 1)
        k3 = (total - float((cases["count"] ** 2).sum()) / total) / (a - 1)
        case = (spread - residual - k2 * variant) / k3
    parts = [max(part, 0.0) for part in (variant, case, residual) if not math.isnan(part)]
    share = max(variant, 0.0) / sum(parts) if sum(parts) > 0 else math.nan
    return {"value": variant, "case": case, "residual": residual, "share": share}


def flip_rate(trials: pd.DataFrame) -> tuple[float, int]:
    """Return how often the majority decisions on two variants of one case differ, over all such pairs.

    Parameters
    ----------
    trials : pandas.DataFrame
        Columns ``case_id, variant, response``.

    Returns
    -------
    tuple of float, int
        Share of pairs (NaN without a pair) and number of pairs. A variant whose most frequent decisions tie has no
        majority, and its pairs do not count.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"case_id": "c1", "variant": ["s0", "s1", "s2"], "response": ["a", "b", "a"]})
    >>> rate, pairs = flip_rate(trials)
    >>> round(rate, 4), pairs
    (0.6667, 3)
    """
    tally = (
        trials.dropna(subset=["response"])
        .groupby(["case_id", "variant", "response"])
        .size()
        .rename("n")
        .reset_index()
    )
    top = tally[tally["n"] == tally.groupby(["case_id", "variant"])["n"].transform("max")]
    clear = top[~top.duplicated(["case_id", "variant"], keep=False)]
    pairs = [
        one != other
        for _, said in clear.groupby("case_id")["response"]
        for one, other in combinations(said.tolist(), 2)
    ]
    return (sum(pairs) / len(pairs) if pairs else math.nan), len(pairs)
