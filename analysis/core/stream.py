"""A stream of random numbers of our own: seeds from labels, SHA-256 in words, numbers below a bound, orders.

Only the standard library is used: the stream may change with no version of Python or of any library.
"""

import hashlib
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")
_WORD = 8  # bytes


def sub_seed(seed: bytes | str, *labels: str | int) -> bytes:
    """Derive a seed of its own for every label, such as one for each stratum.

    SHA-256 over the seed and the labels, each preceded by its length: ``("a", "bc")`` and ``("ab", "c")`` differ.

    Parameters
    ----------
    seed : bytes or str
        Text is taken as UTF-8.
    *labels : str or int
        Any number of labels.

    Returns
    -------
    bytes
        32 bytes.

    Notes
    -----
    The number 1 and the text "1" are the same label.

    References
    ----------
    .. [1] FIPS 180-4, https://doi.org/10.6028/NIST.FIPS.180-4

    Examples
    --------
    >>> sub_seed("study", "novice").hex()[:8], sub_seed("study", "expert").hex()[:8]
    ('c9e86edf', '67065eb6')
    """
    found = hashlib.sha256()
    for part in (bytes_of(seed), *(str(label).encode() for label in labels)):
        found.update(len(part).to_bytes(_WORD, "big") + part)
    return found.digest()


def bytes_of(seed: bytes | str) -> bytes:
    """Return a seed as bytes; text is taken as UTF-8.

    Parameters
    ----------
    seed : bytes or str
        Any length.

    Returns
    -------
    bytes

    Examples
    --------
    >>> bytes_of("seed")
    b'seed'
    """
    return seed.encode() if isinstance(seed, str) else bytes(seed)


def random_words(seed: bytes) -> Iterator[int]:
    """Give numbers of 64 bits without end: SHA-256 of the seed and a counter.

    Parameters
    ----------
    seed : bytes
        Any length.

    Yields
    ------
    int
        From 0 to 2**64 - 1.

    Examples
    --------
    >>> next(random_words(b"seed")) % 1000
    493
    """
    counter = 0
    while True:
        block = hashlib.sha256(seed + counter.to_bytes(_WORD, "big")).digest()
        for start in range(0, len(block), _WORD):
            yield int.from_bytes(block[start : start + _WORD], "big")
        counter += 1


def random_below(words: Iterator[int], bound: int) -> int:
    """Take a number from 0 to ``bound - 1`` off the stream, all equally likely.

    Parameters
    ----------
    words : iterator of int
        As of `random_words`.
    bound : int
        At least 1.

    Returns
    -------
    int
        The number.

    Examples
    --------
    >>> random_below(iter([7]), 5)
    2
    """
    # A bare remainder would prefer small numbers: words beyond the last full multiple of the bound are thrown away.
    limit = (1 << 8 * _WORD) // bound * bound
    for word in words:
        if word < limit:
            return word % bound
    raise AssertionError  # the stream has no end


def random_shuffle(places: list[T], words: Iterator[int]) -> None:
    """Put a list into a random order, in place (Fisher and Yates).

    Parameters
    ----------
    places : list
        Anything.
    words : iterator of int
        As of `random_words`.

    Examples
    --------
    >>> places = ["a", "b", "c"]
    >>> random_shuffle(places, iter([2, 0]))
    >>> places
    ['b', 'a', 'c']
    """
    for last in range(len(places) - 1, 0, -1):
        other = random_below(words, last + 1)
        places[last], places[other] = places[other], places[last]
