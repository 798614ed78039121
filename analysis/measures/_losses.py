"""Losses of reliance: a rational agent who may follow the AI or the own decision, and people beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.core.selection import TWO_STAGE_PROTOCOLS, counted, same, truths
from analysis.measures._signals import cell_means, cells_of, folds_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_NEEDED = ("response_initial", "ai_prediction", "response")
_RIGHT = ("correct_initial", "ai_correct", "correct")
_SCORES = ("score_initial", "score_ai", "score")
_RESULTS = (
    "baseline",
    "benchmark",
    "potential",
    "reliance",
    "mis_reliant",
    "behavioural",
    "reliance_loss",
    "discrimination_loss",
    "reliance_loss_share",
    "discrimination_loss_share",
    "other_loss",
)


def losses_of(
    table: pd.DataFrame, *, signals: Sequence[str] | None, folds: int, scores: bool, name: str
) -> dict[str, float]:
    """Return benchmark and losses of one group of trials; see `analysis.measures.reliance_loss`.

    Parameters
    ----------
    table : pandas.DataFrame
        Two-stage trials.
    signals : sequence of str or None
        Columns that the agent sees.
    folds : int
        As of `analysis.measures._signals.folds_of`.
    scores : bool
        Take payoffs from the columns of scores.
    name : str
        For messages.

    Returns
    -------
    dict
        The columns of the tabulation; NaN where they are not defined.

    Raises
    ------
    ValueError
        When a column of scores or a signal is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response_initial": ["a", "a"], "ai_prediction": ["b", "b"], "response": ["b", "a"]}
    >>> right = {"correct_initial": [False, True], "ai_correct": [True, False], "correct": [True, True]}
    >>> found = losses_of(pd.DataFrame({"participant_id": "p1", **said, **right}), signals=None, folds=1,
    ...                   scores=False, name="toy")
    >>> found["benchmark"], found["mis_reliant"], found["behavioural"], found["discrimination_loss"]
    (0.5, 0.5, 1.0, -0.5)
    """
    import numpy as np

    trials = counted(table, protocols=TWO_STAGE_PROTOCOLS)
    own, ai, final = _payoffs(trials, scores=scores, name=name)
    known = trials[list(_NEEDED)].notna().all(axis=1) & own.notna() & ai.notna() & final.notna()
    trials = trials[known]
    count = {"n": len(trials), "n_undefined": int((~known).sum())}
    if trials.empty:
        return dict.fromkeys(_RESULTS, math.nan) | count
    s_own, s_ai, s_final = (np.asarray(part[known], dtype=np.float64) for part in (own, ai, final))
    apart = ~same(trials["response_initial"], trials["ai_prediction"]).to_numpy()
    follows = same(trials["response"], trials["ai_prediction"]).to_numpy()
    cells = cells_of(trials, signals or _default_signals(trials), name=name)
    gain = cell_means(s_ai - s_own, cells, folds_of(trials, folds=folds)).round(12)
    benchmark = float(np.where(gain > 0, s_ai, s_own).mean())
    baseline = max(float(s_own.mean()), float(s_ai.mean()))
    reliance = float(follows[apart].mean()) if apart.any() else math.nan
    forced = _forced(s_own, s_ai, gain, apart, reliance)
    restricted = float(np.where(apart & follows, s_ai, s_own).mean())
    losses = {"reliance_loss": benchmark - forced, "discrimination_loss": forced - restricted}
    potential = benchmark - baseline
    shares = {
        f"{key}_share": loss / potential if potential > 1e-12 else math.nan for key, loss in losses.items()
    }
    return {
        "baseline": baseline,
        "benchmark": benchmark,
        "potential": potential,
        "reliance": reliance,
        "mis_reliant": forced,
        "behavioural": restricted,
        **losses,
        **shares,
        "other_loss": restricted - float(s_final.mean()),
        **count,
    }


def _forced(
    own: npt.NDArray[np.float64],
    ai: npt.NDArray[np.float64],
    gain: npt.NDArray[np.float64],
    apart: npt.NDArray[np.bool_],
    reliance: float,
) -> float:
    """Return the payoff of following the AI in the share of disagreements with the highest expected gain."""
    import numpy as np

    if math.isnan(reliance):
        return math.nan
    left = reliance * int(apart.sum())
    earned = own.copy()
    for level in sorted(set(gain[apart].tolist()), reverse=True):
        tied = apart & (gain == level)
        # Equals share what is left alike, so that the order of rows decides nothing.
        part = min(1.0, left / int(tied.sum()))
        earned[tied] = part * ai[tied] + (1 - part) * own[tied]
        left -= part * int(tied.sum())
        if left <= 1e-9:
            break
    return float(np.sort(earned).mean())


def _payoffs(
    trials: pd.DataFrame, *, scores: bool, name: str
) -> tuple[pd.Series[float], pd.Series[float], pd.Series[float]]:
    names = _SCORES if scores else _RIGHT
    absent = [column for column in names if column not in trials.columns]
    if absent:
        raise ValueError(
            f"The measure '{name}' needs the column(s) {', '.join(absent)}, which are not there."
        )
    own, ai, final = (trials[column].astype(float) if scores else truths(trials[column]) for column in names)
    return own, ai, final


def _default_signals(trials: pd.DataFrame) -> list[str]:
    sure = [
        name
        for name in ("ai_confidence", "confidence_initial")
        if name in trials.columns and bool(trials[name].notna().any())
    ]
    return ["response_initial", "ai_prediction", *sure]
