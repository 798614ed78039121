"""The cumulative logit model against R's ordinal, statsmodels, its own integrals and its invariances."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from analysis.core.estimate import CannotEstimateError
from analysis.estimators._ordinal_likelihood import OrdinalData, log_likelihood
from analysis.estimators.ordinal import Ordinal, fit_ordinal

REFERENCE = (
    Path(__file__).parents[1] / "reference" / "ordinal"
)  # fit.R made expected.json; simulate.py the tables
FITS: list[dict[str, Any]] = json.loads((REFERENCE / "expected.json").read_text())["fits"]
FORMULA = "answer ~ condition + load"


def table_of(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{name}.csv")


@pytest.mark.parametrize("wanted", FITS, ids=lambda fit: f"{fit['table']} {fit['nodes']}")
def test_it_agrees_with_ordinal(wanted: dict[str, Any]) -> None:
    random = {"person": "1"} if wanted["nodes"] else None
    found = fit_ordinal(FORMULA, table_of(wanted["table"]), random=random, nodes=wanted["nodes"] or 1)
    assert found.log_likelihood == pytest.approx(wanted["log_likelihood"], abs=1e-5)
    assert found.coefficients["estimate"].tolist() == pytest.approx(wanted["estimate"], rel=1e-4)
    assert found.coefficients["std_error"].tolist() == pytest.approx(wanted["std_error"], rel=1e-4)
    assert found.coefficients["p_value"].tolist() == pytest.approx(wanted["p_value"], rel=1e-3)
    assert found.thresholds["estimate"].tolist() == pytest.approx(wanted["thresholds"], abs=1e-4)
    assert found.thresholds["std_error"].tolist() == pytest.approx(wanted["threshold_errors"], rel=1e-4)
    if wanted["nodes"]:
        assert found.random_effects["sd"].tolist() == pytest.approx([wanted["sd"]], abs=1e-4)
    assert found.converged


@pytest.mark.heavy
def test_it_agrees_with_statsmodels() -> None:
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    table = table_of("single")
    x = pd.DataFrame({"b": (table["condition"] == "b").astype(float), "load": table["load"] / 100})
    referee = OrderedModel(table["answer"], x, distr="logit").fit(method="bfgs", disp=False, gtol=1e-8)
    found = fit_ordinal("answer ~ condition + I(load / 100)", table)
    assert found.log_likelihood == pytest.approx(referee.llf, abs=1e-6)
    assert found.coefficients["estimate"].tolist() == pytest.approx(
        referee.params.iloc[:2].tolist(), rel=1e-4
    )
    assert found.coefficients["std_error"].tolist() == pytest.approx(referee.bse.iloc[:2].tolist(), rel=1e-3)


def test_two_categories_without_effects_give_the_share() -> None:
    table = pd.DataFrame({"answer": [1] * 3 + [2] * 7, "condition": list("ab") * 5})
    found = fit_ordinal("answer ~ condition", table)
    shares = table.assign(low=table["answer"] == 1).groupby("condition")["low"].mean()
    assert found.thresholds["estimate"].iloc[0] == pytest.approx(special.logit(shares["a"]), rel=1e-6)
    gap = special.logit(shares["a"]) - special.logit(shares["b"])
    assert found.coefficients["estimate"].iloc[0] == pytest.approx(gap, rel=1e-6)


def test_the_likelihood_is_the_integral_over_people() -> None:
    answer, codes, x = (
        np.array([0, 2, 1, 1, 2]),
        np.array([0, 0, 1, 1, 1]),
        np.array([[0.0], [1], [1], [0], [2]]),
    )
    parameters = np.array([-0.5, 0.8, 0.6, 1.7])

    def person(rows: np.ndarray) -> float:
        def density(u: float) -> float:
            ends = np.array([-np.inf, -0.5, 0.8, np.inf])
            eta = 0.6 * x[rows, 0] + 1.7 * u
            return float(
                np.prod(special.expit(ends[answer[rows] + 1] - eta) - special.expit(ends[answer[rows]] - eta))
                * stats.norm.pdf(u)
            )

        return float(integrate.quad(density, -10, 10, epsabs=1e-13)[0])

    referee = sum(np.log(person(np.flatnonzero(codes == at))) for at in (0, 1))
    data = OrdinalData(answer, x, 3, codes)
    assert log_likelihood(data, parameters, nodes=25)[0] == pytest.approx(referee, abs=1e-8)


@pytest.mark.parametrize("is_mixed", [False, True])
def test_the_score_is_the_derivative_of_the_likelihood(is_mixed: bool) -> None:
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(12), 5) if is_mixed else None
    data = OrdinalData(rng.integers(0, 4, 60), rng.normal(size=(60, 2)), 4, codes)
    parameters = np.array([-1.0, 0.1, 1.2, 0.4, -0.3, *([0.9] if is_mixed else [])])
    _, score = log_likelihood(data, parameters, nodes=31)
    for at, slope in enumerate(score):
        step = 1e-5 * np.eye(len(parameters))[at]
        ends = [log_likelihood(data, parameters + sign * step, nodes=31)[0] for sign in (1, -1)]
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-5)


def test_turning_the_scale_turns_the_effects() -> None:
    table = table_of("repeated")
    one = fit_ordinal(FORMULA, table, random={"person": "1"}, nodes=5)
    other = fit_ordinal(FORMULA, table.assign(answer=6 - table["answer"]), random={"person": "1"}, nodes=5)
    assert other.coefficients["estimate"].tolist() == pytest.approx(
        (-one.coefficients["estimate"]).tolist(), rel=1e-4
    )
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-6)


def test_only_the_order_of_the_answers_counts() -> None:
    table = table_of("single")
    words = pd.Categorical.from_codes(
        table["answer"] - 1, categories=["--", "-", "0", "+", "++"], ordered=True
    )
    one = fit_ordinal(FORMULA, table)
    for answer in (words, 10.0 ** table["answer"]):
        other = fit_ordinal(FORMULA, table.assign(answer=answer).sample(frac=1, random_state=1))
        assert other.coefficients.to_numpy() == pytest.approx(one.coefficients.to_numpy(), rel=1e-5)
    assert fit_ordinal(FORMULA, table.assign(answer=words)).thresholds.index[0] == "--|-"


def test_units_of_an_effect_do_not_count() -> None:
    table = table_of("repeated")
    one = fit_ordinal(FORMULA, table, random={"person": "1"}, nodes=5)
    other = fit_ordinal(
        FORMULA, table.assign(load=1000 + table["load"] * 50), random={"person": "1"}, nodes=5
    )
    assert other.coefficients["statistic"].tolist() == pytest.approx(
        one.coefficients["statistic"].tolist(), rel=1e-4
    )


def test_categories_that_only_incomplete_rows_have_are_left_out() -> None:
    table = table_of("single").astype({"load": float})
    table.loc[table["answer"] == 3, "load"] = np.nan
    found = fit_ordinal(FORMULA, table)
    assert found.categories == ("1", "2", "4", "5")
    assert any("missing values were left out" in note for note in found.notes)


def test_a_contrast_of_one_term_is_its_row() -> None:
    found = fit_ordinal(FORMULA, table_of("single"))
    one, row = Ordinal.estimate(found, {"load": 1}), found.coefficients.loc["load"]
    assert (one.value, one.std_error, one.p) == pytest.approx(
        (row["estimate"], row["std_error"], row["p_value"])
    )
    assert Ordinal.estimate(found, {"load": 100}).value == pytest.approx(100 * row["estimate"])
    with pytest.raises(CannotEstimateError, match="no term arm"):
        found.contrast({"arm": 1})


def test_no_variance_between_people_is_reported_as_singular() -> None:
    found = fit_ordinal(FORMULA, table_of("alike"), random={"person": "1"})
    assert found.singular
    plain = fit_ordinal(FORMULA, table_of("alike"))
    assert found.coefficients["std_error"].tolist() == pytest.approx(
        plain.coefficients["std_error"].tolist(), rel=1e-3
    )


def test_answers_that_do_not_overlap_are_not_called_converged() -> None:
    table = pd.DataFrame({"answer": [1, 2, 1, 2, 3, 4, 3, 4], "condition": list("aaaabbbb")})
    found = fit_ordinal("answer ~ condition", table)
    assert not found.converged
    assert any("do not overlap" in note for note in found.notes)


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "text": ("word ~ condition", {}, "holds text: its order is not known"),
    "no order": ("unordered ~ condition", {}, "have no order"),
    "one category": ("same ~ condition", {}, "All answers of same are the same"),
    "a category for each row": ("number ~ condition", {}, "as many categories as there are rows"),
    "no intercept": ("answer ~ 0 + load", {}, "must not leave out the intercept"),
    "slopes": ("answer ~ condition", {"random": {"person": "1 + load"}}, "takes one random intercept"),
    "two groupings": (
        "answer ~ condition",
        {"random": {"person": "1", "word": "1"}},
        "takes one random intercept",
    ),
    "columns missing": ("answr ~ arm", {"random": {"who": "1"}}, "'answr' .* 'arm' .* 'who'"),
    "arithmetic": ("log(answer) ~ condition", {}, r"must be one column of the table, got 'log\(answer\)'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_refuses(name: str) -> None:
    formula, asked, sentence = WRONG[name]
    table = table_of("repeated").assign(word="x", same=1, number=lambda t: np.arange(len(t)) / 3)
    table["unordered"] = pd.Categorical(table["answer"])
    with pytest.raises(CannotEstimateError, match=sentence):
        fit_ordinal(formula, table, **asked)


@pytest.mark.long
def test_a_thousand_studies_reject_and_cover_as_they_should() -> None:
    rng, hits, covers = np.random.default_rng(3), 0, 0
    person = np.repeat(np.arange(60), 5)
    for _ in range(1000):
        latent = 0.6 * (person % 2) + rng.normal(0, 1, 60)[person] + rng.logistic(size=300)
        answer = np.searchsorted([-1.0, 0.5, 2.0], latent)
        table = pd.DataFrame({"person": person, "arm": person % 2, "answer": answer})
        row = fit_ordinal("answer ~ arm", table, random={"person": "1"}, nodes=9).coefficients.iloc[0]
        covers += row["ci_low"] <= 0.6 <= row["ci_high"]
        hits += 2 * stats.norm.sf(abs(row["estimate"] - 0.6) / row["std_error"]) < 0.05
    assert 0.036 <= hits / 1000 <= 0.064
    assert 0.936 <= covers / 1000 <= 0.964
