"""Coalitions of parts, and the linear maps from their values to attributions: Shapley values and LIME."""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from explainers.core.draws import generator_of
from explainers.core.errors import ExplanationRefused

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

MOST_EXACT = 12
MOST_LISTED = 4096


@dataclass(frozen=True)
class Design:
    """
    Which coalitions are asked for, and how their values become attributions.

    Definition: attributions = P v, where v are the values of the coalitions.

    Parameters
    ----------
    kept : numpy.ndarray
        Boolean, (coalitions, parts): which parts keep their value; the last two rows are everything and nothing.
    linear : numpy.ndarray
        P, float64, (parts, coalitions).
    """

    kept: "NDArray[np.bool_]"
    linear: "NDArray[np.float64]"


@lru_cache(maxsize=64)
def kernel_design(parts: int, *, samples: int, seed: str) -> Design:
    """
    Make the design of KernelSHAP for all cases: weighted least squares over coalitions that explain the change exactly.

    Definition: minimise over a the sum over coalitions S of w(|S|) (v(S) - v({}) - sum over i in S of a_i)^2 subject to
    sum a = v(all) - v({}), with w(s) = (parts - 1) / (C(parts, s) s (parts - s)). Sizes s and parts - s are taken
    together. Every pair of sizes gets its share of the samples; a pair that can be listed whole is listed, of the
    others distinct coalitions are drawn, each with its complement. Each size keeps its whole weight.

    Parameters
    ----------
    parts : int
        Features, patches or words, at least 1.
    samples : int
        Coalitions at most, apart from everything and nothing; at least 2 * parts unless fewer exist.
    seed : str
        Of the draw.

    Returns
    -------
    Design
        The same for every case. If all 2**parts - 2 coalitions fit, the attributions are the Shapley values exactly.

    Raises
    ------
    ExplanationRefused
        If there are too few samples for the number of parts.

    References
    ----------
    .. [1] Lundberg, Lee (2017). A unified approach to interpreting model predictions. arXiv:1705.07874
    .. [2] Covert, Lee (2021). Improving KernelSHAP. arXiv:2012.01536

    Examples
    --------
    >>> kernel_design(3, samples=6, seed="a").kept.sum(axis=1).tolist()
    [1, 2, 1, 2, 1, 2, 3, 0]
    """
    if parts == 1:
        return _ends_only()
    if samples < min(2 * parts, 2**parts - 2):
        raise ExplanationRefused(
            f"KernelSHAP of {parts} parts needs at least {2 * parts} samples, not {samples}."
        )
    generator = generator_of(f"{seed}:coalitions:{parts}")
    rows: list[NDArray[np.bool_]] = []
    weights: list[NDArray[np.float64]] = []
    sizes = range(1, parts // 2 + 1)
    shares = _shares(parts, pairs=samples // 2)
    for size in sizes:
        if not shares[size]:
            continue
        chosen = _subsets(parts, size=size, count=shares[size], generator=generator)
        both = np.stack([chosen, ~chosen], axis=1).reshape(-1, parts)
        rows.append(both)
        weights.append(np.full(len(both), _size_weight(parts, size=size) / len(both)))
    inner = np.concatenate(rows)
    return _with_ends(inner, _constrained(inner, weights=np.concatenate(weights)))


def _ends_only() -> Design:
    kept = np.array([[True], [False]])
    return Design(kept, np.array([[1.0, -1.0]]))


def _size_weight(parts: int, *, size: int) -> float:
    """Return the Shapley kernel's weight of all coalitions of a size and of its complement's size together."""
    return 2.0 / (size * (parts - size)) if 2 * size != parts else 1.0 / (size * size)


def _pairs(parts: int, *, size: int) -> int:
    return math.comb(parts, size) // (2 if 2 * size == parts else 1)


def _shares(parts: int, *, pairs: int) -> dict[int, int]:
    """Divide pairs of coalitions among sizes by weight; what a small size cannot use goes to the others."""
    shares = dict.fromkeys(range(1, parts // 2 + 1), 0)
    open_, left = set(shares), min(pairs, 2 ** (parts - 1) - 1)
    while open_ and left:
        total = sum(_size_weight(parts, size=size) for size in open_)
        whole = {
            size
            for size in open_
            if left * _size_weight(parts, size=size) / total >= _pairs(parts, size=size)
        }
        if not whole:
            break
        for size in sorted(whole):
            shares[size] = _pairs(parts, size=size)
            left -= shares[size]
        open_ -= whole
    total = sum(_size_weight(parts, size=size) for size in open_)
    exact = {size: left * _size_weight(parts, size=size) / total for size in open_}
    for size, share in exact.items():
        shares[size] = int(share)
    rest = sorted(open_, key=lambda size: (int(exact[size]) - exact[size], size))
    for size in rest[: left - sum(int(share) for share in exact.values())]:
        shares[size] += 1
    return shares


def _subsets(parts: int, *, size: int, count: int, generator: "Generator") -> "NDArray[np.bool_]":
    """Return distinct coalitions of a size, one of each complementary pair: all of them, or drawn."""
    everything = _pairs(parts, size=size)
    chosen: dict[tuple[int, ...], None] = {}
    if count >= everything or everything <= MOST_LISTED:
        listed = list(combinations(range(parts), size))[:everything]
        places = range(everything) if count >= everything else generator.permutation(everything)[:count]
        chosen = dict.fromkeys(listed[place] for place in places)
    while len(chosen) < count:
        drawn = tuple(sorted(generator.choice(parts, size=size, replace=False).tolist()))
        other = tuple(sorted(set(range(parts)) - set(drawn)))
        chosen.setdefault(drawn if 2 * size != parts or drawn < other else other, None)
    kept = np.zeros((len(chosen), parts), dtype=bool)
    for row, members in enumerate(chosen):
        kept[row, list(members)] = True
    return kept


def _constrained(inner: "NDArray[np.bool_]", *, weights: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Return the linear map from (inner coalitions, everything, nothing) to the constrained least-squares solution."""
    z = inner.astype(np.float64)
    weighted = z.T * weights
    inverse = np.linalg.pinv(weighted @ z, hermitian=True)
    free = inverse @ weighted  # without the constraint, from values less v({})
    ones = np.ones(z.shape[1])
    direction = inverse @ ones / (ones @ inverse @ ones)
    inside = free - np.outer(direction, ones @ free)
    nothing = -inside.sum(axis=1) - direction
    return np.column_stack([inside, direction, nothing])


def _with_ends(inner: "NDArray[np.bool_]", linear: "NDArray[np.float64]") -> Design:
    parts = inner.shape[1]
    return Design(np.concatenate([inner, np.ones((1, parts), bool), np.zeros((1, parts), bool)]), linear)


@lru_cache(maxsize=64)
def permutation_design(parts: int, *, permutations: int, seed: str) -> Design:
    """
    Make the design of Shapley sampling for all cases: mean gain of each part over random orders.

    Definition: a_i = mean over orders of v(those before i, and i) - v(those before i). Orders come in pairs, one the
    reverse of the other; coalitions that occur in several orders are asked for once.

    Parameters
    ----------
    parts : int
        Features, patches or words, at least 1.
    permutations : int
        Orders; an odd number ends with half a pair.
    seed : str
        Of the draw.

    Returns
    -------
    Design
        The same for every case; attributions add up exactly.

    References
    ----------
    .. [1] Castro, Gómez, Tejada (2009). Polynomial calculation of the Shapley value based on sampling.
           doi:10.1016/j.cor.2008.04.004
    .. [2] Mitchell et al. (2022). Sampling permutations for Shapley value estimation. arXiv:2104.12199

    Examples
    --------
    >>> permutation_design(2, permutations=2, seed="a").linear.sum(axis=0).tolist()
    [0.0, 0.0, 1.0, -1.0]
    """
    generator = generator_of(f"{seed}:orders:{parts}")
    places: dict[bytes, int] = {}
    kept: list[NDArray[np.bool_]] = []
    gains: list[tuple[int, bytes, bytes]] = []
    order = np.arange(parts)
    for number in range(permutations):
        order = generator.permutation(parts) if number % 2 == 0 else order[::-1]
        inside = np.zeros(parts, dtype=bool)
        for part in order.tolist():
            before = inside.tobytes()
            inside = inside.copy()
            inside[part] = True
            gains.append((part, before, inside.tobytes()))
            if not inside.all() and places.setdefault(inside.tobytes(), len(kept)) == len(kept):
                kept.append(inside)
    count = len(kept)
    places[np.ones(parts, bool).tobytes()], places[np.zeros(parts, bool).tobytes()] = count, count + 1
    linear = np.zeros((parts, count + 2))
    for part, before, after in gains:
        linear[part, places[after]] += 1 / permutations
        linear[part, places[before]] -= 1 / permutations
    return _with_ends(np.array(kept, dtype=bool).reshape(-1, parts), linear)


@lru_cache(maxsize=64)
def lime_design(parts: int, *, samples: int, width: float, ridge: float, seed: str) -> Design:
    """
    Make the design of LIME for all cases: a weighted ridge regression on random coalitions.

    Definition: minimise over a and c the sum over coalitions z of exp(-d(z)^2 / width^2) (v(z) - c - z a)^2, plus
    ridge |a|^2, where d is the cosine distance of z from everything, 1 - sqrt(|z| / parts). Each part is in a coalition
    with probability one half.

    Parameters
    ----------
    parts : int
        Features, patches or words, at least 1.
    samples : int
        Coalitions, with everything and nothing among them.
    width : float
        Of the kernel, above 0.
    ridge : float
        Penalty, above 0.
    seed : str
        Of the draw.

    Returns
    -------
    Design
        The same for every case.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin (2016). "Why should I trust you?" doi:10.1145/2939672.2939778
    """
    generator = generator_of(f"{seed}:neighbours:{parts}")
    inner = generator.random((max(samples - 2, 1), parts)) < 0.5
    kept = np.concatenate([inner, np.ones((1, parts), bool), np.zeros((1, parts), bool)])
    z = kept.astype(np.float64)
    weights = np.exp(-(((1 - np.sqrt(z.mean(axis=1))) / width) ** 2))
    share = weights / weights.sum()
    centred = z - share @ z
    gram = (centred.T * weights) @ centred + ridge * np.eye(parts)
    linear = np.linalg.solve(gram, centred.T * weights)
    return Design(kept, linear - np.outer(linear.sum(axis=1), share))


def exact_design(parts: int) -> Design:
    """
    Make the design that asks for every coalition: Shapley values without error.

    Definition: a_i = sum over S without i of |S|! (parts - |S| - 1)! / parts! (v(S and i) - v(S)).

    Parameters
    ----------
    parts : int
        1 to 12.

    Returns
    -------
    Design
        With 2**parts coalitions.

    Raises
    ------
    ExplanationRefused
        If there are more than 12 parts.

    References
    ----------
    .. [1] Shapley (1953). A value for n-person games. doi:10.1515/9781400881970-018

    Examples
    --------
    >>> exact_design(2).linear @ [3.0, 5.0, 9.0, 1.0]
    array([3., 5.])
    """
    if not 1 <= parts <= MOST_EXACT:
        raise ExplanationRefused(f"Exact Shapley values are for 1 to {MOST_EXACT} parts, not {parts}.")
    numbers = np.arange(1, 2**parts - 1)
    inner = (numbers[:, None] >> np.arange(parts)) & 1 == 1
    kept = np.concatenate([inner, np.ones((1, parts), bool), np.zeros((1, parts), bool)])
    sizes = kept.sum(axis=1)
    linear = np.zeros((parts, len(kept)))
    for row, size in enumerate(sizes.tolist()):
        inside, outside = kept[row], ~kept[row]
        if size:
            linear[inside, row] = 1 / (parts * math.comb(parts - 1, size - 1))
        if size < parts:
            linear[outside, row] = -1 / (parts * math.comb(parts - 1, size))
    return Design(kept, linear)
