"""Training the small networks of the demo: from a fixed seed, on one thread, in seconds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.predictor import PredictorSpec


@dataclass(frozen=True)
class Recipe:
    """
    How a network of the demo is trained, by AdamW and the cross-entropy.

    Parameters
    ----------
    epochs : int
        How often every case is seen.
    rate : float
        Learning rate.
    decay : float
        Weight decay.
    seed : int
        Of first weights and order.
    batch : int
        Cases a step; 0 for all together.
    """

    epochs: int
    rate: float
    decay: float
    seed: int
    batch: int = 0


def trained_weights(
    spec: PredictorSpec, *, inputs: NDArray[Any], labels: NDArray[np.int64], recipe: Recipe
) -> bytes:
    """
    Train a network.

    Parameters
    ----------
    spec : PredictorSpec
        The declaration.
    inputs : numpy.ndarray
        What the network takes, one row per case.
    labels : numpy.ndarray
        Number of the class of each case.
    recipe : Recipe
        How.

    Returns
    -------
    bytes
        A safetensors file; the same each time on one machine. The last bits may differ between versions of torch,
        therefore a study names the digest.
    """
    import torch
    from safetensors.torch import save

    from explainers.core.engine import one_thread

    rows, truth = torch.from_numpy(inputs), torch.from_numpy(labels)
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = spec.family.build(spec.parameters)
        optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
        for _ in range(recipe.epochs):
            order = torch.randperm(len(rows)) if recipe.batch else torch.arange(len(rows))
            for places in torch.split(order, recipe.batch or len(rows)):
                optimiser.zero_grad()
                loss: torch.Tensor = torch.nn.functional.cross_entropy(network(rows[places]), truth[places])
                torch.autograd.backward(loss)
                optimiser.step()
    return save({name: value.contiguous() for name, value in network.state_dict().items()})
