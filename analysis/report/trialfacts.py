"""Decision trials as plain columns, made once: what curves, harm, benefit and synergy are computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.core.selection import DECISION_PROTOCOLS, counted
from analysis.report.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

_ORDER = ("block_index", "trial_index")
_FLAGS = ("correct", "correct_initial", "ai_correct")
_NUMBERS = ("confidence", "explanation_visible_ms")


def decision_facts(sample: Sample, *, positive: str = "") -> pd.DataFrame:
    """Return one row for each counted decision trial of a participant who was given a condition.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    positive : str
        Option that counts as positive; empty when nobody said.

    Returns
    -------
    pandas.DataFrame
        Sorted by participant and place in the study. ``participant_id, case_id, condition``; ``place`` (0 is the first
        decision of the participant); ``correct, correct_initial, ai_correct, positive`` (1, 0 or NaN);
        ``confidence``; ``explanation_visible_ms``. What the table lacks is NaN.
    """
    import numpy as np

    rows = sample.with_conditions(counted(sample.trials, protocols=DECISION_PROTOCOLS))
    order = [name for name in _ORDER if name in rows.columns]
    rows = rows.sort_values(["participant_id", *order, *(["case_id"] if "case_id" in rows.columns else [])])
    facts: dict[str, Any] = {
        "participant_id": rows["participant_id"].to_numpy(),
        "condition": rows["condition"].to_numpy(),
        "case_id": rows["case_id"].to_numpy() if "case_id" in rows.columns else np.full(len(rows), ""),
        "place": rows.groupby("participant_id", sort=False).cumcount().to_numpy(),
    }
    facts |= {name: _flag(rows, name) for name in _FLAGS}
    facts |= {name: _number(rows, name) for name in _NUMBERS}
    facts["positive"] = np.full(len(rows), np.nan)
    if positive and "ground_truth" in rows.columns:
        known = rows["ground_truth"].notna().to_numpy()
        facts["positive"] = np.where(known, (rows["ground_truth"] == positive).to_numpy(dtype=float), np.nan)
    return _frame(facts)


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns)


def _flag(rows: pd.DataFrame, name: str) -> Any:
    import numpy as np

    if name not in rows.columns:
        return np.full(len(rows), np.nan)
    return rows[name].astype("boolean").astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def _number(rows: pd.DataFrame, name: str) -> Any:
    import numpy as np

    if name not in rows.columns:
        return np.full(len(rows), np.nan)
    return rows[name].astype(float).to_numpy()


def person_means(facts: pd.DataFrame, column: str, *by: str) -> pd.DataFrame:
    """Return each participant's mean of a column: ``condition, participant_id``, ``by`` and ``value``.

    Parameters
    ----------
    facts : pandas.DataFrame
        As of `decision_facts`.
    column : str
        What is averaged; rows without it do not count.
    *by : str
        Further columns to group by.

    Returns
    -------
    pandas.DataFrame
        One row for each participant and group that has a value.
    """
    keys = ["condition", "participant_id", *by]
    known = facts[facts[column].notna()]
    return known.groupby(keys, observed=True)[column].mean().rename("value").reset_index()


def mean_rows(values: pd.DataFrame, by: list[str], *, alpha: float) -> pd.DataFrame:
    """Return mean, t interval and count of participant values by group.

    Parameters
    ----------
    values : pandas.DataFrame
        With ``value``, one row for each participant and group.
    by : list of str
        Groups.
    alpha : float
        Intervals cover ``1 - alpha``.

    Returns
    -------
    pandas.DataFrame
        ``by``, ``value, low, high, n``; limits are NaN for one participant or values that do not vary.
    """
    import numpy as np
    from scipy import stats

    found = values.groupby(by, observed=True)["value"].agg(["mean", "std", "count"]).reset_index()
    wide = (found["count"] > 1) & (found["std"] > 0)
    reach = (
        stats.t.ppf(1 - alpha / 2, np.maximum(found["count"] - 1, 1)) * found["std"] / np.sqrt(found["count"])
    )
    reach = reach.where(wide)
    return found.assign(
        value=found["mean"], low=found["mean"] - reach, high=found["mean"] + reach, n=found["count"]
    )[[*by, "value", "low", "high", "n"]]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain dictionaries of Python numbers and text."""
    columns = {name: frame[name].tolist() for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
