"""Reweighted benefit: what the difference would be at another accuracy of the AI or another prevalence.

A study enriches the AI's errors, so that its difference in accuracy belongs to that mixture of trials and to no
other. Within AI-right and AI-wrong trials (or positive and negative cases) the difference does not depend on the
mixture, so the mixture can be put in afterwards.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.core.plan import Contrast
from analysis.report.trialfacts import person_means

if TYPE_CHECKING:
    import pandas as pd

KINDS = {"ai_correct": "accuracy of the AI", "positive": "share of positive cases"}
_GRID = 41
_FINE = 2001


def reweighted_benefit(
    facts: pd.DataFrame, *, contrasts: tuple[Contrast, ...], alpha: float
) -> list[dict[str, Any]]:
    """Return the difference in accuracy as a function of the mixture of trials.

    ``B(q) = q (T1 - C1) + (1 - q) (T0 - C0)`` with participant means on trials of kind 1 (the AI is right; the case is
    positive) and kind 0.

    Parameters
    ----------
    facts : pandas.DataFrame
        As of `analysis.report.trialfacts.decision_facts`.
    contrasts : tuple of Contrast
        Treatment and control.
    alpha : float
        Of the intervals, pointwise.

    Returns
    -------
    list of dict
        For each contrast and kind: ``curve`` (rows ``at, value, low, high``), ``observed`` (mixture of the study),
        ``when_one`` and ``when_zero`` (the two differences), ``break_even`` (NaN outside 0 to 1) and
        ``break_even_low, break_even_high``: the mixtures at which the interval holds 0. ``undefined``: None or a
        sentence.

    Notes
    -----
    Participants need trials of both kinds. The interval at each mixture is that of the t test on the mixed participant
    value, paired where the same participants met both conditions.
    """
    return [_benefit(facts, kind, contrast, alpha=alpha) for contrast in contrasts for kind in KINDS]


def _benefit(facts: pd.DataFrame, kind: str, contrast: Contrast, *, alpha: float) -> dict[str, Any]:
    import numpy as np

    told: dict[str, Any] = {
        "kind": kind,
        "label": KINDS[kind],
        "treatment": contrast.treatment,
        "control": contrast.control,
    }
    names = (contrast.treatment, contrast.control)
    known = facts[facts[kind].notna() & facts["correct"].notna() & facts["condition"].isin(names)]
    if known[kind].nunique() < 2:
        return {
            **told,
            "undefined": f"The study has only one kind of trial by {KINDS[kind]}, or does not say.",
        }
    pairs = person_means(known, "correct", kind).pivot_table(
        index=["condition", "participant_id"], columns=kind, values="value", observed=True
    )
    pairs = pairs.dropna()
    arms = pairs.index.get_level_values("condition")
    frames = [pairs[arms == name][[1.0, 0.0]].droplevel("condition") for name in names]
    both = frames[0].index.intersection(frames[1].index)
    paired = len(both) > 0
    sides = [(frame.loc[both] if paired else frame).to_numpy() for frame in frames]
    if min(len(side) for side in sides) < 2:
        return {
            **told,
            "undefined": "Fewer than two participants of a condition judged trials of both kinds.",
        }
    grid = np.linspace(0, 1, _GRID)
    curve = mixture(sides[0], sides[1], grid, alpha=alpha, paired=paired)
    gains = sides[0].mean(axis=0) - sides[1].mean(axis=0)
    fine = np.linspace(0, 1, _FINE)
    _, low, high = mixture(sides[0], sides[1], fine, alpha=alpha, paired=paired)
    open_at = fine[(low <= 0) & (high >= 0)]
    return {
        **told,
        "undefined": None,
        "n": {name: len(side) for name, side in zip(names, sides, strict=True)},
        "when_one": float(gains[0]),
        "when_zero": float(gains[1]),
        "observed": float(known[kind].mean()),
        "break_even": _break_even(float(gains[0]), float(gains[1])),
        "break_even_low": float(open_at.min()) if len(open_at) else math.nan,
        "break_even_high": float(open_at.max()) if len(open_at) else math.nan,
        "curve": [
            {"at": float(at), "value": float(value), "low": float(under), "high": float(over)}
            for at, value, under, over in zip(grid, *curve, strict=True)
        ],
    }


def mixture(
    treatment: Any, control: Any, at: Any, *, alpha: float, paired: bool = False
) -> tuple[Any, Any, Any]:
    """Return the mixed difference and its Welch interval (paired: that of the differences) at each mixture.

    Parameters
    ----------
    treatment, control : numpy.ndarray, shape (n, 2)
        Participants' means on trials of kind 1 and kind 0.
    at : numpy.ndarray, shape (k,)
        Shares of kind 1.
    alpha : float
        Of the interval.
    paired : bool
        Whether rows of both are the same participants.

    Returns
    -------
    tuple of numpy.ndarray, each of shape (k,)
        Value, lower and upper limit.

    Examples
    --------
    >>> import numpy as np
    >>> one, other = np.array([[1.0, 0.2], [0.8, 0.4]]), np.array([[0.7, 0.5], [0.9, 0.7]])
    >>> mixture(one, other, np.array([0.0, 0.5, 1.0]), alpha=0.05)[0].round(6).tolist()
    [-0.3, -0.1, 0.1]
    """
    import numpy as np
    from scipy import stats

    weights = np.column_stack([at, 1 - np.asarray(at)])
    value = weights @ (treatment.mean(axis=0) - control.mean(axis=0))
    if paired:
        n = len(treatment)
        spread = np.einsum("ki,ij,kj->k", weights, np.cov((treatment - control).T), weights) / n
        reach = stats.t.ppf(1 - alpha / 2, n - 1) * np.sqrt(spread)
        return value, value - reach, value + reach
    errors = [
        np.einsum("ki,ij,kj->k", weights, np.cov(side.T), weights) / len(side)
        for side in (treatment, control)
    ]
    total = errors[0] + errors[1]
    below = errors[0] ** 2 / (len(treatment) - 1) + errors[1] ** 2 / (len(control) - 1)
    df = np.where(total > 0, total**2 / np.where(below > 0, below, 1), 1.0)
    reach = stats.t.ppf(1 - alpha / 2, np.maximum(df, 1e-9)) * np.sqrt(total)
    return value, value - reach, value + reach


def _break_even(when_one: float, when_zero: float) -> float:
    if when_one == when_zero:
        return math.nan
    found = when_zero / (when_zero - when_one)
    return found if 0 <= found <= 1 else math.nan
