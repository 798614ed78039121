"""The cast of these tests: a tiny predictor, a schema, cases, a store of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from explainers.core.architectures.mlp import mlp_shapes
from explainers.core.predictor import LoadedPredictor, PredictorSpec

FEATURES = ["age", "pulse", "height"]
CLASSES = ["well", "ill"]
PARAMETERS = {"inputs": 3, "hidden": [5], "outputs": 2}
PREPROCESSING = {"kind": "standardise", "mean": [40.0, 70.0, 170.0], "scale": [10.0, 8.0, 12.0]}


@pytest.fixture
def schema() -> dict[str, Any]:
    return {
        "features": [
            {"name": "age", "label": "Age", "unit": "years", "decimals": 0},
            {"name": "pulse", "label": "Pulse", "unit": "per minute", "decimals": 0, "low": 60, "high": 100},
            {"name": "height", "label": "Height", "unit": "cm", "decimals": 1},
        ]
    }


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    return make_rows(6)


def make_rows(count: int) -> list[dict[str, Any]]:
    import numpy as np

    values = np.random.default_rng(5).normal([40, 70, 170], [10, 8, 12], size=(count, 3))
    return [
        {"key": f"c{n:03d}", "inputs": dict(zip(FEATURES, row, strict=True))}
        for n, row in enumerate(values.tolist())
    ]


@pytest.fixture
def spec() -> PredictorSpec:
    return make_spec()


def make_spec(**changes: Any) -> PredictorSpec:
    content = {
        "architecture": "mlp",
        "parameters": PARAMETERS,
        "features": FEATURES,
        "classes": CLASSES,
        "preprocessing": PREPROCESSING,
    }
    return PredictorSpec(**{**content, **changes})


def make_weights(parameters: dict[str, Any] | None = None, *, seed: int = 11, factor: float = 1.0) -> bytes:
    import torch
    from safetensors.torch import save

    generator = torch.Generator().manual_seed(seed)
    shapes = mlp_shapes(parameters or PARAMETERS)
    return save({name: factor * torch.randn(shape, generator=generator) for name, shape in shapes.items()})


@pytest.fixture
def weights() -> bytes:
    return make_weights()


@pytest.fixture
def predictor(spec: PredictorSpec, weights: bytes) -> LoadedPredictor:
    return LoadedPredictor(spec, weights=weights)


@pytest.fixture
def store_folder(tmp_path: Path, settings: Any) -> Iterator[Path]:
    from explainers.selectors import content as selectors
    from explainers.services import compute

    settings.ASSAY_STORE = tmp_path / "store"
    settings.CELERY_BROKER_URL = "memory://"
    compute.predictor_load.cache_clear()
    selectors._stored.cache_clear()
    yield tmp_path / "store"
    compute.predictor_load.cache_clear()
