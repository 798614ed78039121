"""Which cases are near a case, and which are typical, in what a predictor sees."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def cosine_distances(one: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return the distance of a vector from others.

    Formula: 1 - x y / (|x| |y|).

    Parameters
    ----------
    one : numpy.ndarray
        float64, (width,).
    others : numpy.ndarray
        float64, (n, width).

    Returns
    -------
    numpy.ndarray
        float64, (n,): 0 to 2; 1 if a vector is 0.

    Examples
    --------
    >>> cosine_distances(np.array([1.0, 0.0]), np.array([[2.0, 0.0], [0.0, 3.0], [0.0, 0.0]])).tolist()
    [0.0, 1.0, 1.0]
    """
    length = np.linalg.norm(one) * np.linalg.norm(others, axis=1)
    product = (others * one).sum(axis=1)
    found: NDArray[np.float64] = 1 - np.divide(product, length, out=np.zeros_like(product), where=length > 0)
    return found


def nearest_per_class(
    distances: NDArray[np.float64], *, labels: Sequence[str], count: int
) -> dict[str, list[int]]:
    """
    Return the nearest cases of each class.

    Parameters
    ----------
    distances : numpy.ndarray
        float64, (n,).
    labels : Sequence of str
        Outcome of each case.
    count : int
        How many of each class at most.

    Returns
    -------
    dict
        Class to places, the nearest first; ties in their order.

    Examples
    --------
    >>> nearest_per_class(np.array([0.3, 0.1, 0.2]), labels=["a", "a", "b"], count=1)
    {'a': [1], 'b': [2]}
    """
    order = np.argsort(distances, kind="stable").tolist()
    return {name: [place for place in order if labels[place] == name][:count] for name in sorted(set(labels))}


def prototypes(vectors: NDArray[np.float64], *, count: int) -> list[int]:
    """
    Choose the cases that stand best for all, one after the other (MMD-critic).

    Definition: with the kernel k(x, y) = exp(-|x - y|^2 / s), s the median of the squared distances, the cases whose
    sum F = 2/(n m) sum_ij k(x_i, p_j) - 1/m^2 sum_ij k(p_i, p_j) grows most are taken in turn.

    Parameters
    ----------
    vectors : numpy.ndarray
        float64, (n, width).
    count : int
        How many, at most n.

    Returns
    -------
    list of int
        Places, the first chosen first.

    References
    ----------
    .. [1] Kim, Khanna, Koyejo (2016). Examples are not enough, learn to criticize. NeurIPS 29.

    Examples
    --------
    >>> prototypes(np.array([[0.0], [0.1], [-0.1], [9.0], [9.1]]), count=2)
    [1, 3]
    """
    squared = ((vectors[:, None] - vectors[None]) ** 2).sum(axis=2)
    apart = squared[squared > 0]
    kernel = np.exp(-squared / (np.median(apart) if len(apart) else 1.0))
    mean = kernel.mean(axis=1)
    chosen: list[int] = []
    for size in range(1, min(count, len(vectors)) + 1):
        best = max(
            (place for place in range(len(vectors)) if place not in chosen),
            key=lambda place: _criterion(kernel, mean, [*chosen, place], size),
        )
        chosen.append(best)
    return chosen


def _criterion(kernel: NDArray[np.float64], mean: NDArray[np.float64], chosen: list[int], size: int) -> float:
    return float(2 * mean[chosen].sum() / size - kernel[np.ix_(chosen, chosen)].sum() / size**2)
