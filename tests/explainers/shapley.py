"""Exact Shapley values, computed twice in different ways, and how far estimates are from them."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np

from explainers.core.attribution import Explanation
from explainers.core.coalitions import exact_design
from explainers.core.predictor import LoadedPredictor, PredictorSpec
from tests.explainers.referee import log_odds
from tests.explainers.toys import toy

PARTS = 10
WIDE = PredictorSpec(
    "mlp",
    {"inputs": PARTS, "hidden": [32, 32], "outputs": 2},
    [f"f{number}" for number in range(PARTS)],
    ["well", "ill"],
    {"kind": "standardise", "mean": [0.0] * PARTS, "scale": [1.0] * PARTS},
)


def wide_predictor() -> LoadedPredictor:
    """Ten features, weights large enough that features act together."""
    return toy(WIDE, factor=2.5)


def wide_rows(count: int) -> list[dict[str, float]]:
    """Cases of ten standard normal features."""
    values = np.random.default_rng(6).normal(size=(count, PARTS)).tolist()
    return [dict(zip(WIDE.features, row, strict=True)) for row in values]


def exact_values(predictor: LoadedPredictor, rows: Sequence[Any]) -> tuple[Any, list[int]]:
    """Shapley values of the log-odds of the more probable class by all 1,024 coalitions, and the columns."""
    import torch

    design = exact_design(PARTS)
    inputs = predictor.tensor(rows)
    with torch.no_grad():
        columns = predictor.module(inputs).argmax(dim=1).tolist()
        values = [
            log_odds(predictor)(torch.from_numpy(design.kept) * row)[:, column].numpy()
            for row, column in zip(inputs, columns, strict=True)
        ]
    return np.array(values) @ design.linear.T, columns


def exact_by_orders(predictor: LoadedPredictor, row: Any, *, column: int) -> Any:
    """The same by the definition: the mean gain of each feature over every order of the features."""
    import torch

    inputs = predictor.tensor([row])[0]
    count = len(inputs)
    subsets = (torch.arange(2**count)[:, None] >> torch.arange(count)) & 1
    with torch.no_grad():
        worth = log_odds(predictor)(subsets * inputs)[:, column].tolist()
    gains, orders = np.zeros(count), list(permutations(range(count)))
    for order in orders:
        inside = 0
        for part in order:
            gains[part] += worth[inside | 1 << part] - worth[inside]
            inside |= 1 << part
    return gains / len(orders)


def relative_error(found: Any, exact: Any) -> float:
    """Mean absolute error over mean absolute value."""
    values = [each.values for each in found] if isinstance(found[0], Explanation) else found
    return float(np.abs(np.asarray(values) - exact).mean() / np.abs(exact).mean())
