"""The mixed models agree with glmmTMB: on simulated trials of many shapes, and on published data if they are here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import fit_glmm
from tests.reference.glmm_data import MODELS, Model, table

REFERENCE = Path(__file__).parents[1] / "reference" / "glmm.json"
FOLDER = Path(__file__).parents[3] / "shared" / "reference"
FITS: dict[str, Any] = json.loads(REFERENCE.read_text(encoding="utf-8"))["fits"]
has_folder = pytest.mark.skipif(not FOLDER.is_dir(), reason="the reference data are not here")


def fit_of(model: Model) -> Any:
    return fit_glmm(
        model.formula,
        table(model.name),
        random=model.random,
        family=model.family,
        link=model.link,
        **model.more,
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_fit_is_that_of_glmmtmb(model: Model) -> None:
    fit, other = fit_of(model), FITS[model.name]
    assert fit.converged
    assert fit.log_likelihood == pytest.approx(other["log_likelihood"], abs=1e-4)
    np.testing.assert_allclose(fit.coefficients["estimate"], other["coef"], atol=2e-4)
    # Where glmmTMB finds its own Hessian not positive definite (singular fit), lme4 gives the errors.
    errors = other["se"] if other["hessian_ok"] else other["lme4"]["se"]
    np.testing.assert_allclose(fit.coefficients["std_error"], errors, rtol=2e-3)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_standard_deviations_are_those_of_glmmtmb(model: Model) -> None:
    fit, other = fit_of(model), FITS[model.name]
    found = fit.random_effects["sd"].to_numpy()
    expected = np.concatenate([np.atleast_1d(part["sd"]) for part in other["random"].values()])
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("name", ["both_slopes", "probit", "poisson_slopes", "negative_binomial_slopes"])
def test_correlations_are_those_of_glmmtmb(name: str) -> None:
    model = next(model for model in MODELS if model.name == name)
    found = fit_of(model).random_effects["corr"].dropna().to_numpy()
    parts = FITS[name]["random"].values()
    expected = np.concatenate([np.atleast_1d(part["corr"]) for part in parts if part["corr"] != []])
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("name", ["negative_binomial", "negative_binomial_slopes"])
def test_dispersions_are_those_of_glmmtmb(name: str) -> None:
    model = next(model for model in MODELS if model.name == name)
    assert fit_of(model).dispersion == pytest.approx(FITS[name]["phi"], rel=1e-3)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_simulated_trials_are_those_that_glmmtmb_saw(model: Model) -> None:
    trials = table(model.name)
    assert len(trials) == FITS[model.name]["n"]
    assert int((trials["y"] * ((np.arange(len(trials)) + 1) % 97)).sum()) == FITS[model.name]["checksum"]


def expected(dataset: str, name: str) -> Any:
    items = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
    return next(item["expected"] for item in items if (item["dataset"], item["id"]) == (dataset, name))


@pytest.fixture(scope="module")
def readings() -> pd.DataFrame:
    rows = pd.read_csv(FOLDER / "ruffle_2026" / "radiologist_df.csv")
    return rows.assign(aided=rows["with_segmentation"].astype(bool).astype(int))


@has_folder
def test_accuracy_of_the_radiologists(readings: pd.DataFrame) -> None:
    random = {"radiologist": "1", "case_id": "1"}
    fit = fit_glmm("correct_prediction ~ aided", readings, random=random)
    null = fit_glmm("correct_prediction ~ 1", readings, random=random)
    numbers = expected("ruffle_2026", "glmm")
    assert fit.log_likelihood == pytest.approx(numbers["logLik"], abs=1e-3)
    np.testing.assert_allclose(fit.coefficients["estimate"], numbers["coef"], atol=1e-4)
    np.testing.assert_allclose(fit.coefficients["std_error"], numbers["se"], rtol=1e-3)
    np.testing.assert_allclose(fit.random_effects["sd"], list(numbers["sd"].values()), atol=1e-3)
    test = fit.likelihood_ratio(null)
    assert (test.statistic, test.df) == (pytest.approx(numbers["LRT_chi2_1"], abs=1e-3), 1)
    assert test.p_value == pytest.approx(numbers["p"], abs=1e-5)


@has_folder
def test_accuracy_of_the_radiologists_with_their_own_slopes_is_a_singular_fit(readings: pd.DataFrame) -> None:
    random = {"radiologist": "1 + aided", "case_id": "1"}
    fit = fit_glmm("correct_prediction ~ aided", readings, random=random)
    numbers = expected("ruffle_2026", "glmm.slope")
    assert (fit.singular, fit.converged) == (True, True)
    assert fit.log_likelihood == pytest.approx(numbers["logLik"], abs=1e-3)
    np.testing.assert_allclose(fit.coefficients["estimate"], numbers["coef"], atol=5e-4)
    np.testing.assert_allclose(fit.coefficients["std_error"], numbers["se"], rtol=2e-3)
    assert fit.random_effects["corr"][1] == pytest.approx(-1, abs=1e-6)


@pytest.fixture(scope="module")
def cards() -> pd.DataFrame:
    parts = [
        pd.read_csv(FOLDER / "human_alignment_2025" / f"group_{group}.csv").assign(group=group)
        for group in ("A", "B", "C", "BP")
    ]
    rows = pd.concat(parts, ignore_index=True)
    gone = pd.read_csv(FOLDER / "human_alignment_2025" / "filtered_ids.csv")["participant_id"]
    rows = rows[(rows["game_id"] >= 0) & ~rows["participant_id"].isin(gone)]
    best = np.where(rows["true_prob"] > 50, "Red", "Black")
    return rows.assign(first=(rows["initial_decision"] == best) * 1, ok=(rows["final_decision"] == best) * 1)


@has_folder
def test_decisions_of_the_card_players(cards: pd.DataFrame) -> None:
    ordered = cards.assign(group=pd.Categorical(cards["group"], ["B", "A", "C", "BP"]))
    fit = fit_glmm("ok ~ group", ordered, random={"participant_id": "1", "group:game_id": "1"})
    numbers = expected("human_alignment_2025", "glmm.optimal")
    assert fit.log_likelihood == pytest.approx(numbers["logLik"], abs=1e-3)
    np.testing.assert_allclose(fit.coefficients["estimate"], numbers["coef"], atol=5e-4)
    np.testing.assert_allclose(fit.coefficients["std_error"], numbers["se"], rtol=2e-3)
    np.testing.assert_allclose(fit.random_effects["sd"], list(numbers["sd"].values()), atol=1e-3)


@has_folder
def test_counts_of_the_card_players(cards: pd.DataFrame) -> None:
    three = cards[cards["group"].isin(["A", "B", "C"])]
    counts = three.groupby(["participant_id", "group", "first"], as_index=False)["ok"].agg(["sum", "size"])
    counts["group"] = pd.Categorical(counts["group"], ["B", "A", "C"])
    fit = fit_glmm("sum ~ 0 + group * first", counts, random={"participant_id": "1"}, trials="size")
    numbers = expected("human_alignment_2025", "glmm.test1")
    assert fit.log_likelihood == pytest.approx(numbers["logLik"], abs=1e-3)
    found = fit.coefficients["estimate"]
    names = ["group[B]", "group[A]", "group[C]", "first", "group[T.A]:first", "group[T.C]:first"]
    by_group = dict(zip(names, numbers["coef"].values(), strict=True))
    # R writes `0 + group * im` with a column for each group, as patsy does: its groups are levels, not differences.
    np.testing.assert_allclose(found[names], [by_group[name] for name in names], atol=5e-4)
    assert fit.random_effects["sd"][0] == pytest.approx(numbers["sd"], abs=1e-3)
