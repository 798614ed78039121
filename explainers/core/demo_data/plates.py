"""Plates drawn with numbered heaps of food: a colour and a texture for each, so that they can be told apart."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

PIXELS = 520
CLOTH, RIM, CHINA, INK = (226, 232, 230), (203, 211, 209), (250, 250, 247), (38, 50, 56)
YOLK = (244, 180, 50)
Colour = tuple[int, int, int]
Mask = NDArray[np.bool_]
Grid = NDArray[np.float64]
# What a food looks like: its colour, and of what it consists.
LOOKS: Mapping[str, tuple[Colour, str]] = {
    "rice": ((240, 234, 214), "grains"),
    "pasta": ((236, 200, 112), "tubes"),
    "mash": ((244, 226, 160), "smooth"),
    "chips": ((232, 180, 70), "sticks"),
    "bread": ((206, 158, 100), "slices"),
    "couscous": ((230, 204, 140), "grains"),
    "noodles": ((238, 210, 130), "strands"),
    "tortilla": ((238, 216, 170), "slices"),
    "bun": ((196, 132, 66), "round"),
    "peas": ((110, 168, 70), "balls"),
    "sweetcorn": ((246, 202, 52), "balls"),
    "baked_beans": ((190, 92, 50), "balls"),
    "carrots": ((236, 132, 44), "discs"),
    "beetroot": ((140, 32, 76), "discs"),
    "lentils": ((150, 110, 66), "grains"),
    "chicken": ((222, 184, 140), "slices"),
    "salmon": ((240, 146, 116), "slices"),
    "eggs": ((250, 244, 232), "yolks"),
    "tofu": ((244, 240, 226), "cubes"),
    "beef": ((122, 74, 56), "slices"),
    "spinach": ((54, 112, 58), "leaves"),
    "tomatoes": ((206, 58, 44), "round"),
    "cucumber": ((170, 206, 132), "discs"),
    "olives": ((84, 92, 52), "balls"),
}
# Digits of 5 x 7 points, so that foods can be named by number.
DIGITS = (
    ("00100", "01100", "00100", "00100", "00100", "00100", "01110"),
    ("01110", "10001", "00001", "00110", "01000", "10000", "11111"),
    ("01110", "10001", "00001", "00110", "00001", "10001", "01110"),
    ("00010", "00110", "01010", "10010", "11111", "00010", "00010"),
    ("11111", "10000", "11110", "00001", "00001", "10001", "01110"),
    ("01110", "10000", "11110", "10001", "10001", "10001", "01110"),
)
ROWS, COLUMNS = np.mgrid[:PIXELS, :PIXELS].astype(np.float64)
MOST, DISTANCE, LARGEST, SMALLEST = len(DIGITS), 108, 86, 40


def plate_draw(grams: Mapping[str, int], *, seed: str) -> NDArray[np.uint8]:
    """
    Draw a plate.

    Parameters
    ----------
    grams : Mapping
        Key of `LOOKS` to grams, at most six; the area of a heap grows with its grams.
    seed : str
        Equal words give equal pictures.

    Returns
    -------
    numpy.ndarray
        uint8, (520, 520, 3); each heap has its number, from 1, beside it.

    Raises
    ------
    ValueError
        For more than six foods.

    Examples
    --------
    >>> plate_draw({"rice": 150, "peas": 70}, seed="a").shape
    (520, 520, 3)
    """
    if len(grams) > MOST:
        raise ValueError(f"A plate has room for {MOST} foods.")
    rng = np.random.default_rng(list(seed.encode()))
    picture = np.full((PIXELS, PIXELS, 3), CLOTH, dtype=np.float64)
    middle = PIXELS / 2
    for radius, colour in ((248, RIM), (240, CHINA), (204, RIM), (202, CHINA)):
        picture[_disc(middle, middle, radius)] = colour
    turn = float(rng.uniform(0, 2 * np.pi))
    for number, (name, amount) in enumerate(grams.items()):
        angle = turn + 2 * np.pi * number / len(grams)
        y, x = middle + DISTANCE * np.sin(angle), middle + DISTANCE * np.cos(angle)
        heap = _heap(y, x, float(np.clip(6.2 * np.sqrt(amount), SMALLEST, LARGEST)), rng)
        colour, texture = LOOKS[name]
        picture[np.roll(heap, 4, axis=0) & ~heap] *= 0.86
        _fill(picture, heap, colour, texture, rng)
        _mark(picture, number, middle + 218 * np.sin(angle), middle + 218 * np.cos(angle))
    return picture.clip(0, 255).astype(np.uint8)


def _disc(y: float, x: float, radius: float) -> Mask:
    found: Mask = np.hypot(ROWS - y, COLUMNS - x) <= radius
    return found


def _heap(y: float, x: float, radius: float, rng: np.random.Generator) -> Mask:
    """Return a round form with an uneven edge."""
    angle = np.arctan2(ROWS - y, COLUMNS - x)
    phases, sizes = rng.uniform(0, 2 * np.pi, 4), rng.uniform(0.01, 0.05, 4)
    waves = zip(phases, sizes, strict=True)
    edge = 1 + sum(size * np.cos(n * angle + phase) for n, (phase, size) in enumerate(waves, start=2))
    found: Mask = np.hypot(ROWS - y, COLUMNS - x) <= radius * edge
    return found


def _fill(
    picture: NDArray[np.float64], heap: Mask, colour: Colour, texture: str, rng: np.random.Generator
) -> None:
    """Cover a heap with pieces, each a little lighter or darker than the colour, with a dark edge below."""
    base = np.array(colour, dtype=np.float64)
    picture[heap] = base * 0.9
    if texture == "smooth":
        waves = 1 + 0.05 * np.sin(ROWS / 9 + 2 * np.sin(COLUMNS / 15))
        picture[heap] = base * waves[heap][:, None]
        return
    size, count = _PIECES[texture]
    places, reach = np.argwhere(heap), int(1.5 * size) + 4
    for row, column in places[rng.integers(len(places), size=max(4, int(count * len(places) / 20_000)))]:
        near = (slice(max(0, row - reach), row + reach), slice(max(0, column - reach), column + reach))
        y, x = ROWS[near] - float(row), COLUMNS[near] - float(column)
        form = _FORMS[texture](y, x, size, float(rng.uniform(0, np.pi))) & heap[near]
        around = picture[near]
        around[np.roll(form, 2, axis=0) & heap[near]] = base * 0.74
        around[form] = base * float(rng.uniform(0.94, 1.06))
        if texture == "yolks":
            around[(np.hypot(y, x) <= size * 0.45) & heap[near]] = YOLK


def _turned(y: Grid, x: Grid, angle: float) -> tuple[Grid, Grid]:
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def _bar(y: Grid, x: Grid, long: float, wide: float, angle: float) -> Mask:
    along, across = _turned(y, x, angle)
    found: Mask = (np.abs(along) <= long) & (np.abs(across) <= wide)
    return found


def _ellipse(y: Grid, x: Grid, long: float, wide: float, angle: float) -> Mask:
    along, across = _turned(y, x, angle)
    found: Mask = (along / long) ** 2 + (across / wide) ** 2 <= 1
    return found


def _round(y: Grid, x: Grid, size: float, _angle: float) -> Mask:
    found: Mask = np.hypot(y, x) <= size
    return found


def _strand(y: Grid, x: Grid, size: float, _angle: float) -> Mask:
    found: Mask = np.abs(np.hypot(y, x) - size) <= 2.2
    return found


_PIECES: Mapping[str, tuple[float, int]] = {
    "grains": (4, 420),
    "tubes": (16, 70),
    "sticks": (30, 42),
    "slices": (34, 9),
    "strands": (22, 60),
    "round": (34, 8),
    "balls": (8, 150),
    "discs": (16, 48),
    "yolks": (30, 7),
    "cubes": (14, 40),
    "leaves": (22, 44),
}
_FORMS: Mapping[str, Callable[[Grid, Grid, float, float], Mask]] = {
    "grains": lambda y, x, size, angle: _ellipse(y, x, size, size / 2.2, angle),
    "tubes": lambda y, x, size, angle: _bar(y, x, size, 5, angle),
    "sticks": lambda y, x, size, angle: _bar(y, x, size, 6, angle),
    "slices": lambda y, x, size, angle: _ellipse(y, x, size, size * 0.6, angle),
    "strands": _strand,
    "round": _round,
    "balls": _round,
    "discs": _round,
    "yolks": lambda y, x, size, angle: _ellipse(y, x, size, size * 0.8, angle),
    "cubes": lambda y, x, size, angle: _bar(y, x, size, size, angle),
    "leaves": lambda y, x, size, angle: _ellipse(y, x, size, size * 0.4, angle),
}


def _mark(picture: NDArray[np.float64], number: int, y: float, x: float) -> None:
    """Put a number on the rim of the plate."""
    picture[_disc(y, x, 19)] = INK
    points = np.array([[point == "1" for point in line] for line in DIGITS[number]])
    large = np.kron(points, np.ones((3, 3), dtype=bool))
    top, left = round(y - large.shape[0] / 2), round(x - large.shape[1] / 2)
    picture[top : top + large.shape[0], left : left + large.shape[1]][large] = 255
