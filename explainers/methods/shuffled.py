"""The placebo: the values of a real explanation, each beside a feature drawn at random from the same case."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from explainers.core.attribution import Explanation
from explainers.core.controls import Control, sources_of, tiles
from explainers.core.digest import sha256_hex
from explainers.core.errors import ExplanationRefused
from explainers.core.method import Batch
from explainers.methods import METHODS

ATTEMPTS = 1000


@METHODS.register
class Shuffled(Control):
    """
    A control with the look of an explanation and without its content.

    Definition: the attributions of another method's artefact, permuted among the features or words of the same
    case, or among the square tiles of its picture (of at most 8 pixels); the permutation is drawn uniformly from those
    that change at least one value, from a seed made of the case, the method, the parameters and the study's seed.
    Histogram, sum, target and completeness error are those of the original.

    Notes
    -----
    If all attributions of a case are equal (a constant predictor), there is nothing to permute and the
    values stay. Chance leaves some features with their own value: the placebo says nothing, it does not lie
    systematically.

    References
    ----------
    .. [1] Eiband et al. (2019). The impact of placebic explanations on trust in intelligent systems.
           doi:10.1145/3290607.3312787
    """

    name = "shuffled"
    version = "2"
    label = "Placebo: shuffled within the case"
    promises = frozenset({"determinism", "batch_independence"})
    reference = "https://doi.org/10.1145/3290607.3312787"
    control = "shuffled"

    def explain(self, batch: Batch) -> list[Explanation]:
        """
        Permute the values of each source.

        Parameters
        ----------
        batch : Batch
            `sources` holds one explanation of the other method per case.

        Returns
        -------
        list of Explanation
            `recipe["permutation"]` says from which feature each value came.

        Raises
        ------
        ExplanationRefused
            If a source is missing or explains another class.
        """
        results = []
        for source, seed in zip(sources_of(batch), batch.seeds, strict=True):
            if source.shape:
                values, derivation = shuffle_tiles(source, seed=seed)
            else:
                order = draw_permutation(source.values, seed=seed)
                values, derivation = [source.values[place] for place in order], {"permutation": order}
            # Sum and completeness error stay those of the original, to the last bit.
            recipe = {**derivation, "seed": seed, "source": sha256_hex(source.to_bytes())}
            results.append(replace(source, values=values if source.shape else tuple(values), recipe=recipe))
        return results


def shuffle_tiles(source: Explanation, *, seed: str) -> tuple[Any, dict[str, Any]]:
    """
    Permute the tiles of a map.

    Parameters
    ----------
    source : Explanation
        Of a picture.
    seed : str
        Of the permutation.

    Returns
    -------
    tuple
        The new values, row by row, and the permutation with the side of a tile.
    """
    height, width = source.shape
    side = tiles(source.shape)
    grid = np.asarray(source.values).reshape(height // side, side, width // side, side)
    flat = grid.transpose(0, 2, 1, 3).reshape(-1, side, side)
    order = draw_permutation([tile.tobytes() for tile in flat], seed=seed)
    moved = flat[order].reshape(height // side, width // side, side, side).transpose(0, 2, 1, 3)
    return moved.reshape(-1), {"permutation": order, "tile": side}


def draw_permutation(values: Sequence[float] | Sequence[bytes], *, seed: str) -> list[int]:
    """
    Draw a permutation that changes the sequence, uniformly among those that do.

    Parameters
    ----------
    values : Sequence of float or of bytes
        What is permuted, (n,).
    seed : str
        Any text; equal texts give equal permutations on every machine.

    Returns
    -------
    list of int
        Place in `values` of each new value; the identity only if all values are equal.

    Notes
    -----
    SHA-256 in counter mode, Fisher-Yates, rejection both of biased numbers and of permutations that leave
    the sequence as it was.

    Examples
    --------
    >>> draw_permutation([0.1, 0.2], seed="a")
    [1, 0]
    >>> draw_permutation([0.1, 0.1], seed="a")
    [0, 1]
    """
    identity = list(range(len(values)))
    if len(set(values)) < 2:
        return identity
    numbers = random_numbers(seed)
    for _ in range(ATTEMPTS):
        order = identity.copy()
        for last in range(len(order) - 1, 0, -1):
            other = below(last + 1, numbers=numbers)
            order[last], order[other] = order[other], order[last]
        if [values[place] for place in order] != list(values):
            return order
    raise ExplanationRefused(f"No permutation that changes anything was found in {ATTEMPTS} draws.")


def random_numbers(seed: str) -> Iterator[int]:
    """
    Yield whole numbers of 64 bits from a seed: SHA-256 of the seed and a counter.

    Parameters
    ----------
    seed : str
        Any text.

    Yields
    ------
    int
        From 0 to 2**64 - 1.
    """
    counter = 0
    while True:
        block = hashlib.sha256(f"{seed}:{counter}".encode()).digest()
        for begin in range(0, len(block), 8):
            yield int.from_bytes(block[begin : begin + 8], "big")
        counter += 1


def below(bound: int, *, numbers: Iterator[int]) -> int:
    """
    Return a number from 0 to bound - 1, each equally likely.

    Parameters
    ----------
    bound : int
        At least 1.
    numbers : Iterator of int
        Of 64 bits.

    Returns
    -------
    int
        The first number below the largest multiple of `bound`, modulo `bound`.
    """
    limit = 2**64 - 2**64 % bound
    return next(number for number in numbers if number < limit) % bound
