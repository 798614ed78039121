"""Looking into a layer: what it says of cases, and how the output depends on it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.errors import ExplanationRefused
from explainers.core.target import target_output

if TYPE_CHECKING:
    import torch

    from explainers.core.predictor import LoadedPredictor

    Rows = torch.Tensor

CHUNK = 32


def layer_named(predictor: "LoadedPredictor", name: str) -> str:
    """
    Return the module that a layer's name means.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    name : str
        A tap (`penultimate`, `cam`, ...) or the name of a module.

    Returns
    -------
    str
        Name of a module.

    Raises
    ------
    ExplanationRefused
        If there is no such layer.
    """
    found = predictor.taps.get(name, name)
    if not found or found not in dict(predictor.module.named_modules()):
        raise ExplanationRefused(
            f"The predictor has no layer {name!r}; it has the taps {', '.join(sorted(predictor.taps))}."
        )
    return str(found)


def layer_maps(predictor: "LoadedPredictor", *, inputs: "Rows", layer: str) -> "Rows":
    """
    Return the outputs of a layer.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    inputs : torch.Tensor
        As `predictor.tensor` gives them, (n, ...).
    layer : str
        Name of a module.

    Returns
    -------
    torch.Tensor
        (n, width) or (n, channels, height, width), float32.

    Raises
    ------
    ExplanationRefused
        If the layer has another shape.
    """
    import torch

    found = []
    for part, size in _chunks(inputs):
        kept: list[torch.Tensor] = []
        with torch.no_grad(), _hook(predictor, layer, kept.append):
            predictor.module(part)
        found.append(kept[0][:size])
    whole = torch.cat(found)
    if whole.dim() not in (2, 4):
        raise ExplanationRefused(
            f"The layer {layer} gives arrays of {whole.dim() - 1} dimensions; concepts are looked for in vectors and "
            "maps."
        )
    return whole


def layer_vectors(predictor: "LoadedPredictor", *, inputs: "Rows", layer: str) -> NDArray[np.float64]:
    """
    Return one vector per case: the outputs of a layer, maps averaged over their places.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    inputs : torch.Tensor
        (n, ...).
    layer : str
        Name of a module.

    Returns
    -------
    numpy.ndarray
        float64, (n, width).
    """
    maps = layer_maps(predictor, inputs=inputs, layer=layer).double()
    found: NDArray[np.float64] = (maps.mean(dim=(2, 3)) if maps.dim() == 4 else maps).numpy()
    return found


def layer_gradients(
    predictor: "LoadedPredictor", *, inputs: "Rows", layer: str, targets: Sequence[int], space: str
) -> NDArray[np.float64]:
    """
    Return the derivative of what is explained with respect to the vector of a layer.

    Definition: of a map the sum over its places, that is the change of f per unit by which all places move together;
    this belongs to the averaged vector of `layer_vectors`.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    inputs : torch.Tensor
        (n, ...).
    layer : str
        Name of a module.
    targets : Sequence of int
        Column of the class explained, per case.
    space : str
        `log_odds`, `score` or `probability`.

    Returns
    -------
    numpy.ndarray
        float64, (n, width).
    """
    import torch

    columns = torch.as_tensor(list(targets))
    found, begin = [], 0
    for part, size in _chunks(inputs):
        leaves: list[torch.Tensor] = []

        def leaf(out: "torch.Tensor", leaves: "list[torch.Tensor]" = leaves) -> "torch.Tensor":
            leaves.append(out.detach().requires_grad_())
            return leaves[0]

        filled = torch.zeros(len(part), dtype=torch.int64)
        filled[:size] = columns[begin : begin + size]
        with torch.enable_grad(), _hook(predictor, layer, leaf):
            out = target_output(predictor.module(part), targets=filled, space=space)
            (slope,) = torch.autograd.grad(out.sum(), leaves)
        found.append((slope.sum(dim=(2, 3)) if slope.dim() == 4 else slope)[:size].double())
        begin += size
    whole: NDArray[np.float64] = torch.cat(found).numpy()
    return whole


def output_from(
    predictor: "LoadedPredictor", *, inputs: "Rows", layer: str, maps: "Rows", target: int, space: str
) -> NDArray[np.float64]:
    """
    Return what is explained if a layer had said something else.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    inputs : torch.Tensor
        One case, (1, ...).
    layer : str
        Name of a module.
    maps : torch.Tensor
        What the layer says instead, (n, ...).
    target : int
        Column of the class.
    space : str
        `log_odds`, `score` or `probability`.

    Returns
    -------
    numpy.ndarray
        float64, (n,).
    """
    import torch

    found = []
    for part, size in _chunks(maps):
        rows = inputs.expand(len(part), *inputs.shape[1:])
        with torch.no_grad(), _hook(predictor, layer, partial(_instead, part)):
            scores = predictor.module(rows)
        columns = torch.full((len(part),), target)
        found.append(target_output(scores, targets=columns, space=space)[:size].double())
    whole: NDArray[np.float64] = torch.cat(found).numpy()
    return whole


def _chunks(inputs: "Rows") -> "Iterator[tuple[Rows, int]]":
    """Yield chunks of one size, the last filled up with its first row, so that company changes nothing."""
    import torch

    for begin in range(0, len(inputs), CHUNK):
        part = inputs[begin : begin + CHUNK]
        missing = CHUNK - len(part)
        yield torch.cat([part, part[:1].expand(missing, *part.shape[1:])]) if missing else part, len(part)


def _instead(part: "Rows", out: "Rows") -> "Rows":
    return part.to(out)


@contextmanager
def _hook(predictor: "LoadedPredictor", layer: str, see: "Callable[[Any], Any]") -> Iterator[None]:
    module = predictor.module.get_submodule(layer)
    handle = module.register_forward_hook(lambda _module, _inputs, out: see(out))
    try:
        yield
    finally:
        handle.remove()
