"""Regions of a picture: boxes as proportions of its sides, and masks as run lengths. Pure arithmetic, no pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Box = Mapping[str, float]
SIDES = ("x0", "y0", "x1", "y1")


def region_iou(box: Box, reference: Mapping[str, Any]) -> float:
    """
    Return intersection over union of a box and a reference region.

    Parameters
    ----------
    box : mapping
        ``x0, y0, x1, y1`` as proportions of width and height, from the upper left corner.
    reference : mapping
        A box of the same form; or a mask ``{"size": [height, width], "counts": [...]}`` of run lengths, column by
        column, beginning with zeros (the uncompressed form of the COCO data sets).

    Returns
    -------
    float
        From 0 to 1. Of a mask a pixel counts as covered when its centre lies in the box.

    Raises
    ------
    ValueError
        When the reference is neither.

    References
    ----------
    .. [1] Everingham et al. (2010). The PASCAL Visual Object Classes challenge. IJCV 88, 303-338.
       https://doi.org/10.1007/s11263-009-0275-4

    Examples
    --------
    >>> left, right = dict(x0=0, y0=0, x1=0.5, y1=1), dict(x0=0.25, y0=0, x1=0.75, y1=1)
    >>> round(region_iou(left, right), 4)
    0.3333
    """
    if "counts" in reference:
        return _mask_iou(box, reference)
    other = _box(reference)
    width = min(box["x1"], other["x1"]) - max(box["x0"], other["x0"])
    height = min(box["y1"], other["y1"]) - max(box["y0"], other["y0"])
    shared = max(0.0, width) * max(0.0, height)
    union = _area(box) + _area(other) - shared
    return shared / union if union else 0.0


def region_contains(reference: Mapping[str, Any], point: Mapping[str, float]) -> bool:
    """
    Say whether a point lies in a box or on a pixel of a mask.

    Examples
    --------
    >>> region_contains({"size": [2, 2], "counts": [2, 2]}, {"x": 0.9, "y": 0.1})
    True
    """
    if "counts" in reference:
        height, width = _size(reference)
        column, row = min(int(point["x"] * width), width - 1), min(int(point["y"] * height), height - 1)
        place = column * height + row
        return any(start <= place < end for start, end in _runs(reference))
    box = _box(reference)
    return box["x0"] <= point["x"] <= box["x1"] and box["y0"] <= point["y"] <= box["y1"]


def _mask_iou(box: Box, mask: Mapping[str, Any]) -> float:
    height, width = _size(mask)
    columns, rows = _centres(box["x0"], box["x1"], width), _centres(box["y0"], box["y1"], height)
    shared = sum(_shared(start, end, height, columns, rows) for start, end in _runs(mask))
    covered = len(columns) * len(rows)
    union = covered + sum(end - start for start, end in _runs(mask)) - shared
    return shared / union if union else 0.0


def _shared(start: int, end: int, height: int, columns: range, rows: range) -> int:
    """Count the pixels of one run that lie in the box."""
    found = 0
    for column in range(max(columns.start, start // height), min(columns.stop, (end - 1) // height + 1)):
        first, last = max(start - column * height, rows.start), min(end - column * height, rows.stop)
        found += max(0, last - first)
    return found


def _centres(low: float, high: float, count: int) -> range:
    """Return the pixels of a side whose centres lie between two proportions."""
    inside = [pixel for pixel in range(count) if low <= (pixel + 0.5) / count <= high]
    return range(inside[0], inside[-1] + 1) if inside else range(0)


def _runs(mask: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    place = 0
    for number, count in enumerate(mask["counts"]):
        if number % 2 and count:
            yield place, place + count
        place += count


def _size(mask: Mapping[str, Any]) -> tuple[int, int]:
    size: Sequence[Any] = mask.get("size", ())
    numbers = [*size, *mask["counts"]]
    if len(size) != 2 or not all(type(n) is int and n >= 0 for n in numbers) or 0 in size:
        raise ValueError("a mask needs size: [height, width] and whole run lengths.")
    if sum(mask["counts"]) != size[0] * size[1]:
        raise ValueError(f"the runs of the mask are {sum(mask['counts'])} pixels, not {size[0]} x {size[1]}.")
    return size[0], size[1]


def _box(reference: Mapping[str, Any]) -> Box:
    if not isinstance(reference, Mapping) or set(reference) != set(SIDES):
        raise ValueError("a region is a box with x0, y0, x1 and y1, or a mask.")
    if not all(isinstance(reference[side], int | float) and 0 <= reference[side] <= 1 for side in SIDES):
        raise ValueError("the sides of a box are proportions from 0 to 1.")
    if reference["x0"] >= reference["x1"] or reference["y0"] >= reference["y1"]:
        raise ValueError("a box needs a width and a height.")
    return reference


def _area(box: Box) -> float:
    return (box["x1"] - box["x0"]) * (box["y1"] - box["y0"])
