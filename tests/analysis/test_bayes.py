"""The Bayesian extra: what needs no bambi is always tested, the model itself where bambi is installed."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.core.estimate import CannotEstimateError
from analysis.estimators._bayes_draws import split_rhat
from analysis.estimators.bayes import Bayes, fit_bayes

has_bambi = pytest.mark.skipif(
    importlib.util.find_spec("bambi") is None, reason="bambi is not installed: pip install 'assay[bayes]'"
)


def trials(seed: int = 1, *, effect: float = 0.8, people: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame([(p, k) for p in range(people) for k in range(20)], columns=["p", "k"])
    rows["c"] = np.where(rows["p"] % 2, "b", "a")
    eta = (
        0.3
        + effect * (rows["c"] == "b")
        + rng.normal(0, 0.5, people)[rows["p"]]
        + rng.normal(0, 0.8, 20)[rows["k"]]
    )
    rows["y"] = (rng.random(len(rows)) < 1 / (1 + np.exp(-eta))).astype(int)
    return rows.assign(p=rows["p"].map("p{}".format), k=rows["k"].map("k{}".format))


RANDOM = {"p": "1", "k": "1"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"family": "gamma"}, "family must be one of"),
        ({"link": "cloglog"}, "link must be one of logit, probit"),
        ({"rope": (0.1, -0.1)}, "rope must rise"),
        ({"prior_sd": 0.0}, "prior_sd must be above 0"),
    ],
)
def test_arguments_that_cannot_be_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fit_bayes("y ~ c", trials(), random=RANDOM, **changes)


def test_missing_columns_and_an_outcome_that_does_not_vary_are_refused() -> None:
    with pytest.raises(CannotEstimateError, match="d, which are not there"):
        fit_bayes("y ~ d", trials(), random=RANDOM)
    with pytest.raises(CannotEstimateError, match="y does not vary"):
        fit_bayes("y ~ c", trials().assign(y=1), random=RANDOM)


@pytest.mark.skipif(importlib.util.find_spec("bambi") is not None, reason="bambi is installed")
def test_without_bambi_it_says_what_to_install() -> None:
    with pytest.raises(CannotEstimateError, match=r"assay\[bayes\]"):
        fit_bayes("y ~ c", trials(), random=RANDOM)


def test_chains_that_lie_apart_have_a_large_rhat() -> None:
    rng = np.random.default_rng(2)
    chains = rng.normal(size=(4, 500))
    assert split_rhat(chains) == pytest.approx(1.0, abs=0.01)
    chains[0] += 1
    halves = np.concatenate([chains[:, :250], chains[:, 250:]])
    within, means = halves.var(axis=1, ddof=1).mean(), halves.mean(axis=1)
    expected = np.sqrt((249 / 250 * within + means.var(ddof=1)) / within)
    assert split_rhat(chains) == pytest.approx(expected)
    assert expected > 1.05
    assert np.isnan(split_rhat(np.ones((2, 10))))


@has_bambi
@pytest.mark.long
def test_with_much_data_it_is_the_maximum_of_the_likelihood() -> None:
    from analysis import fit_glmm

    rows = trials(3, people=120)
    found = fit_bayes("y ~ c", rows, random=RANDOM, draws=2000, rope=(-0.1, 0.1), sensitivity=False)
    referee = fit_glmm("y ~ c", rows, random=RANDOM).coefficients
    row, other = found.coefficients.loc["c[b]"], referee.loc["c[T.b]"]
    assert found.converged
    assert row["mean"] == pytest.approx(other["estimate"], abs=0.06)
    assert row["sd"] == pytest.approx(other["std_error"], rel=0.2)
    assert row["p_positive"] > 0.99
    assert row["in_rope"] < 0.01
    assert Bayes.estimate(found, "c[b]").value == row["mean"]


@has_bambi
@pytest.mark.long
def test_a_prior_that_decides_is_named() -> None:
    few = trials(5, effect=0.6, people=6)
    found = fit_bayes(
        "y ~ c", few[few["k"].isin(["k0", "k1", "k2"])], random=RANDOM, draws=400, tune=400, chains=2
    )
    means = found.sensitivity["mean"].xs("c[b]", level="term")
    assert abs(means[0.5]) < abs(means[2.0])  # a narrow prior draws the effect towards 0


@has_bambi
@pytest.mark.long
def test_a_posterior_of_two_numbers_is_that_of_a_sum_over_a_grid() -> None:
    rows = trials(7, effect=0.5, people=4)
    found = fit_bayes("y ~ c", rows, random={}, draws=2000, prior_sd=0.5, rope=(-0.2, 0.2), sensitivity=False)
    x, y = (rows["c"] == "b").to_numpy(dtype=float), rows["y"].to_numpy()
    a, b = np.meshgrid(np.linspace(-3, 3, 401), np.linspace(-2, 2, 401), indexing="ij")
    eta = a[..., None] + b[..., None] * (
        x - x.mean()
    )  # the intercept's prior is at the mean of the predictors
    log = (y * eta - np.logaddexp(0, eta)).sum(axis=-1) - a**2 / (2 * 2.5**2) - b**2 / (2 * 0.5**2)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    mean = (weight * b).sum()
    row = found.coefficients.loc["c[b]"]
    assert found.converged
    assert row["mean"] == pytest.approx(mean, abs=0.02)
    assert row["sd"] == pytest.approx(np.sqrt((weight * (b - mean) ** 2).sum()), rel=0.05)
    assert row["p_positive"] == pytest.approx(weight[b > 0].sum(), abs=0.02)
    assert row["in_rope"] == pytest.approx(weight[abs(b) < 0.2].sum(), abs=0.03)
