"""The linear mixed model against lme4 with lmerTest, statsmodels, classical analyses and its own derivatives."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.core.estimate import CannotEstimateError
from analysis.estimators._lmm_engine import deviance
from analysis.estimators._lmm_fit import hessian
from analysis.estimators._lmm_products import form_products
from analysis.estimators._mixed_design import mixed_design
from analysis.estimators.lmm import Lmm, fit_lmm
from tests.analysis.test_reference_data import FOLDER, expected

REFERENCE = (
    Path(__file__).parents[1] / "reference" / "lmm"
)  # fit.R made expected.json; simulate.py the tables
FITS: dict[str, dict[str, Any]] = json.loads((REFERENCE / "expected.json").read_text())["fits"]


def random_of(formula: str) -> dict[str, Any]:
    """Turn lme4's bars into a mapping."""
    found: dict[str, Any] = {}
    for inner, group in re.findall(r"\(([^|()]+)\| ([\w:]+)\)", formula):
        found.setdefault(group, []).append(inner.strip())
    return found


def fitted(name: str) -> Any:
    wanted = FITS[name]
    table = pd.read_csv(REFERENCE / f"{wanted['table']}.csv")
    fixed = re.sub(r" \+ \(.*", "", wanted["formula"])
    return fit_lmm(fixed, table, random=random_of(wanted["formula"]), reml=wanted["reml"])


def crossed(
    seed: int, *, people: int = 12, cases: int = 8, conditions: str = "ab", between: bool = False
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        (p, k, condition)
        for p in range(people)
        for k in range(cases)
        for condition in (conditions[p % len(conditions)] if between else conditions)
    ]
    table = pd.DataFrame(rows, columns=["person", "case", "condition"])
    slope = rng.normal(0, 0.5, people)[table["person"]] * (table["condition"] == "b")
    table["y"] = (
        rng.normal(0, 0.6, people)[table["person"]] + rng.normal(0, 0.4, cases)[table["case"]] + slope
        + rng.normal(0, 0.7, len(table))
    )  # fmt: skip
    return table


# Other programs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FITS)
def test_it_agrees_with_lmertest(name: str) -> None:
    found, wanted = fitted(name), FITS[name]
    table = found.coefficients
    assert table["estimate"].tolist() == pytest.approx(wanted["estimate"], rel=1e-5, abs=1e-7)
    assert table["std_error"].tolist() == pytest.approx(wanted["std_error"], rel=1e-5)
    assert table["df"].tolist() == pytest.approx(wanted["df"], rel=1e-4)
    assert table["p_value"].tolist() == pytest.approx(wanted["p_value"], rel=1e-4, abs=1e-9)
    assert found.log_likelihood == pytest.approx(wanted["log_likelihood"], abs=1e-6)
    assert found.sigma == pytest.approx(wanted["sigma"], rel=1e-5)
    assert (found.converged, found.singular) == (True, wanted["singular"])


@pytest.mark.parametrize("name", FITS)
def test_its_random_effects_are_those_of_lme4(name: str) -> None:
    found, wanted = fitted(name), FITS[name]
    table = found.random_effects
    for group, sds in wanted["sds"].items():
        name_there = re.sub(r"\.\d$", "", group).replace("Residual", "residual")
        mine = table["sd"][table["group"] == name_there].tolist()
        for sd in sds if isinstance(sds, list) else [sds]:
            assert min(abs(one - sd) for one in mine) < 1e-4 * max(sd, 0.1)
    for group, modes in wanted["modes"].items():
        assert found.modes[group].iloc[:, 0].tolist() == pytest.approx(
            modes, rel=1e-3, abs=1e-4 * np.std(modes) + 1e-9
        )


@pytest.mark.parametrize("name", [name for name, fit in FITS.items() if "joint" in fit])
def test_a_joint_test_is_that_of_lmertest(name: str) -> None:
    found, wanted = fitted(name), FITS[name]["joint"]
    test = found.joint_test([found.coefficients.index[at] for at in wanted["terms"]])
    assert (test.statistic, test.df, test.p) == pytest.approx(
        (wanted["f"], wanted["df"], wanted["p"]), rel=1e-4
    )


@pytest.mark.heavy
@pytest.mark.parametrize("reml", [True, False])
def test_it_agrees_with_statsmodels(reml: bool) -> None:
    from statsmodels.regression.mixed_linear_model import MixedLM

    table = crossed(18)
    referee = MixedLM.from_formula("y ~ condition", table, groups="person", re_formula="~condition").fit(
        reml=reml
    )
    found = fit_lmm("y ~ condition", table, random={"person": "1 + condition"}, reml=reml)
    assert found.coefficients["estimate"].tolist() == pytest.approx(referee.fe_params.tolist(), abs=1e-5)
    assert found.coefficients["std_error"].tolist() == pytest.approx(referee.bse_fe.tolist(), rel=1e-3)
    assert found.log_likelihood == pytest.approx(referee.llf, abs=1e-5)
    assert found.random_covariances[0].to_numpy() == pytest.approx(referee.cov_re.to_numpy(), rel=1e-2)


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the reference data are not here")
@pytest.mark.parametrize(("name", "slope"), [("lmm.log_rt", "1"), ("lmm.log_rt.slope", "1 + aided")])
def test_log_response_times_of_the_radiologists(name: str, slope: str) -> None:
    rows = pd.read_csv(FOLDER / "ruffle_2026" / "radiologist_df.csv")
    rows["aided"] = rows["with_segmentation"].astype(int)
    found = fit_lmm("log(response_time) ~ aided", rows, random={"radiologist": slope, "case_id": "1"})
    numbers, row = expected("ruffle_2026", name), found.coefficients.loc["aided"]
    assert found.coefficients["estimate"].tolist() == pytest.approx(numbers["coef"], abs=1e-5)
    assert found.coefficients["std_error"].tolist() == pytest.approx(numbers["se"], rel=1e-3, abs=1e-5)
    assert -2 * found.log_likelihood == pytest.approx(numbers["reml"], abs=1e-3)
    assert row["df"] == pytest.approx(numbers["df"], rel=1e-4)
    assert found.random_effects["sd"].iloc[-1] == pytest.approx(numbers["sd"]["resid"], abs=1e-5)


# Second computations --------------------------------------------------------------------------------------------------


def test_balanced_people_with_slopes_give_the_paired_t_test() -> None:
    table = crossed(2)
    means = table.groupby(["person", "condition"])["y"].mean().unstack()
    referee = stats.ttest_rel(means["b"], means["a"])
    row = fit_lmm("y ~ condition", table, random={"person": "1 + condition", "case": "1"}).coefficients.loc[
        "condition[T.b]"
    ]
    assert (row["statistic"], row["df"], row["p_value"]) == pytest.approx(
        (referee.statistic, 11, referee.pvalue), rel=1e-6
    )


def test_balanced_people_between_conditions_give_the_t_test_of_their_means() -> None:
    table = crossed(3, between=True)
    means = table.groupby(["condition", "person"])["y"].mean()
    referee = stats.ttest_ind(means["b"], means["a"])
    row = fit_lmm("y ~ condition", table, random={"person": "1", "case": "1"}).coefficients.loc[
        "condition[T.b]"
    ]
    assert (row["statistic"], row["df"]) == pytest.approx((referee.statistic, 10), rel=1e-6)
    assert row["ci_low"] == pytest.approx(referee.confidence_interval().low, rel=1e-6)


def dense(design: Any, theta: np.ndarray, *, q: np.ndarray, y: np.ndarray, is_reml: bool) -> float:
    """Return the deviance from its definition."""
    z = design.z().toarray() @ design.relative_factor(theta).toarray()
    v = z @ z.T + np.eye(len(y))
    inner = q.T @ np.linalg.solve(v, q)
    rest = y - q @ np.linalg.solve(inner, q.T @ np.linalg.solve(v, y))
    m = len(y) - q.shape[1] * is_reml
    rss = rest @ np.linalg.solve(v, rest)
    value = np.linalg.slogdet(v)[1] + m * (1 + np.log(2 * np.pi * rss / m))
    return float(value + is_reml * np.linalg.slogdet(inner)[1])


SHAPES: dict[str, dict[str, Any]] = {
    "one": {"person": "1"},
    "crossed": {"person": "1 + condition", "case": "1"},
    "slopes on both": {"person": "1 + condition", "case": ["1", "0 + x"]},
    "cells": {"person:case": "1", "person": "1 + x + condition", "case": "1 + x"},
}


@pytest.mark.parametrize("is_reml", [True, False])
@pytest.mark.parametrize("name", SHAPES)
def test_deviance_and_gradient_are_those_of_the_definition(name: str, is_reml: bool) -> None:
    rng = np.random.default_rng(4)
    table = crossed(4, people=9, cases=6).sample(frac=0.8, random_state=1)
    table["x"] = rng.normal(3, 2, len(table))
    design = mixed_design("y ~ condition + x", table, random=SHAPES[name])
    q, _ = np.linalg.qr(design.fixed)
    y = design.response - q @ (q.T @ design.response)
    products, scale = form_products(design, q=q, y=y, is_reml=is_reml)
    theta = rng.normal(0, 0.7, design.n_theta)
    value, gradient, _ = deviance(products, theta * scale)
    assert value == pytest.approx(dense(design, theta, q=q, y=y, is_reml=is_reml), abs=1e-8)
    for at, slope in enumerate(gradient):
        step = 1e-5 * np.eye(len(theta))[at]
        ends = [dense(design, theta + sign * step / scale, q=q, y=y, is_reml=is_reml) for sign in (1, -1)]
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5, abs=1e-5)


def test_slices_of_the_eliminated_factor_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    table = crossed(5)
    whole = fit_lmm("y ~ condition", table, random=SHAPES["crossed"])
    monkeypatch.setattr("analysis.estimators._lmm_engine._CHUNK", 40)
    sliced = fit_lmm("y ~ condition", table, random=SHAPES["crossed"])
    assert sliced.coefficients.to_numpy() == pytest.approx(whole.coefficients.to_numpy(), rel=1e-6)


def test_the_hessian_is_that_of_the_deviance() -> None:
    table = crossed(6)
    design = mixed_design("y ~ condition", table, random=SHAPES["crossed"])
    q, _ = np.linalg.qr(design.fixed)
    y = design.response - q @ (q.T @ design.response)
    products, _ = form_products(design, q=q, y=y)
    theta, sigma = np.array([0.9, -0.2, 0.6, 0.5]), 0.8

    def full(at: np.ndarray) -> float:
        _, _, point = deviance(products, at[:-1])
        m = products.divisor
        return (
            point.log_det
            + point.rss / at[-1] ** 2
            + m * np.log(2 * np.pi * at[-1] ** 2)
            + point.fixed_log_det
        )

    center, steps = np.append(theta, sigma), np.eye(5) * 1e-3
    referee = [
        [
            (full(center + a + b) - full(center + a - b) - full(center - a + b) + full(center - a - b)) / 4e-6
            for a in steps
        ]
        for b in steps
    ]
    assert hessian(products, theta, sigma) == pytest.approx(np.array(referee), rel=1e-4, abs=1e-3)


# Properties -----------------------------------------------------------------------------------------------------------


def test_units_of_the_outcome_and_of_a_slope_do_not_count() -> None:
    table = crossed(7).assign(x=lambda t: np.arange(len(t)) % 16)
    random = {"person": "1 + x", "case": "1"}
    one = fit_lmm("y ~ x", table, random=random)
    other = fit_lmm("y ~ x", table.assign(y=5e6 + 1000 * table["y"], x=table["x"] / 500), random=random)
    assert other.coefficients["df"].tolist() == pytest.approx(one.coefficients["df"].tolist(), rel=1e-4)
    assert other.coefficients["statistic"]["x"] == pytest.approx(one.coefficients["statistic"]["x"], rel=1e-5)
    shift = (len(table) - 2) * np.log(1000) - np.log(500)
    assert one.log_likelihood - other.log_likelihood == pytest.approx(shift, abs=1e-4)


def test_the_order_of_rows_and_groupings_does_not_count() -> None:
    table = crossed(8)
    one = fit_lmm("y ~ condition", table, random={"person": "1 + condition", "case": "1"})
    other = fit_lmm(
        "y ~ condition", table.sample(frac=1, random_state=2), random={"case": "1", "person": "1 + condition"}
    )
    assert other.coefficients.to_numpy() == pytest.approx(one.coefficients.to_numpy(), rel=1e-6)


def test_missing_values_are_left_out_and_counted() -> None:
    table = crossed(9)
    table.loc[table.index[:5], "y"] = np.nan
    found = fit_lmm("y ~ condition", table, random=SHAPES["crossed"])
    assert (found.n_observations, found.n_missing) == (len(table) - 5, 5)
    assert "5 row(s) with missing values were left out." in found.notes


def test_fitted_values_and_residuals_make_up_the_outcome() -> None:
    table = crossed(10)
    found = fit_lmm("y ~ condition", table, random=SHAPES["crossed"])
    assert found.fitted + found.residuals == pytest.approx(table["y"].to_numpy())
    assert found.modes["person"].shape == (12, 2)


def test_a_contrast_of_one_term_is_its_row() -> None:
    found = fit_lmm("y ~ condition", crossed(11, conditions="abc"), random={"person": "1 + condition"})
    row = found.coefficients.loc["condition[T.c]"]
    one = Lmm.estimate(found, {"condition[T.c]": 1})
    assert (one.value, one.df, one.p, one.low) == pytest.approx(
        (row["estimate"], row["df"], row["p_value"], row["ci_low"])
    )
    gap = found.contrast({"condition[T.c]": 1, "condition[T.b]": -1})
    assert gap.std_error**2 == pytest.approx(
        found.covariance.to_numpy()[1:, 1:].trace() - 2 * found.covariance.iloc[1, 2]
    )


def test_a_joint_test_does_not_depend_on_the_reference_condition() -> None:
    table = crossed(12, conditions="abc")
    one, other = (
        fit_lmm(
            f"y ~ C(condition, Treatment('{base}'))", table, random={"person": "1", "person:condition": "1"}
        )
        for base in "ac"
    )
    tests = [found.joint_test(list(found.coefficients.index[1:])) for found in (one, other)]
    assert (tests[0].statistic, tests[0].df) == pytest.approx((tests[1].statistic, tests[1].df), rel=1e-5)


def test_an_effect_within_people_without_a_slope_is_noted() -> None:
    table = crossed(13)
    without = fit_lmm("y ~ condition", table, random={"person": "1", "case": "1"})
    assert any(
        "condition[T.b]: varies within person and has no random slope" in note for note in without.notes
    )
    slopes = fit_lmm("y ~ condition", table, random={"person": "1 + condition", "case": "1"})
    between = fit_lmm("y ~ condition", crossed(13, between=True), random={"person": "1", "case": "1"})
    assert not any("random slope" in note for note in (*slopes.notes, *between.notes))


def test_a_variance_of_zero_is_reported_as_singular() -> None:
    table = crossed(14)
    table["y"] = np.random.default_rng(1).normal(size=len(table))
    table["y"] -= table.groupby("case")["y"].transform("mean")
    found = fit_lmm("y ~ condition", table, random={"person": "1 + condition", "case": "1"})
    assert found.singular
    assert found.random_effects.set_index("group")["sd"]["case"] == 0
    assert any("The fit is singular" in note for note in found.notes)


# Wrong use ------------------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "no random effects": ("y ~ condition", {}, "trials of one participant would count as independent"),
    "a level for each row": ("y ~ condition", {"row": "1"}, "cannot be told from the residual"),
    "as many slopes as rows": ("y ~ condition", {"person:case": "1 + condition"}, "asks for 192 random effects"),
    "an effect twice": ("y ~ condition", {"person": ["1", "1 + condition"]}, "random effect Intercept twice"),
    "one level": ("y ~ condition", {"study": "1"}, "one level"),
    "no variance": ("flat ~ condition", {"person": "1"}, "does not vary beyond what the fixed effects say"),
    "no residual variance": ("mean ~ condition", {"person": "1"}, "without a rest"),
    "columns missing": ("z ~ arm", {"who": "1"}, "'z' .* 'arm' .* 'who'"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_it_refuses(name: str) -> None:
    formula, random, sentence = WRONG[name]
    table = crossed(15).assign(row=lambda t: np.arange(len(t)), study="s", flat=3.0)
    table["mean"] = table.groupby("person")["y"].transform("mean")
    with pytest.raises(CannotEstimateError, match=sentence):
        fit_lmm(formula, table, random=random)


def test_a_contrast_of_an_unknown_term_is_refused() -> None:
    found = fit_lmm("y ~ condition", crossed(16), random={"person": "1"})
    with pytest.raises(CannotEstimateError, match=r"no term arm\. There are: Intercept, condition\[T\.b\]"):
        found.contrast({"arm": 1})
    with pytest.raises(CannotEstimateError, match="independent of each other"):
        found.joint_test(["condition[T.b]", {"condition[T.b]": 2}])


def test_it_is_exported() -> None:
    assert analysis.fit_lmm is fit_lmm


# Known truth and size -------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_thousand_studies_reject_and_cover_as_they_should() -> None:
    rng, hits, covers = np.random.default_rng(5), 0, 0
    base = crossed(17, people=14, cases=10).drop(columns="y")
    treated = (base["condition"] == "b").to_numpy(float)
    for _ in range(1000):
        slope = rng.normal(0, 0.4, 14)[base["person"]] * treated
        y = rng.normal(0, 0.6, 14)[base["person"]] + rng.normal(0, 0.4, 10)[base["case"]] + slope
        table = base.assign(y=y + rng.normal(0, 0.7, len(base)) + 0.3 * treated)
        row = fit_lmm(
            "y ~ condition", table, random={"person": "1 + condition", "case": "1"}
        ).coefficients.iloc[1]
        covers += row["ci_low"] <= 0.3 <= row["ci_high"]
        null = stats.t.sf(abs((row["estimate"] - 0.3) / row["std_error"]), row["df"]) * 2
        hits += null < 0.05
    assert 0.036 <= hits / 1000 <= 0.064
    assert 0.936 <= covers / 1000 <= 0.964


@pytest.mark.long
def test_560_people_and_300_cases_take_seconds() -> None:
    import time

    rng = np.random.default_rng(6)
    person, case = (
        np.repeat(np.arange(560), 30),
        np.concatenate([rng.choice(300, 30, False) for _ in range(560)]),
    )
    treated = np.tile(np.arange(30) % 2, 560)
    y = rng.normal(0, 0.4, 560)[person] + rng.normal(0, 0.25, 560)[person] * treated
    y += rng.normal(0, 0.2, 300)[case] + rng.normal(0, 0.5, len(person))
    table = pd.DataFrame({"person": person, "case": case, "treated": treated, "y": y})
    start = time.process_time()
    found = fit_lmm("y ~ treated", table, random={"person": "1 + treated", "case": "1"})
    assert found.converged
    assert time.process_time() - start < 10
