"""Marked regions of a picture: from the pixels of a mask to run lengths and back; boxes as proportions of the sides."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

WHITE = 128
"""A pixel of a mask belongs to the region from half of full white on."""


def mask_of_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """
    Read a picture as a mask: white marks the region.

    Parameters
    ----------
    pixels : numpy.ndarray
        uint8, (height, width, channels).

    Returns
    -------
    numpy.ndarray
        bool, (height, width): whether the brightest channel is at least 128.

    Examples
    --------
    >>> mask_of_pixels(np.array([[[0], [255]]], dtype=np.uint8)).tolist()
    [[False, True]]
    """
    marked: NDArray[np.bool_] = pixels.max(axis=2) >= WHITE
    return marked


def mask_to_runs(mask: NDArray[np.bool_]) -> dict[str, list[int]]:
    """
    Write a mask as run lengths, in the uncompressed form of the COCO data sets.

    Parameters
    ----------
    mask : numpy.ndarray
        bool, (height, width).

    Returns
    -------
    dict
        `size` [height, width] and `counts`: lengths of runs, column by column, beginning with pixels outside.

    References
    ----------
    .. [1] Lin et al. (2014). Microsoft COCO: common objects in context. doi:10.1007/978-3-319-10602-1_48

    Examples
    --------
    >>> mask_to_runs(np.array([[True, False], [True, True]]))
    {'size': [2, 2], 'counts': [0, 2, 1, 1]}
    """
    flat = mask.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    bounds = [0, *([0] if flat[0] else []), *edges.tolist(), len(flat)]
    return {"size": [int(side) for side in mask.shape], "counts": np.diff(bounds).tolist()}


def region_to_mask(region: Mapping[str, Any], *, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """
    Lay a region over a picture or a map of any size.

    Parameters
    ----------
    region : Mapping
        A box `x0, y0, x1, y1` as proportions of width and height, or run lengths as `mask_to_runs` gives them.
    shape : tuple of int
        (height, width) of what it is laid over.

    Returns
    -------
    numpy.ndarray
        bool, of `shape`: whether the centre of the pixel lies in the region.

    Raises
    ------
    ValueError
        If it is neither, or its runs do not fill its size.

    Examples
    --------
    >>> region_to_mask({"x0": 0, "y0": 0, "x1": 0.5, "y1": 1}, shape=(1, 4)).tolist()
    [[True, True, False, False]]
    >>> region_to_mask({"size": [2, 2], "counts": [0, 2, 1, 1]}, shape=(2, 2)).tolist()
    [[True, False], [True, True]]
    """
    down, across = ((np.arange(length) + 0.5) / length for length in shape)
    if {"x0", "y0", "x1", "y1"} <= set(region):
        inside_down = (region["y0"] <= down) & (down < region["y1"])
        inside_across = (region["x0"] <= across) & (across < region["x1"])
        box: NDArray[np.bool_] = inside_down[:, None] & inside_across
        return box
    if not {"size", "counts"} <= set(region):
        raise ValueError("A region is a box with x0, y0, x1 and y1, or a mask with size and counts.")
    (height, width), counts = region["size"], region["counts"]
    if sum(counts) != height * width or min(counts, default=0) < 0:
        raise ValueError(
            f"The runs of the mask come to {sum(counts)} pixels, its size has {height} x {width}."
        )
    inside = np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape((height, width), order="F")
    laid: NDArray[np.bool_] = inside[
        np.ix_((down * height).astype(np.int64), (across * width).astype(np.int64))
    ]
    return laid
