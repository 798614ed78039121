"""What a mixed model says of itself when something is wrong, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import fit_glmm
from analysis.core.estimate import CannotEstimateError
from tests.reference.glmm_data import grid, table

CROSSED = {"p": "1", "k": "1"}


@pytest.fixture
def separated() -> pd.DataFrame:
    """Nobody errs in condition b."""
    trials = table("crossed")
    return trials.assign(y=np.where(trials["c"] == "b", 1, trials["y"]))


def test_an_arm_without_errors_is_reported_as_separation(separated: pd.DataFrame) -> None:
    fit = fit_glmm("y ~ c", separated, random=CROSSED)
    assert (fit.separated, fit.converged) == (True, False)
    assert any("c[T.b]" in note and "no finite estimate" in note for note in fit.notes)
    with pytest.raises(CannotEstimateError, match="did not converge"):
        fit.likelihood_ratio("c")


def test_a_prior_gives_an_answer_where_separation_leaves_none(separated: pd.DataFrame) -> None:
    fit = fit_glmm("y ~ c", separated, random=CROSSED, prior_sd=2.5)
    assert fit.converged
    assert 2 < fit.coefficients.loc["c[T.b]", "estimate"] < 8
    assert any("penalised" in note for note in fit.notes)


def test_a_wide_prior_changes_nothing() -> None:
    plain = fit_glmm("y ~ c", table("crossed"), random=CROSSED)
    held = fit_glmm("y ~ c", table("crossed"), random=CROSSED, prior_sd=1e4)
    np.testing.assert_allclose(plain.coefficients, held.coefficients, atol=1e-5)


def test_separation_along_a_covariate_is_found() -> None:
    trials = grid(30, 10)
    trials["x"] = trials["k"] - 4.5
    trials["y"] = (trials["x"] > 0) * 1
    fit = fit_glmm("y ~ x", trials, random={"p": "1"})
    assert fit.separated


def test_counts_that_are_all_zero_in_a_condition_are_separated() -> None:
    trials = table("poisson")
    trials["y"] = np.where(trials["c"] == "b", 0, trials["y"])
    assert fit_glmm("y ~ c", trials, random=CROSSED, family="poisson").separated


def test_a_variance_of_zero_is_called_singular() -> None:
    fit = fit_glmm("y ~ c", table("singular"), random={"p": "1 + c", "k": "1"})
    assert (fit.singular, fit.converged) == (True, True)
    assert any("Singular fit: for p the variance" in note for note in fit.notes)


def test_a_correlation_of_one_is_called_singular() -> None:
    fit = fit_glmm("y ~ aided", table("few_readers"), random={"p": "1 + aided", "k": "1"})
    assert fit.singular
    assert any("tied to each other" in note for note in fit.notes)


def test_counts_no_more_dispersed_than_poisson_say_so() -> None:
    trials = table("poisson")
    fit = fit_glmm("y ~ c", trials, random=CROSSED, family="negative_binomial", offset="o")
    plain = fit_glmm("y ~ c", trials, random=CROSSED, family="poisson", offset="o")
    assert fit.log_likelihood >= plain.log_likelihood - 1e-3
    np.testing.assert_allclose(fit.coefficients["estimate"], plain.coefficients["estimate"], atol=2e-2)


def test_people_who_are_always_right_or_always_wrong_make_the_fit_run_away() -> None:
    trials = grid(40, 6)
    fit = fit_glmm("y ~ 1", trials.assign(y=trials["p"] % 2), random={"p": "1"})
    assert not fit.converged
    assert any("ran away" in note for note in fit.notes)


def test_a_large_variance_from_few_trials_is_called_rough() -> None:
    trials = grid(40, 3)
    turned = trials.index.isin([0, 13, 31, 44, 70, 95])
    fit = fit_glmm(
        "y ~ 1", trials.assign(y=np.where(turned, 1 - trials["p"] % 2, trials["p"] % 2)), random={"p": "1"}
    )
    assert any("tends to overstate" in note for note in fit.notes)


def test_few_levels_are_warned_of_unless_df_is_given() -> None:
    trials, random = table("few_readers"), {"p": "1 + aided", "k": "1"}
    assert any("Only 6 levels of p" in note for note in fit_glmm("y ~ aided", trials, random=random).notes)
    notes = fit_glmm("y ~ aided", trials, random=random, df=5).notes
    assert not any("Only 6 levels" in note for note in notes)


def test_a_factor_that_varies_within_people_without_a_slope_is_named() -> None:
    without = fit_glmm("y ~ c", table("three_levels"), random={"p": "1", "k": "1 + c"}).notes
    assert any("No random slope for c within p:" in note for note in without)


def test_rows_left_out_are_told_with_their_column() -> None:
    trials = table("crossed").astype({"y": "Int64"})
    trials.loc[[3, 4, 5], "y"] = pd.NA
    fit = fit_glmm("y ~ c", trials, random=CROSSED)
    assert (fit.n_observations, fit.n_missing) == (957, 3)
    assert fit.notes[0] == "3 of 960 rows left out for missing values (y 3)."


@pytest.mark.parametrize(
    ("change", "more", "words"),
    [
        ({"y": 1}, {}, "the same in every row"),
        ({"y": 0.5}, {}, "must be 0 or 1"),
        ({"y": -1}, {"family": "poisson"}, "a whole number, 0 or more"),
        ({"m": 0}, {"trials": "m"}, "whole and at least 1"),
        ({}, {"family": "poisson", "link": "probit"}, "is not offered"),
        ({}, {"family": "gaussian"}, "is not offered"),
        ({}, {"random": {}}, "at least one grouping"),
        ({}, {"level": 95}, "level must lie between"),
        ({"m": 3}, {"family": "poisson", "trials": "m"}, "belongs to the binomial"),
        ({}, {"prior_sd": -1}, "prior_sd must be above 0"),
        ({}, {"random": {"row": "1"}}, "a level of its own"),
    ],
)
def test_wrong_use_is_refused_with_a_sentence(
    change: dict[str, Any], more: dict[str, Any], words: str
) -> None:
    trials = table("crossed").assign(row=range(960), **change)
    with pytest.raises(ValueError, match=words):
        fit_glmm("y ~ c", trials, **{"random": CROSSED, **more})
