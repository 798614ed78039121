"""Random numbers made from a name: the same on every machine, and never from a generator that others use too."""

from typing import TYPE_CHECKING

from explainers.core.digest import sha256_hex

if TYPE_CHECKING:
    from numpy.random import Generator


def generator_of(seed: str) -> "Generator":
    """
    Return a generator of its own for a name.

    Definition: numpy's Philox 4x64 counter generator, whose key is the first half of the SHA-256 of the name.

    Parameters
    ----------
    seed : str
        Any text, such as the digest of a method, its parameters and the study's seed.

    Returns
    -------
    numpy.random.Generator
        Equal names give equal numbers.

    References
    ----------
    .. [1] Salmon et al. (2011). Parallel random numbers: as easy as 1, 2, 3. doi:10.1145/2063384.2063405

    Examples
    --------
    >>> bool(generator_of("a").integers(1000) == generator_of("a").integers(1000))
    True
    """
    import numpy as np

    return np.random.Generator(np.random.Philox(key=int(sha256_hex(seed.encode("utf-8"))[:32], 16)))
