"""The allow-list of networks: weights only ever meet an architecture that is written here."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explainers.core.errors import PredictorRefused

if TYPE_CHECKING:
    from torch import nn

MAXIMUM_WIDTH = 4096
MAXIMUM_DEPTH = 8


@dataclass(frozen=True)
class Architecture:
    """
    A family of networks.

    Parameters
    ----------
    name : str
        The name that a predictor declares.
    label : str
        For people.
    shapes : Callable
        From parameters to name and shape of every tensor; raises PredictorRefused for wrong parameters.
    build : Callable
        From parameters to an untrained network; imports torch.
    """

    name: str
    label: str
    shapes: Callable[[Mapping[str, Any]], dict[str, tuple[int, ...]]]
    build: Callable[[Mapping[str, Any]], "nn.Module"]


def architecture_get(name: str) -> Architecture:
    """
    Take an architecture from the allow-list.

    Parameters
    ----------
    name : str
        Such as `mlp`.

    Returns
    -------
    Architecture
        The registered one.

    Raises
    ------
    PredictorRefused
        If no architecture of that name is registered.

    Examples
    --------
    >>> architecture_get("mlp").shapes({"inputs": 2, "hidden": [], "outputs": 2})
    {'out.weight': (2, 2), 'out.bias': (2,)}
    """
    if name not in ARCHITECTURES:
        raise PredictorRefused(
            f"There is no architecture {name[:80]!r}; registered are: {', '.join(ARCHITECTURES)}."
        )
    return ARCHITECTURES[name]


def _mlp_widths(parameters: Mapping[str, Any]) -> list[int]:
    if set(parameters) != {"inputs", "hidden", "outputs"}:
        raise PredictorRefused(
            f"The architecture mlp has the parameters inputs, hidden and outputs, not {sorted(map(str, parameters))}."
        )
    hidden = parameters["hidden"]
    if not isinstance(hidden, list | tuple) or len(hidden) > MAXIMUM_DEPTH:
        raise PredictorRefused(f"hidden is a list of at most {MAXIMUM_DEPTH} widths.")
    widths = [parameters["inputs"], *hidden, parameters["outputs"]]
    if any(type(width) is not int or not 1 <= width <= MAXIMUM_WIDTH for width in widths):
        raise PredictorRefused(
            f"Every width of an mlp is a whole number from 1 to {MAXIMUM_WIDTH}, not {widths}."
        )
    return widths


def _mlp_names(widths: list[int]) -> list[str]:
    return [f"hidden{number}" for number in range(1, len(widths) - 1)] + ["out"]


def mlp_shapes(parameters: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """
    Return name and shape of every tensor of a multi-layer perceptron.

    Parameters
    ----------
    parameters : Mapping
        `inputs` (features), `hidden` (list of widths), `outputs` (classes).

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
    widths = _mlp_widths(parameters)
    shapes: dict[str, tuple[int, ...]] = {}
    for name, before, after in zip(_mlp_names(widths), widths, widths[1:], strict=False):
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (after, before), (after,)
    return shapes


def mlp_build(parameters: Mapping[str, Any]) -> "nn.Module":
    """
    Build an untrained multi-layer perceptron with ReLU between its layers.

    Every ReLU is a module of its own and used once: functional or shared nonlinearities make several
    attribution methods silently wrong.

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

    widths = _mlp_widths(parameters)
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for name, before, after in zip(_mlp_names(widths), widths, widths[1:], strict=False):
        modules[name] = nn.Linear(before, after)
        if name != "out":
            modules[f"{name}_relu"] = nn.ReLU()
    return nn.Sequential(modules)


ARCHITECTURES = {
    "mlp": Architecture(name="mlp", label="Multi-layer perceptron", shapes=mlp_shapes, build=mlp_build),
}
