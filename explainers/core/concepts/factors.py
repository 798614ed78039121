"""Concepts that nobody named: non-negative factors of what a layer says, and the patches that show them."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.concepts.layers import layer_maps, output_from
from explainers.core.errors import ExplanationRefused

if TYPE_CHECKING:
    import torch

    from explainers.core.predictor import LoadedPredictor

ITERATIONS = 1000


@dataclass(frozen=True)
class Factors:
    """
    Concepts of a layer.

    Parameters
    ----------
    layer : str
        Name of the module.
    directions : numpy.ndarray
        float64, (concepts, channels), not negative, of length 1.
    amounts : numpy.ndarray
        float64, (pictures, height, width, concepts): how much of each is where in the pictures they were found in.
    error : float
        Share of the layer's sum of squares that the concepts leave out.
    """

    directions: NDArray[np.float64]
    layer: str
    amounts: NDArray[np.float64]
    error: float


def factorise(predictor: "LoadedPredictor", *, inputs: "torch.Tensor", layer: str, count: int) -> Factors:
    """
    Find concepts: non-negative directions of which everything that a layer says is nearly a sum.

    Definition: A is the layer's output with one row per place of every picture; A is nearly U W with U and W not
    negative (least squares, started from the singular vectors). W are the concepts, U their amounts.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    inputs : torch.Tensor
        Pictures, (n, ...).
    layer : str
        Name of a module whose output has no negative values, such as one after a ReLU.
    count : int
        How many concepts.

    Returns
    -------
    Factors
        In the order of their share, the largest first.

    Raises
    ------
    ExplanationRefused
        If the layer gives no maps, or negative values, or has fewer channels than concepts are wanted.

    References
    ----------
    .. [1] Fel et al. (2023). CRAFT: concept recursive activation factorization. arXiv:2211.10154
    """
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    maps = layer_maps(predictor, inputs=inputs, layer=layer).double().numpy()
    if maps.ndim != 4 or (maps < 0).any():
        raise ExplanationRefused(
            f"The layer {layer} gives no maps without negative values; take one after a ReLU."
        )
    pictures, channels, height, width = maps.shape
    if count > channels:
        raise ExplanationRefused(
            f"The layer {layer} has {channels} channels; {count} concepts cannot be told apart."
        )
    rows = maps.transpose(0, 2, 3, 1).reshape(-1, channels)
    with warnings.catch_warnings():  # the error that is left is reported instead
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = (
            NMF(count, init="nndsvda", max_iter=ITERATIONS, tol=1e-5, random_state=0).fit(rows).components_
        )
    length = np.linalg.norm(found, axis=1, keepdims=True)
    directions = np.divide(found, length, out=np.zeros_like(found), where=length > 0)
    amounts = amounts_of(rows, directions=directions)
    order = np.argsort(-amounts.sum(axis=0), kind="stable")
    directions, amounts = directions[order], amounts[:, order]
    whole = float((rows**2).sum())
    return Factors(
        layer=layer,
        directions=directions,
        amounts=amounts.reshape(pictures, height, width, count),
        error=float(((rows - amounts @ directions) ** 2).sum()) / whole if whole else 0.0,
    )


def amounts_of(rows: NDArray[np.float64], *, directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return how much of each concept is in what a layer says at a place.

    Definition: u not negative that minimises |a - u W|, for each place by itself.

    Parameters
    ----------
    rows : numpy.ndarray
        float64, (places, channels).
    directions : numpy.ndarray
        float64, (concepts, channels).

    Returns
    -------
    numpy.ndarray
        float64, (places, concepts).

    Examples
    --------
    >>> import numpy as np
    >>> amounts_of(np.array([[2.0, 3.0]]), directions=np.eye(2)).tolist()
    [[2.0, 3.0]]
    """
    from scipy.optimize import nnls

    found = [nnls(directions.T, row)[0] for row in rows]
    return np.array(found, dtype=np.float64).reshape(len(rows), len(directions))


def concept_effects(
    predictor: "LoadedPredictor", factors: Factors, *, inputs: "torch.Tensor", target: int, space: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return what the output of one case loses without each concept.

    Definition: f(A) - f(A - u_k w_k), where the part of concept k is taken out of the layer at all places, and what
    would be negative is 0.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    factors : Factors
        The concepts.
    inputs : torch.Tensor
        One case, (1, ...).
    target : int
        Column of the class.
    space : str
        What of the output is explained.

    Returns
    -------
    tuple of numpy.ndarray
        Effects, float64, (concepts,); amounts, float64, (height, width, concepts).
    """
    import torch

    maps = layer_maps(predictor, inputs=inputs, layer=factors.layer).double()
    _, channels, height, width = maps.shape
    rows = maps[0].numpy().transpose(1, 2, 0).reshape(-1, channels)
    amounts = amounts_of(rows, directions=factors.directions)
    without = np.stack(
        [
            np.maximum(rows - np.outer(amounts[:, k], direction), 0)
            for k, direction in enumerate(factors.directions)
        ]
    )
    changed = torch.from_numpy(without.reshape(-1, height, width, channels).transpose(0, 3, 1, 2).copy())
    outputs = output_from(
        predictor,
        inputs=inputs,
        layer=factors.layer,
        maps=torch.cat([maps, changed]).float(),
        target=target,
        space=space,
    )
    return outputs[0] - outputs[1:], amounts.reshape(height, width, -1)


def best_patches(
    factors: Factors, *, concept: int, keys: Sequence[str], size: tuple[int, int], count: int
) -> list[dict[str, Any]]:
    """
    Return the patches that show a concept best, each from another picture.

    Parameters
    ----------
    factors : Factors
        The concepts.
    concept : int
        Which.
    keys : Sequence of str
        Name of each picture.
    size : tuple of int
        (height, width) of the pictures in pixels.
    count : int
        How many at most.

    Returns
    -------
    list of dict
        `case`, `top`, `left`, `height`, `width` in pixels, `amount`; the largest amount first, none of 0.
    """
    here = factors.amounts[..., concept]
    _, high, wide = here.shape
    patches = []
    for picture in np.argsort(-here.reshape(len(here), -1).max(axis=1), kind="stable")[:count].tolist():
        row, column = divmod(int(here[picture].argmax()), wide)
        amount = float(here[picture, row, column])
        if amount > 0:
            top, left = row * size[0] // high, column * size[1] // wide
            patches.append(
                {
                    "case": keys[picture],
                    "top": top,
                    "left": left,
                    "height": (row + 1) * size[0] // high - top,
                    "width": (column + 1) * size[1] // wide - left,
                    "amount": amount,
                }
            )
    return patches
