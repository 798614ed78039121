"""The allow-list of networks: weights only ever meet an architecture that is written on this shelf, one file each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explainers.core.errors import PredictorRefused
from explainers.core.registry import Registry, UnknownPluginError

if TYPE_CHECKING:
    from torch import nn

MODALITIES = ("tabular", "image", "text")


@dataclass(frozen=True)
class Architecture:
    """
    A family of networks.

    Parameters
    ----------
    name : str
        The name that a predictor declares.
    version : str
        Changes when the same weights would give other scores.
    label : str
        For people.
    reference : str
        Where it comes from.
    modality : Callable
        From parameters to `tabular`, `image` or `text`.
    inputs : Callable
        From parameters to what a row is: (features,), (channels, height, width) or (length,); a size that is
        free is 0.
    outputs : Callable
        From parameters to the number of scores.
    shapes : Callable
        From parameters to name and shape of every tensor; raises PredictorRefused for wrong parameters.
        Tensors are float32, only counters called `num_batches_tracked` are int64. Imports no torch.
    build : Callable
        From parameters to an untrained network; imports torch. Every nonlinearity is a module of its own and
        used once: functional or shared ones make several methods of attribution silently wrong.
    taps : Callable
        From parameters to names of modules whose outputs others use: `penultimate` always; `cam`,
        `embedding`, `concepts` where there are such.
    """

    name: str
    version: str
    label: str
    reference: str
    modality: Callable[[Mapping[str, Any]], str]
    inputs: Callable[[Mapping[str, Any]], tuple[int, ...]]
    outputs: Callable[[Mapping[str, Any]], int]
    shapes: Callable[[Mapping[str, Any]], dict[str, tuple[int, ...]]]
    build: Callable[[Mapping[str, Any]], "nn.Module"]
    taps: Callable[[Mapping[str, Any]], dict[str, str]]


ARCHITECTURES: Registry[Architecture] = Registry(
    kind="architecture", shelf="explainers.core.architectures", group="assay.architectures"
)


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
    try:
        return ARCHITECTURES.get(name)
    except UnknownPluginError as error:
        raise PredictorRefused(
            f"There is no architecture {str(name)[:80]!r}; registered are: {', '.join(ARCHITECTURES.names())}."
        ) from error


def parameter_keys(
    parameters: Mapping[str, Any], *, name: str, needed: set[str], optional: frozenset[str] = frozenset()
) -> None:
    """
    Check the names of the parameters of an architecture.

    Parameters
    ----------
    parameters : Mapping
        What a predictor declares.
    name : str
        The architecture, for the message.
    needed : set of str
        Names that have to be there.
    optional : frozenset of str
        Names that may be there.

    Raises
    ------
    PredictorRefused
        If a name is missing or unknown.
    """
    given = set(parameters)
    if not needed <= given <= needed | optional:
        *most, last = sorted(needed)
        words = f"{', '.join(most)} and {last}" if most else last
        more = f" (and may have {', '.join(sorted(optional))})" if optional else ""
        raise PredictorRefused(
            f"The architecture {name} has the parameters {words}{more}, not {sorted(map(str, given))!s:.200}."
        )


def whole_number(parameters: Mapping[str, Any], word: str, *, low: int, high: int) -> int:
    """
    Read a parameter that is a whole number.

    Parameters
    ----------
    parameters : Mapping
        What a predictor declares.
    word : str
        Its name.
    low : int
        The least it may be.
    high : int
        The most it may be.

    Returns
    -------
    int
        The number.

    Raises
    ------
    PredictorRefused
        If it is anything else (a boolean is no number).

    Examples
    --------
    >>> whole_number({"outputs": 2}, "outputs", low=1, high=9)
    2
    """
    value = parameters.get(word)
    if type(value) is not int or not low <= value <= high:
        raise PredictorRefused(f"{word} is a whole number from {low} to {high}, not {str(value)[:40]}.")
    return value


def width_list(parameters: Mapping[str, Any], word: str, *, most: int, high: int) -> list[int]:
    """
    Read a parameter that is a list of widths.

    Parameters
    ----------
    parameters : Mapping
        What a predictor declares.
    word : str
        Its name.
    most : int
        How many there may be.
    high : int
        The largest width.

    Returns
    -------
    list of int
        The widths.

    Raises
    ------
    PredictorRefused
        If it is anything else.
    """
    values = parameters.get(word)
    if not isinstance(values, list | tuple) or len(values) > most:
        raise PredictorRefused(f"{word} is a list of at most {most} widths.")
    if any(type(value) is not int or not 1 <= value <= high for value in values):
        raise PredictorRefused(
            f"Every width in {word} is a whole number from 1 to {high}, not {list(values)}."
        )
    return list(values)
