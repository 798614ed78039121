"""Copies of a predictor that forgot what they learned: an explanation that does not notice is no explanation."""

from copy import copy, deepcopy
from typing import TYPE_CHECKING

from explainers.core.draws import generator_of

if TYPE_CHECKING:
    from torch import nn

    from explainers.core.predictor import LoadedPredictor


def layers_of(predictor: "LoadedPredictor") -> list[str]:
    """
    Name the modules of a network that have parameters of their own, from the inputs to the output.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.

    Returns
    -------
    list of str
        In the order of the network's declaration.
    """
    network: nn.Module = predictor.module
    return [name for name, module in network.named_modules() if list(module.parameters(recurse=False))]


def randomised_copy(
    predictor: "LoadedPredictor", *, seed: str, layers: list[str] | None = None
) -> "LoadedPredictor":
    """
    Return a copy of a predictor in which the numbers of layers are shuffled.

    Definition: the numbers of every tensor of the layers (weights, biases, running statistics) are permuted at random
    within the tensor. Histogram and scale stay, what was learned goes. The original is not touched.

    Parameters
    ----------
    predictor : LoadedPredictor
        The trained one.
    seed : str
        Any text; equal texts give equal copies.
    layers : list of str or None
        Names as `layers_of` gives them; None for all.

    Returns
    -------
    LoadedPredictor
        With the same preprocessing and classes.

    References
    ----------
    .. [1] Adebayo et al. (2018). Sanity checks for saliency maps. arXiv:1810.03292
    """
    import torch

    twin = copy(predictor)
    twin.module = deepcopy(predictor.module)
    for name in layers_of(predictor) if layers is None else layers:
        layer: nn.Module = twin.module.get_submodule(name)
        own = [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]
        for part, tensor in own:
            order = generator_of(f"{seed}:{name}:{part}").permutation(tensor.numel())
            with torch.no_grad():
                tensor.copy_(tensor.flatten()[torch.from_numpy(order).to(tensor.device)].view_as(tensor))
    return twin


def cascade(predictor: "LoadedPredictor", *, seed: str) -> "list[tuple[str, LoadedPredictor]]":
    """
    Return copies in which more and more layers are shuffled, from the output to the inputs.

    Parameters
    ----------
    predictor : LoadedPredictor
        The trained one.
    seed : str
        Any text.

    Returns
    -------
    list of tuple
        (name of the layer that was shuffled last, copy); the last copy has no trained layer left.
    """
    order = layers_of(predictor)[::-1]
    return [
        (name, randomised_copy(predictor, seed=seed, layers=order[: place + 1]))
        for place, name in enumerate(order)
    ]
