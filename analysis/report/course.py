"""The course of the study: accuracy over trials by condition, and whether the conditions learn differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.core.plan import Contrast
from analysis.report.pairing import compared
from analysis.report.trialfacts import mean_rows, person_means, records

if TYPE_CHECKING:
    import pandas as pd

STEPS = 8


def learning_curve(
    facts: pd.DataFrame, *, contrasts: tuple[Contrast, ...], alpha: float
) -> dict[str, Any] | None:
    """Return accuracy by place in the study.

    Parameters
    ----------
    facts : pandas.DataFrame
        As of `analysis.report.trialfacts.decision_facts`.
    contrasts : tuple of Contrast
        Whose change from the first to the second half is compared.
    alpha : float
        Of the intervals.

    Returns
    -------
    dict or None
        ``steps``: rows ``condition, step, first, last, value, low, high, n`` (places from 1; means over participants);
        ``halves``: change from the first to the second half by condition; ``contrasts``: differences of that change,
        exploratory. None when nobody made four decisions.
    """
    known = facts[facts["correct"].notna()]
    length = int(known["place"].max()) + 1 if len(known) else 0
    if length < 4:
        return None
    count = min(STEPS, length)
    known = known.assign(step=(known["place"] * count) // length, late=known["place"] * 2 >= length)
    steps = mean_rows(person_means(known, "correct", "step"), ["condition", "step"], alpha=alpha)
    steps["first"] = -(-steps["step"] * length // count) + 1
    steps["last"] = -(-(steps["step"] + 1) * length // count)
    halves = person_means(known, "correct", "late").pivot_table(
        index=["condition", "participant_id"], columns="late", values="value", observed=True
    )
    if len(halves.columns) < 2:
        return None
    change = (halves[True] - halves[False]).dropna().rename("value").reset_index()
    return {
        "length": length,
        "steps": records(steps),
        "halves": records(mean_rows(change, ["condition"], alpha=alpha)),
        "contrasts": [_compared(change, one, alpha=alpha) for one in contrasts],
    }


def _compared(change: pd.DataFrame, contrast: Contrast, *, alpha: float) -> dict[str, Any]:
    names = (contrast.treatment, contrast.control)
    return {"treatment": names[0], "control": names[1], **compared(change, names=names, level=1 - alpha)}
