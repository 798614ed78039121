"""What the numbers stand on: the AI's accuracy by condition, explanations seen, trials missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.core.columns import TRIAL_STATUS
from analysis.core.selection import DECISION_PROTOCOLS, counted, is_true
from analysis.report.sample import Sample

if TYPE_CHECKING:
    import pandas as pd


def ai_accuracy(sample: Sample) -> list[dict[str, Any]]:
    """Return the share of decision trials in which the AI was right, by condition.

    Parameters
    ----------
    sample : Sample
        Who is analysed.

    Returns
    -------
    list of dict
        ``condition, value, n_trials``; conditions can only be compared when these are alike.
    """
    found = []
    for name, trials in _by_condition(sample):
        known = trials["ai_correct"].dropna() if "ai_correct" in trials.columns else trials.iloc[:0, 0]
        value = float(known.astype(bool).mean()) if len(known) else math.nan
        found.append({"condition": name, "value": value, "n_trials": len(known)})
    return found


def explanation_seen(sample: Sample) -> list[dict[str, Any]]:
    """Return how long explanations could be seen, by condition: the check that the treatment happened.

    Parameters
    ----------
    sample : Sample
        Who is analysed.

    Returns
    -------
    list of dict
        For each condition: ``n_trials`` with an explanation, share of them with visible time above 0
        (``seen``), and the median over participants of their median visible time (``median_ms``).
    """
    found = []
    for name, trials in _by_condition(sample):
        shown = trials[_has_explanation(trials)]
        row: dict[str, Any] = {
            "condition": name,
            "n_trials": len(shown),
            "seen": math.nan,
            "median_ms": math.nan,
        }
        if len(shown) and "explanation_visible_ms" in shown.columns:
            times = shown["explanation_visible_ms"].astype(float)
            row["seen"] = float((times > 0).mean())
            row["median_ms"] = float(times.groupby(shown["participant_id"]).median().median())
        found.append(row)
    return found


def trial_status(sample: Sample) -> list[dict[str, Any]]:
    """Count scheduled trials by what became of them, by condition; practice and checks apart.

    Parameters
    ----------
    sample : Sample
        Who is analysed.

    Returns
    -------
    list of dict
        ``condition``, one count for each status, ``practice``, ``attention_check``.
    """
    found = []
    for name in sample.conditions:
        trials = _of(sample, name)
        practice, check = is_true(trials, "is_practice"), is_true(trials, "is_attention_check")
        real = trials[~practice & ~check]
        counts = real["status"].value_counts() if "status" in real.columns else {"answered": len(real)}
        row = {status: int(counts.get(status, 0)) for status in TRIAL_STATUS}
        found.append(
            {"condition": name, **row, "practice": int(practice.sum()), "attention_check": int(check.sum())}
        )
    return found


def unaided_condition(sample: Sample) -> str | None:
    """Return the one condition in which nobody saw advice or an explanation, if there is exactly one.

    Parameters
    ----------
    sample : Sample
        Who is analysed.

    Returns
    -------
    str or None
        Name of the condition.
    """
    if "advice_source" not in sample.trials.columns:
        return None
    found = [
        name
        for name, trials in _by_condition(sample)
        if len(trials)
        and bool((trials["advice_source"] == "none").all())
        and not _has_explanation(trials).any()
    ]
    return found[0] if len(found) == 1 else None


def _by_condition(sample: Sample) -> list[tuple[str, pd.DataFrame]]:
    return [(name, counted(_of(sample, name), protocols=DECISION_PROTOCOLS)) for name in sample.conditions]


def _of(sample: Sample, condition: str) -> pd.DataFrame:
    if sample.is_within:
        return sample.trials[(sample.trials["condition"] == condition).fillna(False).astype(bool)]
    ids = sample.people["participant_id"][sample.people["condition"] == condition]
    return sample.trials[sample.trials["participant_id"].isin(ids)]


def _has_explanation(trials: pd.DataFrame) -> pd.Series[bool]:
    import pandas as pd

    if "explanations" not in trials.columns:
        return pd.Series(False, index=trials.index)
    return trials["explanations"].notna() & (trials["explanations"].astype(object) != "")
