"""What is asked of a fitted mixed model: likelihood ratios, profiles, the bootstrap, marginal differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import optimize, special, stats

from analysis import fit_glmm
from analysis.core.estimate import CannotEstimateError
from analysis.estimators._glmm_families import family_of
from analysis.estimators._glmm_marginal import averaged
from tests.reference.glmm_data import table

CROSSED = {"p": "1", "k": "1"}


@pytest.fixture(scope="module")
def fit() -> Any:
    return fit_glmm("y ~ c", table("crossed"), random=CROSSED)


def test_a_likelihood_ratio_is_that_of_two_fits(fit: Any) -> None:
    smaller = fit_glmm("y ~ 1", table("crossed"), random=CROSSED)
    test = fit.likelihood_ratio(smaller)
    assert test.statistic == pytest.approx(2 * (fit.log_likelihood - smaller.log_likelihood))
    assert (test.df, test.p_value) == (2, pytest.approx(stats.chi2.sf(test.statistic, 2)))


def test_a_term_can_be_left_out_by_its_name(fit: Any) -> None:
    smaller = fit_glmm("y ~ 1", table("crossed"), random=CROSSED)
    assert fit.likelihood_ratio("c").statistic == pytest.approx(
        fit.likelihood_ratio(smaller).statistic, abs=1e-5
    )
    assert fit.likelihood_ratio("c[T.b]").df == 1


def test_the_test_of_a_variance_says_that_it_is_conservative(fit: Any) -> None:
    test = fit.likelihood_ratio(fit_glmm("y ~ c", table("crossed"), random={"p": "1"}))
    assert test.df == 1
    assert "conservative" in test.notes[0]


@pytest.mark.parametrize(
    ("formula", "random", "rows", "words"),
    [
        ("y ~ k", CROSSED, 960, "not nested"),
        ("y ~ c", CROSSED, 960, "not nested"),
        ("y ~ 1", {"p": "1 + k"}, 960, "not nested"),
        ("y ~ 1", CROSSED, 900, "not on the same rows"),
    ],
)
def test_models_that_are_not_nested_are_not_compared(
    fit: Any, formula: str, random: dict[str, str], rows: int, words: str
) -> None:
    other = fit_glmm(formula, table("crossed").iloc[:rows], random=random)
    with pytest.raises(CannotEstimateError, match=words):
        fit.likelihood_ratio(other)


def test_a_profile_ends_where_the_likelihood_has_fallen_far_enough(fit: Any) -> None:
    trials = table("crossed").assign(
        is_b=lambda t: (t["c"] == "b") * 1.0, is_d=lambda t: (t["c"] == "d") * 1.0
    )
    for limit in fit.profile_interval("c[T.b]"):
        held = fit_glmm("y ~ is_d", trials.assign(o=limit * trials["is_b"]), random=CROSSED, offset="o")
        assert 2 * (fit.log_likelihood - held.log_likelihood) == pytest.approx(
            stats.chi2.ppf(0.95, 1), abs=2e-3
        )


def test_a_bootstrap_is_near_the_wald_interval_in_a_large_study(fit: Any) -> None:
    found = fit.bootstrap_intervals(n=60, seed=4)
    np.testing.assert_allclose(found["std_error"], fit.coefficients["std_error"], rtol=0.35)
    assert (found["ci_low"] < fit.coefficients["estimate"]).all()
    assert (found["ci_high"] > fit.coefficients["estimate"]).all()


def test_a_bootstrap_with_the_same_seed_is_the_same(fit: Any) -> None:
    one, other = (fit.bootstrap_intervals(n=4, seed=9) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_an_average_over_random_effects_is_the_integral() -> None:
    found = averaged(family_of("binomial", "logit"), np.array([0.7]), np.array([4.0]))[0][0]
    grid, step = np.linspace(-40, 40, 200_001, retstep=True)
    plain = (special.expit(0.7 + grid) * stats.norm.pdf(grid, scale=2)).sum() * step
    assert found == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize("name", [("binomial", "logit"), ("binomial", "probit"), ("poisson", "log")])
def test_slopes_of_an_average_are_those_of_differences(name: tuple[str, str]) -> None:
    family, eta, variance = family_of(*name), np.array([0.4]), np.array([1.3])
    _, by_eta, by_variance = averaged(family, eta, variance)

    def value(at: np.ndarray) -> float:
        return float(averaged(family, at[:1], at[1:])[0][0])

    plain = optimize.approx_fprime(np.array([0.4, 1.3]), value, 1e-6)
    np.testing.assert_allclose([by_eta[0], by_variance[0]], plain, atol=1e-5)


def test_marginal_means_are_averages_over_people_and_cases_drawn_anew(fit: Any) -> None:
    rng = np.random.default_rng(0)
    beta, (sd_p, sd_k) = fit.coefficients["estimate"], fit.random_effects["sd"]
    drawn = sd_p * rng.normal(size=400_000) + sd_k * rng.normal(size=400_000)
    found = fit.marginal_means("c")["estimate"]
    for level in ("b", "d"):
        plain = special.expit(beta["Intercept"] + beta[f"c[T.{level}]"] + drawn).mean()
        assert found[level] == pytest.approx(plain, abs=2e-3)


def test_a_marginal_difference_of_means_has_the_error_that_a_bootstrap_finds() -> None:
    # A participant-level second computation: condition between people, so that people are the unit.
    trials = table("many_people")
    found = fit_glmm("y ~ c", trials, random={"p": "1"}).marginal_differences("c", "b - a").loc["b - a"]
    means = trials.groupby(["c", "p"])["y"].mean()
    a, b = means["a"], means["b"]
    assert found["estimate"] == pytest.approx(b.mean() - a.mean(), abs=0.01)
    plain = np.sqrt(a.var() / len(a) + b.var() / len(b))
    assert found["std_error"] == pytest.approx(plain, rel=0.08)


def test_every_level_is_set_against_the_first_unless_asked_otherwise(fit: Any) -> None:
    assert fit.marginal_differences("c").index.tolist() == ["b - a", "d - a"]
    turned = fit.marginal_differences("c", "a - b").loc["a - b"]
    assert turned["estimate"] == pytest.approx(-fit.marginal_differences("c")["estimate"]["b - a"])


@pytest.mark.parametrize(
    ("column", "contrast", "words"),
    [("z", None, "no column 'z'"), ("c", "b - x", "two levels of 'c'"), ("c", "b", "two levels of 'c'")],
)
def test_an_unknown_contrast_is_refused(fit: Any, column: str, contrast: str | None, words: str) -> None:
    with pytest.raises(CannotEstimateError, match=words):
        fit.marginal_differences(column, contrast)


@pytest.mark.parametrize("question", ["likelihood_ratio", "profile_interval"])
def test_an_unknown_term_is_refused_with_those_there_are(fit: Any, question: str) -> None:
    with pytest.raises(CannotEstimateError, match=r"'dose'; it has .*c\[T.b\]"):
        getattr(fit, question)("dose")
