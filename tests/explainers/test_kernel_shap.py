"""KernelSHAP: the design, exact Shapley values where it can be exact, and less error than Captum where it cannot."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainers.core.coalitions import Design, exact_design, kernel_design
from explainers.core.errors import ExplanationRefused
from explainers.core.predictor import LoadedPredictor
from tests.explainers.referee import column, log_odds
from tests.explainers.shapley import exact_by_orders, exact_values, relative_error, wide_predictor, wide_rows
from tests.explainers.toys import TABLE, explained, rows_of, toy

pytestmark = pytest.mark.heavy


def apply(design: Design, game: Any) -> Any:
    return design.linear @ np.array([game(row) for row in design.kept])


def test_the_exact_design_is_the_mean_over_all_orders() -> None:
    values = np.random.default_rng(1).normal(size=2**5)

    def game(kept: Any) -> float:
        return float(values[int(np.packbits(kept, bitorder="little")[0])])

    gains = np.zeros(5)
    orders = list(permutations(range(5)))
    for order in orders:
        inside = np.zeros(5, bool)
        for part in order:
            before = game(inside)
            inside[part] = True
            gains[part] += game(inside) - before
    np.testing.assert_allclose(apply(exact_design(5), game), gains / len(orders), rtol=1e-12)


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 7])
def test_with_every_coalition_it_is_exact(parts: int) -> None:
    values = np.random.default_rng(parts).normal(size=2**parts)

    def game(kept: Any) -> float:
        return float(values[int(np.packbits(kept, bitorder="little")[0])])

    found = apply(kernel_design(parts, samples=2**parts, seed="a"), game)
    np.testing.assert_allclose(found, apply(exact_design(parts), game), rtol=1e-9, atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(parts=st.integers(2, 40), factor=st.integers(2, 12), seed=st.text(max_size=4))
def test_the_design_keeps_its_promises(parts: int, factor: int, seed: str) -> None:
    samples = parts * factor
    design = kernel_design(parts, samples=samples, seed=seed)
    inner = design.kept[:-2]
    rows = {row.tobytes() for row in inner}
    assert len(inner) <= samples
    assert len(rows) == len(inner)  # no coalition twice
    assert {(~row).tobytes() for row in inner} == rows  # every complement is there
    assert not (inner.all(axis=1) | ~inner.any(axis=1)).any()
    np.testing.assert_allclose(design.linear.sum(axis=0)[-2:], [1, -1], atol=1e-9)  # efficiency
    np.testing.assert_allclose(design.linear.sum(axis=0)[:-2], 0, atol=1e-9)


@pytest.mark.parametrize("parts", [6, 30])
def test_an_additive_game_is_recovered_from_any_design(parts: int) -> None:
    worth = np.random.default_rng(3).normal(size=parts)
    design = kernel_design(parts, samples=4 * parts, seed="b")
    np.testing.assert_allclose(apply(design, lambda kept: 2.0 + kept @ worth), worth, atol=1e-9)


def test_the_seed_changes_the_coalitions() -> None:
    one, other = (kernel_design(20, samples=100, seed=seed).kept for seed in "ab")
    assert (one != other).any()


def test_too_few_samples_are_refused_with_the_number_that_is_needed() -> None:
    with pytest.raises(ExplanationRefused, match="30 parts needs at least 60 samples, not 59"):
        kernel_design(30, samples=59, seed="a")


def test_it_gives_the_shapley_values_of_a_predictor_exactly() -> None:
    predictor, rows = toy(TABLE), rows_of("tabular", 3)
    for row, found in zip(rows, explained("kernel_shap", predictor, rows, samples=62), strict=True):
        known = exact_by_orders(predictor, row, column=column(predictor, found))
        np.testing.assert_allclose(found.values, known, rtol=1e-4, atol=1e-5)


def captum_values(predictor: LoadedPredictor, rows: list[Any], columns: list[int], *, samples: int) -> Any:
    import torch
    from captum.attr import KernelShap

    method = KernelShap(log_odds(predictor))
    inputs = predictor.tensor(rows)
    return torch.cat(
        [
            method.attribute(
                inputs[place : place + 1], 0, target, n_samples=samples, perturbations_per_eval=samples
            )
            for place, target in enumerate(columns)
        ]
    ).numpy()


@pytest.mark.parametrize("samples", [50, 200])
def test_its_error_is_below_captums_at_equal_samples(samples: int) -> None:
    import torch

    predictor, rows = wide_predictor(), wide_rows(20)
    exact, columns = exact_values(predictor, rows)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        state = np.random.get_state()
        np.random.seed(4)
        theirs = captum_values(predictor, rows, columns, samples=samples)
        np.random.set_state(state)
    ours = [
        relative_error(explained("kernel_shap", predictor, rows, samples=samples, seed=seed), exact)
        for seed in range(5)
    ]
    assert max(ours) < relative_error(theirs, exact)
    assert np.mean(ours) < (0.25 if samples == 50 else 0.08)


def test_differences_between_cases_are_not_due_to_the_draw() -> None:
    """Two equal cases have equal attributions, whatever the seed, which is not so for one draw per case."""
    row = wide_rows(1)[0]
    one, other = explained("kernel_shap", wide_predictor(), [row, dict(row)], samples=40, seed=9)
    assert one.values == other.values
