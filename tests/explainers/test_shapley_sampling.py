"""Shapley sampling: the design, and its error against exact values and against Captum's at equal orders."""

from typing import Any

import numpy as np
import pytest

from explainers.core.coalitions import permutation_design
from tests.explainers.referee import log_odds
from tests.explainers.shapley import exact_values, relative_error, wide_predictor, wide_rows
from tests.explainers.toys import explained

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("permutations", [1, 2, 7, 30])
def test_the_values_add_up_for_any_number_of_orders(permutations: int) -> None:
    totals = permutation_design(6, permutations=permutations, seed="a").linear.sum(axis=0)
    np.testing.assert_allclose(totals[-2:], [1, -1], atol=1e-12)
    np.testing.assert_allclose(totals[:-2], 0, atol=1e-12)


def test_an_additive_game_needs_one_order() -> None:
    worth = np.arange(5.0)
    design = permutation_design(5, permutations=1, seed="a")
    np.testing.assert_allclose(design.linear @ (design.kept @ worth), worth, atol=1e-12)


def test_a_game_of_pairs_needs_two_orders() -> None:
    """Where only two parts act together, an order and its reverse give the Shapley values exactly."""
    weights = np.triu(np.random.default_rng(2).normal(size=(6, 6)), 1)
    design = permutation_design(6, permutations=2, seed="a")
    values = [row @ weights @ row for row in design.kept.astype(float)]
    np.testing.assert_allclose(design.linear @ values, (weights.sum(0) + weights.sum(1)) / 2, atol=1e-12)


def test_no_coalition_is_asked_for_twice() -> None:
    kept = permutation_design(4, permutations=200, seed="a").kept
    assert len({row.tobytes() for row in kept}) == len(kept) == 2**4


def captum_values(predictor: Any, rows: list[Any], columns: list[int], *, permutations: int) -> Any:
    import torch
    from captum.attr import ShapleyValueSampling

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        return (
            ShapleyValueSampling(log_odds(predictor))
            .attribute(predictor.tensor(rows), 0, torch.tensor(columns), n_samples=permutations)
            .numpy()
        )


@pytest.mark.parametrize("permutations", [10, 50])
def test_its_error_is_below_captums_at_equal_orders(permutations: int) -> None:
    predictor, rows = wide_predictor(), wide_rows(20)
    exact, columns = exact_values(predictor, rows)
    theirs = captum_values(predictor, rows, columns, permutations=permutations)
    ours = [
        relative_error(
            explained("shapley_sampling", predictor, rows, permutations=permutations, seed=seed), exact
        )
        for seed in range(5)
    ]
    assert np.mean(ours) < relative_error(theirs, exact)


def test_many_orders_come_close_to_the_exact_values() -> None:
    predictor, rows = wide_predictor(), wide_rows(5)
    exact, _ = exact_values(predictor, rows)
    assert relative_error(explained("shapley_sampling", predictor, rows, permutations=2000), exact) < 0.02
