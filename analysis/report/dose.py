"""Explanation dose, exploratory: whether participants who kept the explanation in view longer do better."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.report.trialfacts import person_means

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 5


def explanation_dose(
    facts: pd.DataFrame, *, conditions: tuple[str, ...], alpha: float
) -> list[dict[str, Any]]:
    """Correlate participants' time with the explanation in view with their accuracy, by condition.

    Parameters
    ----------
    facts : pandas.DataFrame
        As of `analysis.report.trialfacts.decision_facts`.
    conditions : tuple of str
        In their order.
    alpha : float
        Of the interval (Fisher's z, standard error after Bonett and Wright).

    Returns
    -------
    list of dict
        ``condition, n, mean_ms, rho, low, high``; only conditions with five participants whose times vary.

    Notes
    -----
    Who reads longer chose to: this says nothing about what reading does, and it enters no other analysis.

    References
    ----------
    .. [1] Bonett & Wright (2000). Sample size requirements for estimating Pearson, Kendall and Spearman correlations.
       Psychometrika 65, 23-28. https://doi.org/10.1007/BF02294183
    """
    from scipy import stats

    found = []
    for name in conditions:
        mine = facts[facts["condition"] == name]
        dose = person_means(mine, "explanation_visible_ms").set_index("participant_id")["value"]
        right = person_means(mine, "correct").set_index("participant_id")["value"].reindex(dose.index)
        dose, right = dose[right.notna()], right.dropna()
        n = len(dose)
        if n < FEWEST or dose.nunique() < 2 or right.nunique() < 2:
            continue
        rho = float(stats.spearmanr(dose, right).statistic)
        reach = float(stats.norm.ppf(1 - alpha / 2)) * math.sqrt((1 + rho**2 / 2) / (n - 3))
        centre = math.atanh(min(max(rho, -0.999999), 0.999999))
        row = {"condition": name, "n": n, "mean_ms": float(dose.mean()), "rho": rho}
        found.append({**row, "low": math.tanh(centre - reach), "high": math.tanh(centre + reach)})
    return found
