"""The ceiling: the most that people and this AI could reach together on these cases, before anybody is recruited."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

NO_ROOM = 0.01


@dataclass(frozen=True)
class Ceiling:
    """What a case set allows.

    Attributes
    ----------
    cases : int
        Cases with truth and advice.
    ai_accuracy, human_accuracy : float
        Share right: of the AI on these cases, of people alone as assumed.
    baseline : float
        The better of the two alone.
    benchmark : float
        Of a rational agent who sees the signal (the AI's confidence) and follows whoever is then more often right.
    oracle : float
        Of one who always follows the one who is right: no explanation can do better with these two.
    potential : float
        ``benchmark - baseline``: room for complementarity that the signal alone opens.
    cells : tuple of (str, int, float, float)
        Value of the signal, cases, accuracy of the AI and of people there.
    sentence : str
        What follows for the study.
    """

    cases: int
    ai_accuracy: float
    human_accuracy: float
    baseline: float
    benchmark: float
    oracle: float
    potential: float
    cells: tuple[tuple[str, int, float, float], ...]
    sentence: str


def ceiling(
    table: pd.DataFrame,
    *,
    human_accuracy: float | str = 0.7,
    bins: int = 4,
    smallest_effect: float | None = None,
) -> Ceiling:
    """Compute what people with this AI could reach on a case set.

    With signal v, the AI right with probability ``a_v`` and people alone with ``h_v``:
    ``R0 = max(a, h)``, ``R_V = sum_v P(v) max(a_v, h_v)``, potential ``R_V - R0``. With both errors independent
    within a case, ``oracle = mean of 1 - (1 - a_i)(1 - h_i)``.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each case: ``ground_truth``, ``ai_prediction`` and, when there is one, ``ai_confidence`` (0 to 1).
    human_accuracy : float or str
        Of people alone, 0 to 1; or the name of a column that holds it for each case (of a pilot).
    bins : int
        Confidence is cut into so many groups of equal size, at least 1. Few: within a small group chance is taken
        for knowledge, which makes the benchmark too high.
    smallest_effect : float, optional
        Of the plan; the potential is compared with it.

    Returns
    -------
    Ceiling
        Of these cases.

    Raises
    ------
    ValueError
        When a column is absent, a value is missing, or accuracy is no share.

    Notes
    -----
    The room within a group of equal confidence stays unseen here: people may use what they see in the case. With
    a pilot whose participants answered alone and with advice, `pilot_ceiling` takes their signals into account.

    References
    ----------
    .. [1] Guo, Wu, Hartline & Hullman (2024). A decision theoretic framework for measuring AI reliance. FAccT '24.
       https://doi.org/10.1145/3630106.3658901

    Examples
    --------
    >>> import pandas as pd
    >>> cases = pd.DataFrame({"ground_truth": ["b"] * 8, "ai_prediction": ["b"] * 5 + ["m", "m", "b"],
    ...                       "ai_confidence": [0.9] * 4 + [0.6] * 4})
    >>> found = ceiling(cases, human_accuracy=0.7, bins=2)
    >>> found.baseline, round(found.benchmark, 4), round(found.potential, 4)
    (0.75, 0.85, 0.1)
    """
    import numpy as np

    faults = _faults(table, human_accuracy=human_accuracy, bins=bins)
    if faults:
        raise ValueError("\n".join(faults))
    right = (table["ai_prediction"].astype(str) == table["ground_truth"].astype(str)).to_numpy(dtype=float)
    alone = (
        table[human_accuracy].to_numpy(dtype=float)
        if isinstance(human_accuracy, str)
        else np.full(len(table), float(human_accuracy))
    )
    cells = []
    benchmark = 0.0
    for label, mask in _groups(table, bins=bins):
        size, ai, human = int(mask.sum()), float(right[mask].mean()), float(alone[mask].mean())
        cells.append((label, size, ai, human))
        benchmark += size / len(table) * max(ai, human)
    ai, human = math.fsum(right) / len(table), math.fsum(alone) / len(table)
    base = max(ai, human)
    found = benchmark - base
    return Ceiling(
        cases=len(table),
        ai_accuracy=ai,
        human_accuracy=human,
        baseline=base,
        benchmark=benchmark,
        oracle=math.fsum(1 - (1 - right) * (1 - alone)) / len(table),
        potential=found,
        cells=tuple(cells),
        sentence=_sentence(found, base=base, ai_is_better=ai >= human, smallest_effect=smallest_effect),
    )


def pilot_ceiling(trials: pd.DataFrame, **options: Any) -> pd.DataFrame:
    """Compute from a pilot what its people with this AI could have reached, with the signals that were recorded.

    ``R_V - R0`` of the measure ``reliance_loss``: an ideal agent follows the person's own decision or the AI's advice,
    whichever is more often right given the signals; expectations are taken over other participants.

    Parameters
    ----------
    trials : pandas.DataFrame
        Rows of ``trials`` of a two-stage pilot: own decision first, then with advice.
    **options
        As for the measure ``reliance_loss``: ``signals``, ``payoff``, ``folds``.

    Returns
    -------
    pandas.DataFrame
        By condition: ``baseline`` (R0), ``benchmark`` (R_V), ``potential``, ``n``, and ``room``: whether the
        potential is worth looking for (0.01 or more). Missing where it is not defined.

    Raises
    ------
    ValueError
        When the pilot lacks the columns.

    References
    ----------
    .. [1] Guo, Wu, Hartline & Hullman (2024). https://doi.org/10.1145/3630106.3658901
    """
    from analysis.measures import tabulations

    found = tabulations.get("reliance_loss").compute(trials, **options).reset_index()
    table: pd.DataFrame = found[["condition", "baseline", "benchmark", "potential", "n"]].copy()
    return table.assign(room=(table["potential"] >= NO_ROOM).where(table["potential"].notna()))


def _groups(table: pd.DataFrame, *, bins: int) -> list[tuple[str, pd.Series[bool]]]:
    import pandas as pd

    if "ai_confidence" not in table.columns:
        return [("all cases", pd.Series(True, index=table.index))]
    confidence = table["ai_confidence"].astype(float)
    # Ranks, so that groups are of equal size; equal confidences stay together.
    place = (confidence.rank(method="average", pct=True) * bins - 1e-9).astype(int).clip(0, bins - 1)
    return [
        (
            f"confidence {confidence[place == one].min():.2f} to {confidence[place == one].max():.2f}",
            place == one,
        )
        for one in sorted(place.unique())
    ]


def _sentence(potential: float, *, base: float, ai_is_better: bool, smallest_effect: float | None) -> str:
    better = "the AI alone is" if ai_is_better else "people alone are"
    if potential < NO_ROOM:
        return (
            f"On these cases {better} right as often ({base:.0%}) as a rational reader of the AI's confidence would "
            "be: this study can hardly show complementarity, whatever the explanation does. Choose cases on which "
            "people and the AI err differently, or ask another question (accuracy against the AI without explanation, "
            "reliance, time)."
        )
    points = f"{100 * potential:.1f} points"
    room = f"On these cases {better} right in {base:.0%}; a rational reader of the AI's confidence gains {points}"
    if smallest_effect is not None and potential < smallest_effect:
        return (
            f"{room}, less than the smallest effect of interest ({100 * smallest_effect:.1f}): the explanation would "
            "have to bring knowledge that is in neither, or the study cannot find it."
        )
    return f"{room}: there is room for complementarity."


def _faults(table: pd.DataFrame, *, human_accuracy: float | str, bins: int) -> list[str]:
    needed = ["ground_truth", "ai_prediction", *([human_accuracy] if isinstance(human_accuracy, str) else [])]
    found = [f"The table of cases has no column {name}." for name in needed if name not in table.columns]
    if bins < 1 or not len(table):
        found.append(f"bins must be at least 1 and there must be cases, got {bins} and {len(table)}.")
    for name in [*needed, "ai_confidence"]:
        if name in table.columns and table[name].isna().any():
            found.append(f"{int(table[name].isna().sum())} case(s) have no {name}.")
    if not isinstance(human_accuracy, str) and not 0 <= human_accuracy <= 1:
        found.append(f"human_accuracy must be a share from 0 to 1, got {human_accuracy}.")
    elif human_accuracy in table.columns and not table[human_accuracy].between(0, 1).all():
        found.append(f"{human_accuracy} must hold shares from 0 to 1.")
    return found
