"""Harm: decisions that were turned from right to wrong, and cases that are judged worse with the explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.core.plan import Contrast
from analysis.report.trialfacts import mean_rows, person_means, records

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 5
SHOWN = 10


def turned_decisions(
    facts: pd.DataFrame, *, conditions: tuple[str, ...], alpha: float
) -> list[dict[str, Any]]:
    """Count decisions that the second look turned, by condition.

    Parameters
    ----------
    facts : pandas.DataFrame
        As of `analysis.report.trialfacts.decision_facts`.
    conditions : tuple of str
        In their order.
    alpha : float
        Of the intervals.

    Returns
    -------
    list of dict
        ``condition, n_trials, right_to_wrong, wrong_to_right`` (counts) and ``harmed``: mean share of a participant's
        decisions turned from right to wrong with ``low, high, n``. Empty without first decisions.
    """
    known = facts[facts["correct"].notna() & facts["correct_initial"].notna()]
    if known.empty:
        return []
    known = known.assign(
        harmed=((known["correct_initial"] == 1) & (known["correct"] == 0)).astype(float),
        mended=((known["correct_initial"] == 0) & (known["correct"] == 1)).astype(float),
    )
    shares = mean_rows(person_means(known, "harmed"), ["condition"], alpha=alpha).set_index("condition")
    sums = known.groupby("condition", observed=True)[["harmed", "mended"]].sum().to_dict("index")
    sizes = known.groupby("condition", observed=True).size()
    return [
        {
            "condition": name,
            "n_trials": int(sizes[name]),
            "right_to_wrong": int(sums[name]["harmed"]),
            "wrong_to_right": int(sums[name]["mended"]),
            "harmed": {side: shares.loc[name, side] for side in ("value", "low", "high", "n")},
        }
        for name in conditions
        if name in sizes.index
    ]


def harmed_cases(facts: pd.DataFrame, *, contrasts: tuple[Contrast, ...]) -> list[dict[str, Any]]:
    """Compare the accuracy on every case between two conditions.

    Parameters
    ----------
    facts : pandas.DataFrame
        As of `analysis.report.trialfacts.decision_facts`.
    contrasts : tuple of Contrast
        Treatment and control.

    Returns
    -------
    list of dict
        For each contrast: ``n_cases`` judged at least five times in both; how many are ``lower`` and ``higher`` with
        the treatment; ``turned``: cases whose majority was right with the control and wrong with the treatment;
        ``worst``: the ten with the largest loss (``case_id, treatment_value, control_value, ...``). Description: no
        case is tested.
    """
    known = facts[facts["correct"].notna() & (facts["case_id"] != "")]
    table = known.groupby(["case_id", "condition"], observed=True)["correct"].agg(["mean", "count"])
    return [_cases(table, one) for one in contrasts]


def _cases(table: pd.DataFrame, contrast: Contrast) -> dict[str, Any]:
    arms = table.index.get_level_values("condition")
    sides = [
        table[arms == name].droplevel("condition").add_suffix(mark)
        for name, mark in ((contrast.treatment, "_t"), (contrast.control, "_c"))
    ]
    pair = sides[0].join(sides[1], how="inner")
    pair = pair[(pair["count_t"] >= FEWEST) & (pair["count_c"] >= FEWEST)]
    loss = pair["mean_t"] - pair["mean_c"]
    worst = pair.assign(loss=loss)[loss < 0].reset_index().sort_values(["loss", "case_id"]).head(SHOWN)
    return {
        "treatment": contrast.treatment,
        "control": contrast.control,
        "n_cases": len(pair),
        "lower": int((loss < 0).sum()),
        "higher": int((loss > 0).sum()),
        "turned": int(((pair["mean_c"] > 0.5) & (pair["mean_t"] < 0.5)).sum()),
        "worst": [
            {
                "case_id": str(row["case_id"]),
                "treatment_value": row["mean_t"],
                "control_value": row["mean_c"],
                "treatment_n": int(row["count_t"]),
                "control_n": int(row["count_c"]),
            }
            for row in records(worst)
        ],
    }
