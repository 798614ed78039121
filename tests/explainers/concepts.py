"""A network that was trained to use one direction of its inputs, and examples of that concept and of another."""

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from explainers.core.concepts.findings import ConceptStudy
from explainers.core.predictor import LoadedPredictor
from tests.explainers.toys import TABLE, toy

if TYPE_CHECKING:
    import torch

LAYERS = ("hidden1_relu", "hidden2_relu")


def rows_where(place: int | None, count: int, *, seed: int, shift: float = 3.0) -> "torch.Tensor":
    """Standard normal rows, moved along one input: examples of the concept "input `place` is high"."""
    import torch

    rows = np.random.default_rng(seed).normal(size=(count, 6))
    if place is not None:
        rows[:, place] += shift
    return torch.from_numpy(rows.astype(np.float32))


@cache
def planted() -> LoadedPredictor:
    """Trained to say `ill` if input 0 is high; input 3 does not matter to it."""
    import torch

    predictor, rows = toy(TABLE), rows_where(None, 1200, seed=1)
    labels = (rows[:, 0] > 0).long()
    predictor.module.requires_grad_(True)
    optimiser = torch.optim.Adam(predictor.module.parameters(), lr=0.01)
    for _ in range(150):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(predictor.module(rows), labels).backward()
        optimiser.step()
    predictor.module.requires_grad_(False)
    return predictor


def study_of(seed: int, *, concepts: dict[str, int], **changes: Any) -> ConceptStudy:
    """Ask about concepts, each the name of an input that is high."""
    whole: dict[str, Any] = {
        "concepts": {
            name: rows_where(place, 15, seed=seed * 31 + place + 2) for name, place in concepts.items()
        },
        "pool": rows_where(None, 60, seed=seed * 31),
        "cases": rows_where(None, 20, seed=seed * 31 + 1),
        "target": 1,
        "space": "log_odds",
        "layers": LAYERS,
        "seed": str(seed),
        "sets": 10,
        "null": 100,
    }
    return ConceptStudy(**{**whole, **changes})
