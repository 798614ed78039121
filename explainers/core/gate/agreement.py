"""How far two explanations of one case say the same to a reader: strongest parts, direction, the first of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Agreement:
    """
    Agreement of two explanations, or the mean over several pairs.

    Parameters
    ----------
    jaccard : float
        Parts among the k strongest of both, divided by parts among those of either; 0 to 1.
    sign : float
        Share of the k strongest parts of the first that point in the same direction in the second; 0 to 1.
    same_top : float
        1 if the strongest part is the same one, else 0; of several pairs the share.
    """

    jaccard: float
    sign: float
    same_top: float

    def plain(self) -> dict[str, float]:
        """
        Return the three numbers by name.

        Returns
        -------
        dict
            `jaccard`, `sign`, `same_top`.
        """
        found: dict[str, Any] = asdict(self)
        return found


def parts_shown(parts: int, *, top: int) -> int:
    """
    Return how many parts count as strongest: what a drawing shows one by one, at most half of all.

    Parameters
    ----------
    parts : int
        Parts of a case, at least 1.
    top : int
        How many a drawing shows.

    Returns
    -------
    int
        min(top, ceil(parts / 2)): of six features the best five would nearly always be the same.

    Examples
    --------
    >>> parts_shown(30, top=5), parts_shown(6, top=5), parts_shown(1, top=5)
    (5, 3, 1)
    """
    return min(top, -(-parts // 2))


def strongest(values: ArrayLike, *, k: int) -> list[int]:
    """
    Return the places of the k strongest values.

    Parameters
    ----------
    values : array_like
        Attributions, (parts,).
    k : int
        How many.

    Returns
    -------
    list of int
        By falling |a|, ties in their order; fewer than k if fewer are not zero (nothing is never strong).

    Examples
    --------
    >>> strongest([0.1, -3.0, 0.0, 2.0], k=2), strongest([0.0, 1.0], k=2)
    ([1, 3], [1])
    """
    size = np.abs(np.asarray(values, dtype=np.float64))
    order = np.argsort(-size, kind="stable")[:k]
    return [int(place) for place in order if size[place] > 0]


def agreement(one: ArrayLike, other: ArrayLike, *, k: int) -> Agreement:
    """
    Compare two explanations of one case.

    Parameters
    ----------
    one : array_like
        Attributions, (parts,).
    other : array_like
        Attributions of the same parts, (parts,).
    k : int
        How many parts count as strongest.

    Returns
    -------
    Agreement
        All 1 if neither says anything (two empty maps look the same), all 0 if only one does.

    Raises
    ------
    ValueError
        If the numbers of parts differ.

    References
    ----------
    .. [1] Krishna et al. (2022). The disagreement problem in explainable machine learning. arXiv:2202.01602

    Examples
    --------
    >>> agreement([3.0, -2.0, 0.5], [3.0, 1.0, 2.0], k=2)
    Agreement(jaccard=0.3333333333333333, sign=0.5, same_top=1.0)
    """
    first, second = (np.asarray(each, dtype=np.float64) for each in (one, other))
    if first.shape != second.shape:
        raise ValueError(f"Two explanations of {first.shape} and {second.shape} parts cannot be compared.")
    mine, theirs = strongest(first, k=k), strongest(second, k=k)
    if not mine or not theirs:
        same = float(mine == theirs)
        return Agreement(same, same, same)
    common = set(mine) & set(theirs)
    return Agreement(
        jaccard=len(common) / len(set(mine) | set(theirs)),
        sign=float(np.mean(np.sign(first[mine]) == np.sign(second[mine]))),
        same_top=float(mine[0] == theirs[0]),
    )


def mean_agreement(pairs: Sequence[Agreement]) -> Agreement:
    """
    Average agreements.

    Parameters
    ----------
    pairs : Sequence of Agreement
        At least one.

    Returns
    -------
    Agreement
        The means.

    Raises
    ------
    ValueError
        If there are none: no agreement is not an agreement of 0.
    """
    if not pairs:
        raise ValueError("There are no pairs of explanations to average.")
    table: NDArray[np.float64] = np.array([[pair.jaccard, pair.sign, pair.same_top] for pair in pairs])
    jaccard, sign, top = table.mean(axis=0).tolist()
    return Agreement(jaccard, sign, top)


def chance_jaccard(parts: int, *, k: int) -> float:
    """
    Return the Jaccard index to expect of two random sets of k parts.

    Formula: sum over m of C(k, m) C(n - k, k - m) / C(n, k) * m / (2k - m).

    Parameters
    ----------
    parts : int
        n, at least k.
    k : int
        Size of both sets.

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> round(chance_jaccard(30, k=3), 3), chance_jaccard(2, k=1)
    (0.062, 0.5)
    """
    whole = comb(parts, k)
    return sum(comb(k, m) * comb(parts - k, k - m) / whole * m / (2 * k - m) for m in range(1, k + 1))
