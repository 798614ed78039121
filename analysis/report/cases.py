"""Cases: how often each was judged rightly in each condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.report.trialfacts import records

if TYPE_CHECKING:
    import pandas as pd


def case_values(facts: pd.DataFrame, *, conditions: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the accuracy on each case by condition.

    Parameters
    ----------
    facts : pandas.DataFrame
        As of `analysis.report.trialfacts.decision_facts`.
    conditions : tuple of str
        In their order.

    Returns
    -------
    list of dict
        ``condition, case_id, value, n`` (answers) and ``ai_correct`` (share of them in which the AI was right; NaN when
        not known). Sorted by condition and case. Empty when cases are not named.
    """
    known = facts[facts["correct"].notna() & (facts["case_id"] != "")]
    if known.empty:
        return []
    groups = known.groupby(["condition", "case_id"], observed=True)
    table = (
        groups["correct"].agg(["mean", "size"]).assign(ai_correct=groups["ai_correct"].mean()).reset_index()
    )
    table = table.rename(columns={"mean": "value", "size": "n"})
    place = table["condition"].map({name: at for at, name in enumerate(conditions)})
    return records(table.assign(place=place).sort_values(["place", "case_id"]).drop(columns="place"))
