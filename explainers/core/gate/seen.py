"""From the values of an explanation to the parts that people see: features, words, regions of a picture."""

import numpy as np
from numpy.typing import NDArray

from explainers.core.attribution import Explanation
from explainers.core.gate.agreement import parts_shown

REGIONS = 8
SHOWN = 5
SHOWN_SHARE = 0.1


def seen_parts(explanation: Explanation) -> NDArray[np.float64]:
    """
    Return one number per part that people can tell apart.

    Definition: of tables the features, of texts the words; of pictures the sums over the squares of a grid whose
    side is the longer side of the picture divided by 8, because nobody reads single pixels off a map.

    Parameters
    ----------
    explanation : Explanation
        Any attribution.

    Returns
    -------
    numpy.ndarray
        float64, (parts,); the sum is that of the explanation.
    """
    values = np.asarray(explanation.values, dtype=np.float64)
    if not explanation.shape:
        return values
    groups = region_groups(explanation.shape)
    sums: NDArray[np.float64] = np.bincount(groups.ravel(), weights=values).astype(np.float64)
    return sums


def region_side(shape: tuple[int, ...]) -> int:
    """
    Return the side of the squares that a picture is divided into.

    Parameters
    ----------
    shape : tuple of int
        (height, width).

    Returns
    -------
    int
        In pixels, at least 1.

    Examples
    --------
    >>> region_side((64, 64)), region_side((5, 4))
    (8, 1)
    """
    return max(1, -(-max(shape) // REGIONS))


def region_groups(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """
    Return to which square each pixel belongs, row by row.

    Parameters
    ----------
    shape : tuple of int
        (height, width).

    Returns
    -------
    numpy.ndarray
        int64, (height, width), from 0.

    Examples
    --------
    >>> region_groups((16, 16)).max()
    np.int64(63)
    """
    side = region_side(shape)
    down, across = (np.arange(length) // side for length in shape)
    groups: NDArray[np.int64] = down[:, None] * (int(across[-1]) + 1) + across
    return groups


def shown_count(explanation: Explanation, *, parts: int) -> int:
    """
    Return how many parts of an explanation stand out to a reader.

    Parameters
    ----------
    explanation : Explanation
        For its modality.
    parts : int
        Parts of it.

    Returns
    -------
    int
        Five features or words, at most half of all; of a picture a tenth of the regions.
    """
    top = max(1, round(SHOWN_SHARE * parts)) if explanation.shape else SHOWN
    return parts_shown(parts, top=top)
