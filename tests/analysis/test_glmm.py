"""The generalised mixed model: its approximation against a plain second computation, its answers, its refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis import fit_glmm
from analysis.core.estimate import CannotEstimateError
from analysis.estimators._glmm_families import FAMILIES, family_of
from analysis.estimators._laplace import Laplace
from analysis.estimators._mixed_design import mixed_design
from analysis.estimators.glmm import Glmm
from tests.reference.glmm_data import table

CROSSED = {"p": "1", "k": "1"}


def made(name: str, formula: str, random: dict[str, Any], family: str, link: str) -> Laplace:
    design = mixed_design(formula, table(name), random=random)
    return Laplace(
        design, family=family_of(family, link), trials=np.ones(design.n), offset=np.zeros(design.n)
    )


SYSTEMS = [
    ("both_slopes", "y ~ x", {"p": "1 + x", "k": "1 + x"}, "binomial", "logit"),
    ("probit", "y ~ a * c", {"p": "1 + a", "k": "1"}, "binomial", "probit"),
    ("three_groupings", "y ~ x", {"p": "1", "k": "1", "s": "1"}, "binomial", "logit"),
    ("uncorrelated", "y ~ t", {"p": ["1", "0 + t"], "k": "1"}, "binomial", "logit"),
    ("many_people", "y ~ x", {"p": "1"}, "binomial", "logit"),
    ("poisson", "y ~ c", CROSSED, "poisson", "log"),
    ("negative_binomial_slopes", "y ~ x", {"p": "1 + x"}, "negative_binomial", "log"),
]


def plainly(laplace: Laplace, psi: np.ndarray) -> float:
    """The Laplace approximation with dense matrices and nothing clever."""
    from dataclasses import replace

    design, family, phi = laplace.design, laplace.family, laplace.phi(psi)
    scaled = [
        replace(term, values=term.values @ change)
        for term, change in zip(design.random, laplace.term_maps, strict=True)
    ]
    whole = replace(design, random=tuple(scaled))
    a = (whole.z() @ whole.relative_factor(psi[laplace.p : laplace.p + laplace.n_theta])).toarray()
    u = np.zeros(whole.q)
    for _ in range(60):
        eta = laplace.x @ psi[: laplace.p] + a @ u
        slopes = family.slopes(eta, laplace.y, laplace.trials, phi)
        h = a.T @ (slopes.weight[:, None] * a) + np.eye(whole.q)
        u = u + np.linalg.solve(h, a.T @ slopes.score - u)
    density = family.density(eta, laplace.y, laplace.trials, phi)
    return laplace.constant + density - 0.5 * u @ u - 0.5 * float(np.linalg.slogdet(h)[1])


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: f"{system[0]}-{system[4]}")
def test_the_approximation_is_that_of_dense_matrices(system: Any) -> None:
    laplace = made(*system)
    psi = laplace.start() + 0.1 * np.random.default_rng(1).normal(size=laplace.size)
    assert laplace.at(psi).value == pytest.approx(plainly(laplace, psi), abs=1e-7)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: f"{system[0]}-{system[4]}")
def test_the_gradient_is_that_of_differences(system: Any) -> None:
    laplace = made(*system)
    psi = laplace.start() + 0.1 * np.random.default_rng(2).normal(size=laplace.size)
    found = laplace.at(psi).gradient
    steps = 1e-4 * np.eye(laplace.size)
    by_differences = [(laplace.at(psi + h).value - laplace.at(psi - h).value) / 2e-4 for h in steps]
    np.testing.assert_allclose(found, by_differences, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: f"{family.name}-{family.link}")
def test_derivatives_of_a_family_are_those_of_differences(family: Any) -> None:
    eta, y, ones, h = np.array([-2.0, 0.3, 1.7]), np.array([0.0, 1.0, 1.0]), np.ones(3), 1e-5

    def each(shift: float) -> np.ndarray:
        return np.array(
            [family.density(eta[i : i + 1] + shift, y[i : i + 1], ones[:1], 1.4) for i in range(3)]
        )

    here, ahead, behind = (family.slopes(eta + shift, y, ones, 1.4) for shift in (0.0, h, -h))
    np.testing.assert_allclose(here.score, (each(h) - each(-h)) / (2 * h), rtol=1e-6)
    np.testing.assert_allclose(here.weight, -(ahead.score - behind.score) / (2 * h), rtol=1e-6)
    np.testing.assert_allclose(here.bend, (ahead.weight - behind.weight) / (2 * h), rtol=1e-5)


@pytest.mark.parametrize(
    ("family", "law"),
    [
        (("poisson", "log"), stats.poisson.logpmf),
        (("negative_binomial", "log"), lambda y, mean: stats.nbinom.logpmf(y, 1.4, 1.4 / (1.4 + mean))),
        (("binomial", "logit"), lambda y, mean: stats.binom.logpmf(y, 6, mean)),
        (("binomial", "probit"), lambda y, mean: stats.binom.logpmf(y, 6, mean)),
    ],
)
def test_the_density_of_a_family_is_that_of_scipy(family: tuple[str, str], law: Any) -> None:
    chosen, eta, y = FAMILIES[family], np.array([-1.0, 0.2, 1.1]), np.array([0.0, 2.0, 5.0])
    found = chosen.density(eta, y, np.full(3, 6.0), 1.4) + chosen.constant(y, np.full(3, 6.0))
    assert found == pytest.approx(law(y, chosen.mean(eta)).sum(), rel=1e-10)


def test_the_order_of_rows_changes_nothing() -> None:
    trials = table("crossed")
    one = fit_glmm("y ~ c", trials, random=CROSSED)
    other = fit_glmm("y ~ c", trials.sample(frac=1, random_state=3), random=CROSSED)
    np.testing.assert_allclose(one.coefficients, other.coefficients, atol=1e-6)


def test_units_of_a_covariate_change_its_coefficient_and_nothing_else() -> None:
    trials = table("poisson_slopes")
    one, other = (
        fit_glmm("y ~ x", trials.assign(x=trials["x"] * by + to), random={"p": "1 + x"}, family="poisson")
        for by, to in ((1, 0), (1000, 5e4))
    )
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-6)
    ratio = one.coefficients.loc["x"] / other.coefficients.loc["x"]
    np.testing.assert_allclose(ratio[["estimate", "std_error", "statistic"]], [1000, 1000, 1], rtol=1e-4)


def test_counted_successes_are_the_trials_that_they_count() -> None:
    trials = table("many_people")
    counts = trials.groupby(["p", "c"], as_index=False)["y"].agg(["sum", "size"])
    single = fit_glmm("y ~ c", trials, random={"p": "1"})
    counted = fit_glmm("sum ~ c", counts, random={"p": "1"}, trials="size")
    np.testing.assert_allclose(single.coefficients, counted.coefficients, atol=1e-5)


def test_truth_values_are_zeros_and_ones() -> None:
    trials = table("crossed")
    one = fit_glmm("y ~ c", trials, random=CROSSED)
    other = fit_glmm("y ~ c", trials.assign(y=trials["y"] == 1), random=CROSSED)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-9)


def test_given_degrees_of_freedom_widen_intervals() -> None:
    fit = fit_glmm("y ~ aided", table("few_readers"), random={"p": "1 + aided", "k": "1"}, df=5)
    row = fit.coefficients.loc["aided"]
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(row["statistic"]), 5))
    reach = stats.t.ppf(0.975, 5) * row["std_error"]
    assert row["ci_high"] - row["estimate"] == pytest.approx(reach)


def test_the_shelf_gives_one_coefficient_as_an_estimate() -> None:
    found = Glmm.estimate("y ~ c", table("crossed"), term="c[T.b]", random=CROSSED)
    row = fit_glmm("y ~ c", table("crossed"), random=CROSSED).coefficients.loc["c[T.b]"]
    assert (found.value, found.p) == (pytest.approx(row["estimate"]), pytest.approx(row["p_value"]))
    with pytest.raises(CannotEstimateError, match=r"no term 'c\[T.z\]'"):
        Glmm.estimate("y ~ c", table("crossed"), term="c[T.z]", random=CROSSED)
