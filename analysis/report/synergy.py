"""Synergy: people with the AI against the AI alone, on the same cases; participants and cases are resampled."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from analysis.report.pairing import compared
from analysis.report.trialfacts import person_means

if TYPE_CHECKING:
    import pandas as pd

RESAMPLES = 1_000
_CHUNK = 100


def team_against_parts(
    facts: pd.DataFrame,
    *,
    conditions: tuple[str, ...],
    unaided: str | None,
    cases: Literal["random", "fixed"],
    alpha: float,
    seed: int,
) -> list[dict[str, Any]]:
    """Compare each condition with the AI alone (synergy) and with the unaided condition (augmentation).

    Synergy is the mean over participants of ``correct - ai_correct`` over their trials: the AI is judged on the very
    cases that each participant saw.

    Parameters
    ----------
    facts : pandas.DataFrame
        As of `analysis.report.trialfacts.decision_facts`.
    conditions : tuple of str
        In their order.
    unaided : str or None
        Condition without advice.
    cases : {"random", "fixed"}
        Random: cases are resampled too, so that the AI's accuracy is uncertain as well. Fixed: these cases only.
    alpha : float
        Intervals cover ``1 - alpha`` (percentiles of the bootstrap; a t test for augmentation).
    seed : int
        Of the bootstrap.

    Returns
    -------
    list of dict
        ``condition, team, ai, synergy`` (``value, low, high, p``: one-sided, that the team is not better),
        ``augmentation`` (the same, None without an unaided condition), ``p_complementary`` (the larger of the two:
        intersection-union) and ``complementary``. Empty where the AI's decisions are not known.

    References
    ----------
    .. [1] Owen (2007). The pigeonhole bootstrap. Ann. Appl. Stat. 1, 386-411. https://doi.org/10.1214/07-AOAS122
    """
    known = facts[facts["correct"].notna() & facts["ai_correct"].notna()]
    found = []
    for at, name in enumerate(conditions):
        mine = known[known["condition"] == name]
        if name == unaided or mine["participant_id"].nunique() < 2:
            continue
        synergy = _synergy(mine, cases=cases, alpha=alpha, seed=seed + at)
        augmentation = _augmentation(known, name, unaided, alpha=alpha) if unaided else None
        both = [one["p"] for one in (synergy, augmentation) if one]
        p = max(both) if len(both) == 2 and not any(math.isnan(one) for one in both) else math.nan
        found.append(
            {
                "condition": name,
                "team": float(person_means(mine, "correct")["value"].mean()),
                "ai": float(person_means(mine, "ai_correct")["value"].mean()),
                "n": int(mine["participant_id"].nunique()),
                "n_cases": int(mine["case_id"].nunique()),
                "synergy": synergy,
                "augmentation": augmentation,
                "p_complementary": p,
                "complementary": bool(p < alpha) if not math.isnan(p) else None,
            }
        )
    return found


def _augmentation(known: pd.DataFrame, name: str, unaided: str, *, alpha: float) -> dict[str, float]:
    values = person_means(known, "correct")
    found = compared(values, names=(name, unaided), direction="greater", level=1 - alpha)
    sides = ("value", "low", "high", "p")
    return dict.fromkeys(sides, math.nan) if found["undefined"] else {side: found[side] for side in sides}


def _synergy(
    mine: pd.DataFrame, *, cases: Literal["random", "fixed"], alpha: float, seed: int
) -> dict[str, float]:
    import numpy as np

    value = float((mine["correct"] - mine["ai_correct"]).groupby(mine["participant_id"]).mean().mean())
    drawn = resampled(mine, cases=cases, seed=seed)
    drawn = drawn[~np.isnan(drawn)]
    low, high = np.quantile(drawn, [alpha / 2, 1 - alpha / 2])
    p = (1 + int((drawn <= 0).sum())) / (len(drawn) + 1)
    return {"value": value, "low": float(low), "high": float(high), "p": p}


def resampled(mine: pd.DataFrame, *, cases: Literal["random", "fixed"], seed: int) -> Any:
    """Draw the mean of ``correct - ai_correct`` anew with other participants and, if random, other cases.

    Parameters
    ----------
    mine : pandas.DataFrame
        Trials of one condition: ``participant_id, case_id, correct, ai_correct``.
    cases : {"random", "fixed"}
        See `team_against_parts`.
    seed : int
        Of the generator (PCG64).

    Returns
    -------
    numpy.ndarray, shape (1000,)
        One mean for each resample.
    """
    import numpy as np
    import pandas as pd
    from scipy import sparse

    person, people = pd.factorize(mine["participant_id"], sort=True)
    case, names = pd.factorize(mine["case_id"], sort=True)
    shape = (len(people), len(names))
    gain = (mine["correct"] - mine["ai_correct"]).to_numpy()
    gains = sparse.csr_matrix((gain, (person, case)), shape=shape)
    counts = sparse.csr_matrix((np.ones(len(mine)), (person, case)), shape=shape)
    generator = np.random.Generator(np.random.PCG64(seed))
    found = []
    for _ in range(0, RESAMPLES, _CHUNK):
        weights = _weights(shape[1], generator) if cases == "random" else np.ones((shape[1], _CHUNK))
        totals: Any = counts @ weights
        means = np.divide(gains @ weights, totals, out=np.zeros_like(totals), where=totals > 0)
        chosen = _weights(shape[0], generator) * (totals > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append((means * chosen).sum(axis=0) / chosen.sum(axis=0))
    return np.concatenate(found)


def _weights(size: int, generator: Any) -> Any:
    return generator.multinomial(size, [1 / size] * size, size=_CHUNK).T.astype(float)
