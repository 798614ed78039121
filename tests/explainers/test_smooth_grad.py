"""SmoothGrad: the mean of Captum gradients at the noisy copies that the recipe means."""

import hashlib
from typing import Any

import numpy as np
import pytest

from explainers.core.digest import digest_of
from tests.explainers.referee import assert_agrees, column, score
from tests.explainers.toys import SPECS, explained, rows_of, toy

pytestmark = pytest.mark.heavy
PARAMETERS = {"target_space": "score", "samples": 8, "noise": 0.5, "absolute": False}


@pytest.mark.parametrize("modality", ["tabular", "image"])
def test_it_is_the_mean_of_captums_gradients_at_the_same_copies(modality: str) -> None:
    import torch
    from captum.attr import Saliency

    predictor, rows = toy(SPECS[modality]), rows_of(modality, 3)
    inputs = predictor.tensor(rows)
    design = digest_of({"method": "smooth_grad", "parameters": PARAMETERS, "seed": 0})
    key = int(hashlib.sha256(f"{design}:noise".encode()).hexdigest()[:32], 16)
    half = np.random.Generator(np.random.Philox(key=key)).standard_normal(
        (4, *inputs.shape[1:]), dtype=np.float32
    )
    for row, found in zip(inputs, explained("smooth_grad", predictor, rows, **PARAMETERS), strict=True):
        total = 0
        for noise in [*half, *-half]:
            noisy = (row + torch.from_numpy(0.5 * noise))[None].requires_grad_()
            total = (
                total + Saliency(score(predictor)).attribute(noisy, column(predictor, found), abs=False)[0]
            )
        assert_agrees(found, total / 8 if modality == "tabular" else (total / 8).sum(0))


def test_more_samples_come_closer_to_the_mean_over_all_noise() -> None:
    predictor, rows = toy(SPECS["tabular"]), rows_of("tabular", 6)

    def values(samples: int, seed: int) -> Any:
        found = explained("smooth_grad", predictor, rows, samples=samples, noise=1.0, seed=seed)
        return np.array([each.values for each in found])

    truth = np.mean([values(4096, seed) for seed in range(50, 54)], axis=0)
    few, many = (np.abs(values(count, 1) - truth).mean() for count in (8, 512))
    assert many < few / 3
