"""The line round the strong parts of a map, along the edges of its pixels."""

import numpy as np
from numpy.typing import NDArray

SMALLEST_SHARE, SMALLEST_PIXELS = 0.001, 4
Point = tuple[int, int]


def large_parts(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """
    Leave out parts that are too small for a line round them to mean anything.

    Definition: parts hang together by the sides of pixels; one is left out if it has fewer than 4 pixels or less than
    1/1000 of the picture.

    Parameters
    ----------
    mask : numpy.ndarray
        bool, (height, width).

    Returns
    -------
    numpy.ndarray
        bool, of the same shape.

    Examples
    --------
    >>> int(large_parts(np.array([[True, False, True, True], [False, False, True, True]])).sum())
    4
    """
    from scipy.ndimage import label

    parts, count = label(mask)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    keep = sizes >= max(SMALLEST_PIXELS, SMALLEST_SHARE * mask.size)
    keep[0] = False
    result: NDArray[np.bool_] = keep[parts]
    return result


def outline_path(mask: NDArray[np.bool_]) -> str:
    """
    Return the line round the pixels of a mask as closed loops, so that broken lines break evenly.

    Parameters
    ----------
    mask : numpy.ndarray
        bool, (height, width).

    Returns
    -------
    str
        SVG path data in pixels; empty for an empty mask. The even-odd inside of the loops is the mask.

    Examples
    --------
    >>> outline_path(np.array([[True, True]]))
    'M0 0H2V1H0Z'
    """
    following = _edges(mask)
    loops = []
    while following:
        begin = min(following, key=lambda point: (point[1], point[0]))
        loop, point, before = [begin], _step(following, begin, None), begin
        while point != begin:
            loop.append(point)
            point, before = _step(following, point, before), point
        loops.append(_loop_path(loop))
    return "".join(loops)


def _edges(mask: NDArray[np.bool_]) -> dict[Point, list[Point]]:
    # Every edge runs so that the mask lies on its right: right along the top of a pixel, down its right side.
    padded = np.pad(mask, 1)
    inside = padded[1:-1, 1:-1]
    sides = (
        (~padded[:-2, 1:-1], (0, 0), (1, 0)),
        (~padded[1:-1, 2:], (1, 0), (1, 1)),
        (~padded[2:, 1:-1], (1, 1), (0, 1)),
        (~padded[1:-1, :-2], (0, 1), (0, 0)),
    )
    following: dict[Point, list[Point]] = {}
    for outside, begin, end in sides:
        for y, x in np.argwhere(inside & outside).tolist():
            following.setdefault((x + begin[0], y + begin[1]), []).append((x + end[0], y + end[1]))
    return following


def _step(following: dict[Point, list[Point]], point: Point, before: Point | None) -> Point:
    ends = following[point]
    chosen = ends[0]
    if (
        before is not None and len(ends) > 1
    ):  # two pixels touch at a corner: turn right, so that each keeps its loop
        turn = (before[1] - point[1], point[0] - before[0])
        chosen = next((end for end in ends if (end[0] - point[0], end[1] - point[1]) == turn), chosen)
    ends.remove(chosen)
    if not ends:
        del following[point]
    return chosen


def _loop_path(loop: list[Point]) -> str:
    corners = [
        point
        for place, point in enumerate(loop)
        if not (loop[place - 1][0] == point[0] == loop[(place + 1) % len(loop)][0])
        and not (loop[place - 1][1] == point[1] == loop[(place + 1) % len(loop)][1])
    ]
    steps = [
        f"H{point[0]}" if point[1] == corners[place][1] else f"V{point[1]}"
        for place, point in enumerate(corners[1:])
    ]
    return f"M{corners[0][0]} {corners[0][1]}{''.join(steps)}Z"
