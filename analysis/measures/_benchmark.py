"""The rational agent of a decision: what it earns without signals, with them, and from what people did."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from analysis.core.selection import DECISION_PROTOCOLS, counted
from analysis.measures._signals import FOLDS, cell_means, cells_of, folds_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

Payoffs = Mapping[str, Mapping[str, float]]
NAN = math.nan


def benchmark_of(
    table: pd.DataFrame,
    *,
    signals: Sequence[str] | None = None,
    payoff: Payoffs | None = None,
    folds: int = FOLDS,
    name: str = "rational_benchmark",
) -> dict[str, float]:
    """Return the rational benchmark of one group of trials; see `analysis.measures.rational_benchmark`.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``participant_id, response, ground_truth`` and the signals.
    signals : sequence of str, optional
        Columns that the agent sees; ``ai_prediction`` and, where it is known, ``ai_confidence`` by default.
    payoff : mapping of str to mapping of str to float, optional
        ``payoff[action][state]``; 1 where they are the same and 0 else by default.
    folds : int
        As of `folds_of`.
    name : str
        For messages.

    Returns
    -------
    dict
        ``baseline, benchmark, behavioural, calibrated``; NaN without trials; ``n`` and ``n_undefined``.

    Raises
    ------
    ValueError
        When a payoff or signal is missing.

    References
    ----------
    .. [1] Wu, Guo, Mamakos, Hartline & Hullman (2024). https://doi.org/10.48550/arXiv.2304.03432

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response": list("abab"), "ai_prediction": list("aabb"), "ground_truth": list("aabb")}
    >>> found = benchmark_of(pd.DataFrame({"participant_id": "p1", **said}), folds=1)
    >>> found["baseline"], found["benchmark"], found["behavioural"]
    (0.5, 1.0, 0.5)
    """
    import numpy as np

    trials = counted(table, protocols=DECISION_PROTOCOLS)
    known = trials[trials["response"].notna() & trials["ground_truth"].notna()]
    count = {"n": len(known), "n_undefined": len(trials) - len(known)}
    if known.empty:
        return {"baseline": NAN, "benchmark": NAN, "behavioural": NAN, "calibrated": NAN, **count}
    worth, actions = payoff_table(known, payoff=payoff, name=name)
    places = {action: place for place, action in enumerate(actions)}
    chosen = np.asarray(known["response"].map(places), dtype=np.int64)
    seen = cells_of(known, signals or default_signals(known, name=name), name=name)
    parts = folds_of(known, folds=folds)
    rows = np.arange(len(known))
    return {
        "baseline": float(worth.mean(axis=0).max()),
        "benchmark": float(worth[rows, best(cell_means(worth, seen, parts))].mean()),
        "behavioural": float(worth[rows, chosen].mean()),
        "calibrated": float(worth[rows, best(cell_means(worth, chosen, parts * 0))].mean()),
        **count,
    }


def payoff_table(
    trials: pd.DataFrame, *, payoff: Payoffs | None, name: str
) -> tuple[npt.NDArray[np.float64], list[str]]:
    """Return what each action would have earned in each trial, and the actions.

    Parameters
    ----------
    trials : pandas.DataFrame
        Columns ``response, ground_truth``, none missing.
    payoff : mapping, optional
        As for `benchmark_of`.
    name : str
        For messages.

    Returns
    -------
    numpy.ndarray of float, shape (n, actions), and list of str
        Actions are those of the payoff, else all labels that occur, sorted.

    Raises
    ------
    ValueError
        Names every pair of action and state without a payoff.

    Examples
    --------
    >>> import pandas as pd
    >>> worth, actions = payoff_table(pd.DataFrame({"response": ["a"], "ground_truth": ["b"]}), payoff=None, name="toy")
    >>> worth.tolist(), actions
    ([[0.0, 1.0]], ['a', 'b'])
    """
    import numpy as np

    states = sorted(set(trials["ground_truth"]))
    actions = sorted(set(trials["response"]) | (set(payoff) if payoff else set(states)))
    if payoff:
        absent = [
            f"{action} in {state}"
            for action in actions
            for state in states
            if state not in payoff.get(action, {})
        ]
        if absent:
            raise ValueError(
                f"The measure '{name}' has no payoff for {', '.join(absent)}. Give payoff[action][state]."
            )
    earned = [
        [float(payoff[action][state]) if payoff else float(action == state) for action in actions]
        for state in states
    ]
    place = {state: at for at, state in enumerate(states)}
    return np.asarray(earned)[np.asarray(trials["ground_truth"].map(place), dtype=np.int64)], actions


def best(expected: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the place of the best action of each trial, the first of equals.

    Parameters
    ----------
    expected : numpy.ndarray of float, shape (n, actions)
        Expected payoffs.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        0 to ``actions - 1``.

    Examples
    --------
    >>> import numpy as np
    >>> best(np.array([[0.2, 0.8], [0.5, 0.5]])).tolist()
    [1, 0]
    """
    # Rounded: equals that differ in the last digit of a sum would be decided by the order of rows.
    found: npt.NDArray[np.int64] = expected.round(12).argmax(axis=1).astype("int64")
    return found


def default_signals(trials: pd.DataFrame, *, name: str) -> list[str]:
    """Return ``ai_prediction`` and, where it is known, ``ai_confidence``.

    Parameters
    ----------
    trials : pandas.DataFrame
        Any trials.
    name : str
        For the message.

    Returns
    -------
    list of str
        Columns.

    Raises
    ------
    ValueError
        When the AI's prediction is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> default_signals(pd.DataFrame({"ai_prediction": ["a"], "ai_confidence": [None]}), name="toy")
    ['ai_prediction']
    """
    if "ai_prediction" not in trials.columns:
        raise ValueError(f"The measure '{name}' needs the column ai_prediction, or signals=[...] of its own.")
    sure = "ai_confidence" in trials.columns and bool(trials["ai_confidence"].notna().any())
    return ["ai_prediction", "ai_confidence"] if sure else ["ai_prediction"]
