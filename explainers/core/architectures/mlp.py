"""Multi-layer perceptrons for tabular cases; without hidden layers a linear or logistic regression."""

from collections import OrderedDict
from collections.abc import Mapping
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

MAXIMUM_WIDTH = 4096
MAXIMUM_DEPTH = 8
ACTIVATIONS = ("relu", "tanh", "logistic", "identity")


def _widths(parameters: Mapping[str, Any]) -> list[int]:
    parameter_keys(
        parameters,
        name="mlp",
        needed={"inputs", "hidden", "outputs"},
        optional=frozenset({"activation"}),
    )
    if parameters.get("activation", "relu") not in ACTIVATIONS:
        raise PredictorRefused(f"The activation of an mlp is one of {', '.join(ACTIVATIONS)}.")
    return [
        whole_number(parameters, "inputs", low=1, high=MAXIMUM_WIDTH),
        *width_list(parameters, "hidden", most=MAXIMUM_DEPTH, high=MAXIMUM_WIDTH),
        whole_number(parameters, "outputs", low=1, high=MAXIMUM_WIDTH),
    ]


def _names(widths: list[int]) -> list[str]:
    return [f"hidden{number}" for number in range(1, len(widths) - 1)] + ["out"]


def mlp_shapes(parameters: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """
    Return name and shape of every tensor of a multi-layer perceptron.

    Parameters
    ----------
    parameters : Mapping
        `inputs` (features), `hidden` (list of widths), `outputs` (classes, or 1 for a regression), and if
        wanted `activation` (`relu`, `tanh`, `logistic`, `identity`).

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
    >>> list(mlp_shapes({"inputs": 4, "hidden": [8], "outputs": 2}))
    ['hidden1.weight', 'hidden1.bias', 'out.weight', 'out.bias']
    """
    widths = _widths(parameters)
    shapes: dict[str, tuple[int, ...]] = {}
    for name, before, after in zip(_names(widths), widths, widths[1:], strict=False):
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (after, before), (after,)
    return shapes


def mlp_build(parameters: Mapping[str, Any]) -> "nn.Module":
    """
    Build an untrained multi-layer perceptron with one activation module after each hidden layer.

    Parameters
    ----------
    parameters : Mapping
        As for `mlp_shapes`.

    Returns
    -------
    torch.nn.Module
        From float32 (n, inputs) to scores (n, outputs).
    """
    from torch import nn

    widths = _widths(parameters)
    activation = parameters.get("activation", "relu")
    made = {"relu": nn.ReLU, "tanh": nn.Tanh, "logistic": nn.Sigmoid, "identity": nn.Identity}[activation]
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for name, before, after in zip(_names(widths), widths, widths[1:], strict=False):
        modules[name] = nn.Linear(before, after)
        if name != "out":
            modules[f"{name}_{activation}"] = made()
    if len(widths) == 2:  # a linear predictor's penultimate layer is what goes in
        modules = OrderedDict([("inputs", nn.Identity()), *modules.items()])
    return nn.Sequential(modules)


def mlp_taps(parameters: Mapping[str, Any]) -> dict[str, str]:
    """
    Name the penultimate layer.

    Parameters
    ----------
    parameters : Mapping
        As for `mlp_shapes`.

    Returns
    -------
    dict
        `penultimate`: the last activation, or the inputs of a linear predictor.

    Examples
    --------
    >>> mlp_taps({"inputs": 4, "hidden": [8, 3], "outputs": 2})
    {'penultimate': 'hidden2_relu'}
    """
    depth = len(_widths(parameters)) - 2
    return {"penultimate": f"hidden{depth}_{parameters.get('activation', 'relu')}" if depth else "inputs"}


ARCHITECTURES.register(
    Architecture(
        name="mlp",
        version="1",
        label="Multi-layer perceptron",
        reference="Rumelhart, Hinton, Williams (1986). doi:10.1038/323533a0",
        modality=lambda parameters: "tabular",
        inputs=lambda parameters: (_widths(parameters)[0],),
        outputs=lambda parameters: _widths(parameters)[-1],
        shapes=mlp_shapes,
        build=mlp_build,
        taps=mlp_taps,
    )
)
