"""Mixed models on studies whose truth is known: false alarms and coverage as promised.

`python -m pytest -m long tests/analysis/test_glmm_known_truth.py`, about 120 s of one processor. Measured on 1,000
studies of 60 people and 24 cases: false alarms 4.6 % (condition within people, normal test) and 4.9 % (between, t with
people - 2); 95 % intervals of the coefficient hold 94.3 % of the time. Normal intervals of the marginal difference hold
93.5 %, since 24 cases are few; with df = cases - 1 they hold 94.4 % (coefficient 95.3 %).
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from analysis import fit_glmm

PEOPLE, CASES, STUDIES = 60, 24, 1000
LEVEL, SD_PERSON, SD_CASE, EFFECT = 0.6, 0.7, 0.9, 0.5


def study(rng: np.random.Generator, *, effect: float, within: bool) -> pd.DataFrame:
    p, k = np.repeat(np.arange(PEOPLE), CASES), np.tile(np.arange(CASES), PEOPLE)
    c = (p + k) % 2 if within else p % 2
    person, case = SD_PERSON * rng.normal(size=PEOPLE), SD_CASE * rng.normal(size=CASES)
    chance = special.expit(LEVEL + effect * c + person[p] + case[k])
    return pd.DataFrame({"p": p, "k": k, "c": c, "y": (rng.random(len(p)) < chance).astype(int)})


def true_difference() -> float:
    """Return the difference of marginal risks, by plain summation."""
    sd = math.hypot(SD_PERSON, SD_CASE)
    grid, step = np.linspace(-8 * sd, 8 * sd, 20_001, retstep=True)
    gain = special.expit(LEVEL + EFFECT + grid) - special.expit(LEVEL + grid)
    return float((gain * stats.norm.pdf(grid, scale=sd)).sum() * step)


def found(*, effect: float, within: bool, start: int, df: float) -> pd.DataFrame:
    rows = []
    for seed in range(start, start + STUDIES):
        trials = study(np.random.default_rng(seed), effect=effect, within=within)
        fit = fit_glmm("y ~ c", trials, random={"p": "1", "k": "1"}, df=df)
        row = fit.coefficients.loc["c"].to_dict()
        marginal = fit.marginal_differences("c").iloc[0]
        rows.append(row | {"low": marginal["ci_low"], "high": marginal["ci_high"]})
    return pd.DataFrame(rows)


@pytest.mark.long
@pytest.mark.parametrize("within", [True, False], ids=["within", "between"])
def test_false_alarms_are_as_rare_as_promised(within: bool) -> None:
    df = math.inf if within else PEOPLE - 2.0
    rate = (found(effect=0.0, within=within, start=1000, df=df)["p_value"] < 0.05).mean()
    assert 0.036 <= rate <= 0.064


@pytest.mark.long
@pytest.mark.parametrize("within", [True, False], ids=["within", "between"])
def test_intervals_hold_the_truth_as_often_as_promised(within: bool) -> None:
    df = CASES - 1.0 if within else PEOPLE - 2.0
    studies = found(effect=EFFECT, within=within, start=5000, df=df)
    coefficient = studies["ci_low"].le(EFFECT) & studies["ci_high"].ge(EFFECT)
    marginal = studies["low"].le(true_difference()) & studies["high"].ge(true_difference())
    assert 0.936 <= coefficient.mean() <= 0.964
    assert 0.936 <= marginal.mean() <= 0.964
