"""GradientSHAP: against expected gradients by brute force and against Captum at equal samples."""

from typing import Any

import numpy as np
import pytest

from explainers.core.gradients import expected_gradients
from explainers.core.surface import surface_of
from tests.explainers.referee import column, score
from tests.explainers.shapley import WIDE, relative_error, wide_predictor, wide_rows
from tests.explainers.toys import explained

pytestmark = pytest.mark.heavy


def brute_force(predictor: Any, rows: list[Any], columns: list[int]) -> Any:
    """Mean over 4,000 normal baselines of Captum's Integrated Gradients with one random node each, 64 times over."""
    import torch

    generator = torch.Generator().manual_seed(12)
    inputs = predictor.tensor(rows)
    total = np.zeros((len(rows), len(WIDE.features)))
    for _ in range(64):
        baselines = torch.randn(4000, inputs.shape[1], generator=generator)
        alphas = torch.rand(4000, 1, generator=generator)
        for place, row in enumerate(inputs):
            points = (baselines + alphas * (row - baselines)).requires_grad_()
            output = predictor.module(points)[:, columns[place]].sum()
            (gradient,) = torch.autograd.grad(output, points)
            total[place] += ((row - baselines) * gradient).mean(0).double().numpy()
    return total / 64


def captum_values(predictor: Any, rows: list[Any], columns: list[int], *, samples: int, seed: int) -> Any:
    import torch
    from captum.attr import GradientShap

    state = np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed)
        found = GradientShap(score(predictor)).attribute(
            predictor.tensor(rows).requires_grad_(),
            torch.randn(1000, len(WIDE.features)),
            n_samples=samples,
            target=torch.tensor(columns),
        )
    np.random.set_state(state)
    return found.detach().numpy()


def test_its_error_is_below_captums_at_equal_samples() -> None:
    predictor, rows = wide_predictor(), wide_rows(12)
    found = [
        explained("gradient_shap", predictor, rows, samples=50, target_space="score", seed=seed)
        for seed in range(6)
    ]
    columns = [column(predictor, each) for each in found[0]]
    truth = brute_force(predictor, rows, columns)
    theirs = [captum_values(predictor, rows, columns, samples=50, seed=seed) for seed in range(6)]
    ours, captums = ([relative_error(each, truth) for each in several] for several in (found, theirs))
    assert np.mean(ours) < np.mean(captums)
    many = explained("gradient_shap", predictor, rows, samples=4096, target_space="score")
    assert relative_error(many, truth) < np.mean(ours) / 4


def test_on_given_draws_it_is_what_the_formula_says() -> None:
    import torch

    predictor, rows = wide_predictor(), wide_rows(3)
    surface = surface_of(predictor, rows=rows)
    generator = torch.Generator().manual_seed(3)
    baselines, noise = (torch.randn(7, 10, generator=generator) for _ in range(2))
    alphas = torch.rand(7, generator=generator)
    targets = torch.tensor([0, 1, 1])
    found = expected_gradients(
        surface.pool(space="score"),
        inputs=surface.inputs, baselines=baselines, alphas=alphas, noise=noise, targets=targets,
    )  # fmt: skip
    for place, row in enumerate(surface.inputs):
        known = 0
        for baseline, alpha, error in zip(baselines, alphas, noise, strict=True):
            difference = row + error - baseline
            point = (baseline + alpha * difference)[None].requires_grad_()
            (gradient,) = torch.autograd.grad(predictor.module(point)[0, targets[place]], point)
            known = known + difference * gradient[0]
        np.testing.assert_allclose(found[place], known / 7, rtol=1e-4, atol=1e-5)


def test_with_one_baseline_and_many_samples_it_is_integrated_gradients() -> None:
    predictor, rows = wide_predictor(), wide_rows(6)
    many = explained("gradient_shap", predictor, rows, samples=4096, baseline="training_mean")
    paths = explained("integrated_gradients", predictor, rows, steps=4096)
    for one, other in zip(many, paths, strict=True):
        np.testing.assert_allclose(one.values, other.values, atol=5e-3 * np.abs(other.values).max())


def test_what_it_is_compared_with_is_the_mean_over_the_baselines() -> None:
    import torch

    predictor, rows = wide_predictor(), wide_rows(4)
    with torch.no_grad():
        mean = predictor.module(torch.randn(200_000, 10, generator=torch.Generator().manual_seed(1))).mean(0)
    for found in explained("gradient_shap", predictor, rows, samples=4096, target_space="score"):
        assert found.output_at_baseline == pytest.approx(float(mean[column(predictor, found)]), abs=0.1)
