"""A small convolutional network: blocks of convolution, normalisation, ReLU and pooling, then one linear layer."""

from collections import OrderedDict
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from explainers.core.architectures import (
    ARCHITECTURES,
    Architecture,
    parameter_keys,
    whole_number,
    width_list,
)
from explainers.core.errors import PredictorRefused

if TYPE_CHECKING:
    from torch import nn

MAXIMUM_BLOCKS = 6
MAXIMUM_CHANNELS = 1024
MAXIMUM_SIDE = 1024
MAXIMUM_OUTPUTS = 4096
POOLS = ("maximum", "average")
NEEDED = {"channels", "widths", "outputs"}


def _read(parameters: Mapping[str, Any]) -> tuple[list[int], int]:
    parameter_keys(parameters, name="cnn", needed=NEEDED, optional=frozenset({"pool", "size"}))
    if parameters.get("pool", "maximum") not in POOLS:
        raise PredictorRefused(f"The pool of a cnn is one of {', '.join(POOLS)}.")
    channels = whole_number(parameters, "channels", low=1, high=16)
    widths = width_list(parameters, "widths", most=MAXIMUM_BLOCKS, high=MAXIMUM_CHANNELS)
    if not widths:
        raise PredictorRefused("A cnn needs at least one width.")
    return [channels, *widths], whole_number(parameters, "outputs", low=1, high=MAXIMUM_OUTPUTS)


def cnn_size(parameters: Mapping[str, Any]) -> tuple[int, ...]:
    """
    Return what a row is.

    Parameters
    ----------
    parameters : Mapping
        `size`, the side of the square picture, may be left out.

    Returns
    -------
    tuple of int
        (channels, height, width); 0 if the size is free.

    Raises
    ------
    PredictorRefused
        If the size is too small for the number of halvings.
    """
    widths, _ = _read(parameters)
    if "size" not in parameters:
        return (widths[0], 0, 0)
    side = whole_number(parameters, "size", low=2 ** (len(widths) - 1), high=MAXIMUM_SIDE)
    return (widths[0], side, side)


def cnn_shapes(parameters: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """
    Return name and shape of every tensor of a small CNN.

    Parameters
    ----------
    parameters : Mapping
        `channels` of the picture, `widths` (channels of each block), `outputs`; if wanted `pool` over the
        whole map (`maximum` or `average`) and `size` (side in pixels).

    Returns
    -------
    dict
        Tensor name to shape.

    Raises
    ------
    PredictorRefused
        If a parameter is missing, unknown or out of range.

    Examples
    --------
    >>> cnn_shapes({"channels": 3, "widths": [16], "outputs": 2})["conv1.weight"]
    (16, 3, 3, 3)
    """
    widths, outputs = _read(parameters)
    cnn_size(parameters)
    shapes: dict[str, tuple[int, ...]] = {}
    for number, (before, after) in enumerate(pairwise(widths), start=1):
        shapes[f"conv{number}.weight"] = (after, before, 3, 3)
        shapes |= norm_shapes(f"norm{number}", after)
    return {**shapes, "out.weight": (outputs, widths[-1]), "out.bias": (outputs,)}


def norm_shapes(name: str, width: int) -> dict[str, tuple[int, ...]]:
    """
    Return the tensors of one batch normalisation.

    Parameters
    ----------
    name : str
        Of the module.
    width : int
        Channels.

    Returns
    -------
    dict
        Weight, bias, running mean and variance, and the counter.
    """
    shapes: dict[str, tuple[int, ...]] = {
        f"{name}.{word}": (width,) for word in ("weight", "bias", "running_mean", "running_var")
    }
    return {**shapes, f"{name}.num_batches_tracked": ()}


def cnn_build(parameters: Mapping[str, Any]) -> "nn.Module":
    """
    Build an untrained small CNN.

    Parameters
    ----------
    parameters : Mapping
        As for `cnn_shapes`.

    Returns
    -------
    torch.nn.Module
        From float32 (n, channels, height, width) to scores (n, outputs); sides of any length from 2 to the
        number of blocks. `cam_layer` names the last map before pooling.
    """
    from torch import nn

    widths, outputs = _read(parameters)
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for number, (before, after) in enumerate(pairwise(widths), start=1):
        modules[f"conv{number}"] = nn.Conv2d(before, after, 3, padding=1, bias=False)
        modules[f"norm{number}"] = nn.BatchNorm2d(after)
        modules[f"relu{number}"] = nn.ReLU()
        modules[f"pool{number}"] = nn.MaxPool2d(2)
    whole = (
        nn.AdaptiveMaxPool2d(1) if parameters.get("pool", "maximum") == "maximum" else nn.AdaptiveAvgPool2d(1)
    )
    modules["pool"], modules["flat"], modules["out"] = whole, nn.Flatten(), nn.Linear(widths[-1], outputs)
    network = nn.Sequential(modules)
    network.cam_layer = f"relu{len(widths) - 1}"  # type: ignore[assignment]
    return network


ARCHITECTURES.register(
    Architecture(
        name="cnn",
        version="1",
        label="Small convolutional network",
        reference="LeCun, Bottou, Bengio, Haffner (1998). doi:10.1109/5.726791",
        modality=lambda parameters: "image",
        inputs=cnn_size,
        outputs=lambda parameters: _read(parameters)[1],
        shapes=cnn_shapes,
        build=cnn_build,
        taps=lambda parameters: {"penultimate": "flat", "cam": f"relu{len(_read(parameters)[0]) - 1}"},
    )
)
