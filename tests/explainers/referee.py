"""The referee of the methods: Captum 0.9 as it comes, one case at a time, on a forward function written anew."""

from typing import Any

import numpy as np

from explainers.core.attribution import Explanation
from explainers.core.predictor import LoadedPredictor

TOLERANCE = 1e-4


def log_odds(predictor: LoadedPredictor) -> Any:
    """Log of the odds of each class, from probabilities, in double precision after the network."""
    import torch

    def forward(rows: Any) -> Any:
        p = torch.softmax(predictor.module(rows).double(), dim=1)
        return torch.log(p) - torch.log1p(-p)

    return forward


def score(predictor: LoadedPredictor) -> Any:
    """The network itself."""
    return predictor.module


def column(predictor: LoadedPredictor, found: Explanation) -> int:
    """The column of the class explained."""
    return list(predictor.spec.classes).index(found.target_class)


def patches(side: int, *, patch: int) -> Any:
    """Captum's feature mask of square patches of a picture."""
    import torch

    along = torch.arange(side) // patch
    return (along[:, None] * -(-side // patch) + along)[None, None]


def assert_agrees(found: Explanation, referee: Any) -> None:
    """The largest difference is at most 1e-4 of the referee's largest value."""
    values = np.asarray(found.values, dtype=np.float64)
    known = np.asarray(referee, dtype=np.float64).reshape(-1)
    assert values.shape == known.shape
    assert np.abs(values - known).max() <= TOLERANCE * max(np.abs(known).max(), 1e-3)
