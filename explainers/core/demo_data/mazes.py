"""Mazes with one way out, an AI that names an exit, and the way it claims to have found: checking it costs effort."""

from collections import deque
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.png import png_encode

MAZE_LICENCE = "Drawn mazes, synthetic; CC0"
EXITS = ("A", "B", "C", "D")
SIZES = {"easy": 7, "medium": 13, "hard": 23}
PIXELS = 520
WALL, FLOOR, START, EXIT = (38, 50, 56), (255, 255, 255), (14, 92, 102), (200, 92, 16)
Cell = tuple[int, int]
Edge = frozenset[Cell]
# Letters of 5 x 7 points, so that the exits are named in the picture.
LETTERS = {
    "A": ("01110", "10001", "10001", "11111", "10001", "10001", "10001"),
    "B": ("11110", "10001", "10001", "11110", "10001", "10001", "11110"),
    "C": ("01110", "10001", "10000", "10000", "10000", "10001", "01110"),
    "D": ("11110", "10001", "10001", "10001", "10001", "10001", "11110"),
}


@dataclass(frozen=True)
class Maze:
    """
    One maze and what the AI says of it.

    Parameters
    ----------
    key : str
        Name of the case.
    difficulty : str
        Key of `SIZES`.
    picture : numpy.ndarray
        uint8, (520, 520, 3).
    exit : str
        The one that can be reached.
    advised : str
        The one that the AI names.
    way : numpy.ndarray
        float32, (520, 520): 1 along the way that the AI shows to the exit it names. Of a wrong one it crosses a wall.
    directions : str
        The same way in words, from the start to the exit.
    """

    key: str
    difficulty: str
    picture: NDArray[np.uint8]
    exit: str
    advised: str
    way: NDArray[np.float32]
    directions: str


def mazes_draw(*, count: int, right: float = 0.75, seed: int = 53) -> list[Maze]:
    """
    Draw mazes of every difficulty.

    Definition: a random spanning tree of an n x n grid connects every cell; on the way to each exit but one a wall is
    put after that way has left the true one, so that one exit can be reached. The AI names the true exit in
    `right` of the mazes of each difficulty and a drawn other one otherwise.

    Parameters
    ----------
    count : int
        Mazes of each difficulty.
    right : float
        Proportion in which the AI is right, 0 to 1; rounded to whole mazes.
    seed : int
        Equal seeds give equal mazes.

    Returns
    -------
    list of Maze
        Easy ones first.

    References
    ----------
    .. [1] Vasconcelos et al. (2023). Explanations can reduce overreliance on AI systems during decision-making,
           CSCW 2023. doi:10.1145/3579605 (the task; their mazes were others)

    Examples
    --------
    >>> [maze.exit == maze.advised for maze in mazes_draw(count=4)].count(True)
    9
    """
    found = []
    for place, (difficulty, size) in enumerate(SIZES.items()):
        rng = np.random.default_rng([seed, place])
        are_right = rng.permutation(np.arange(count) < round(right * count))
        found += [
            _maze(f"maze-{difficulty}-{number + 1:03d}", difficulty, size, bool(is_right), rng)
            for number, is_right in enumerate(are_right)
        ]
    return found


def maze_file(maze: Maze) -> bytes:
    """
    Return the picture of a maze.

    Parameters
    ----------
    maze : Maze
        The maze.

    Returns
    -------
    bytes
        PNG.
    """
    return png_encode(maze.picture)


def maze_schema() -> dict[str, Any]:
    """
    Describe the cases for people.

    Returns
    -------
    dict
        The schema of a set of pictures.
    """
    return {"modality": "image", "label": "A maze with its start at the left and four exits, A to D"}


def _maze(key: str, difficulty: str, size: int, is_right: bool, rng: np.random.Generator) -> Maze:
    chosen = EXITS[int(rng.integers(len(EXITS)))]
    start, ends = (size // 2, 0), _ends(size)
    while True:
        joined = _tree(size, rng)
        whole = {name: _way(joined, start, end) for name, end in ends.items()}
        cuts = {name: _cut(whole[name], whole[chosen]) for name in EXITS if name != chosen}
        if all(cuts.values()):
            break
    walled = {edge for edge in joined if edge not in cuts.values()}
    others = [name for name in EXITS if name != chosen]
    advised = chosen if is_right else others[int(rng.integers(len(others)))]
    picture = _drawn(walled, size)
    way = whole[advised]
    return Maze(key, difficulty, picture, chosen, advised, _shown(way, size), _told(way, advised))


def _ends(size: int) -> dict[str, Cell]:
    rows = np.linspace(0, size - 1, len(EXITS)).round().astype(int)
    return {name: (int(row), size - 1) for name, row in zip(EXITS, rows, strict=True)}


def _tree(size: int, rng: np.random.Generator) -> set[Edge]:
    """Join all cells by a walk that turns back at dead ends: long, winding ways."""
    seen, joined, walk = {(0, 0)}, set(), [(0, 0)]
    while walk:
        fresh = [cell for cell in _beside(walk[-1], size) if cell not in seen]
        if not fresh:
            walk.pop()
            continue
        step = fresh[int(rng.integers(len(fresh)))]
        joined.add(frozenset((walk[-1], step)))
        seen.add(step)
        walk.append(step)
    return joined


def _beside(cell: Cell, size: int) -> list[Cell]:
    row, column = cell
    around = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
    return [(r, c) for r, c in around if 0 <= r < size and 0 <= c < size]


def _way(joined: set[Edge], start: Cell, end: Cell) -> list[Cell]:
    beside: dict[Cell, list[Cell]] = {}
    for one, other in map(tuple, joined):
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)
    before: dict[Cell, Cell | None] = {start: None}
    queue = deque([start])
    while queue:
        cell = queue.popleft()
        for following in beside[cell]:
            if following not in before:
                before[following] = cell
                queue.append(following)
    way: list[Cell] = []
    at: Cell | None = end
    while at is not None:
        way.append(at)
        at = before[at]
    return way[::-1]


def _cut(way: list[Cell], true: list[Cell]) -> Edge | None:
    """Return the edge to wall up: half-way between where the ways part and the wrong exit; None if they never part."""
    parts = next((n for n, (one, other) in enumerate(zip(way, true, strict=False)) if one != other), None)
    if parts is None or parts < 1:
        return None
    at = (parts - 1 + len(way) - 2) // 2
    return frozenset((way[max(at, parts - 1)], way[max(at, parts - 1) + 1]))


def _scale(size: int) -> tuple[int, int]:
    unit = PIXELS // (size + 2)
    return unit, (PIXELS - unit * size) // 2


def _drawn(joined: set[Edge], size: int) -> NDArray[np.uint8]:
    picture = np.full((PIXELS, PIXELS, 3), FLOOR, dtype=np.uint8)
    unit, edge = _scale(size)
    thick = max(2, unit // 9)
    ends, start = _ends(size), (size // 2, 0)
    for row in range(size):
        for column in range(size):
            top, left = edge + row * unit, edge + column * unit
            for other, box in (
                ((row - 1, column), (top - thick // 2, top + thick, left, left + unit + thick)),
                ((row, column - 1), (top, top + unit + thick, left - thick // 2, left + thick)),
                ((row + 1, column), (top + unit, top + unit + thick, left, left + unit + thick)),
                ((row, column + 1), (top, top + unit + thick, left + unit, left + unit + thick)),
            ):
                is_door = (other[1] == -1 and (row, column) == start) or (
                    other[1] == size and (row, column) in ends.values()
                )
                if frozenset(((row, column), other)) not in joined and not is_door:
                    picture[box[0] : box[1], box[2] : box[3]] = WALL
    _dot(picture, edge + start[0] * unit + unit // 2, edge - unit // 3, unit // 4)
    for name, (row, _) in ends.items():
        _letter(picture, name, edge + row * unit + unit // 2, edge + size * unit + max(14, unit // 2))
    return picture


def _dot(picture: NDArray[np.uint8], y: int, x: int, radius: int) -> None:
    rows, columns = np.mgrid[:PIXELS, :PIXELS]
    picture[np.hypot(rows - y, columns - x) <= max(radius, 4)] = START


def _letter(picture: NDArray[np.uint8], name: str, y: int, x: int) -> None:
    points = np.array([[point == "1" for point in line] for line in LETTERS[name]])
    large = np.kron(points, np.ones((2, 2), dtype=bool))
    top, left = max(0, y - large.shape[0] // 2), min(PIXELS - large.shape[1], x - large.shape[1] // 2)
    picture[top : top + large.shape[0], left : left + large.shape[1]][large] = EXIT


def _shown(way: list[Cell], size: int) -> NDArray[np.float32]:
    """Draw a way as a map: a band along the middle of its cells."""
    found = np.zeros((PIXELS, PIXELS), dtype=np.float32)
    unit, edge = _scale(size)
    half = max(1, unit // 8)
    centres = [(edge + row * unit + unit // 2, edge + column * unit + unit // 2) for row, column in way]
    for (y, x), (to_y, to_x) in zip(centres, centres[1:] or centres, strict=False):
        found[min(y, to_y) - half : max(y, to_y) + half, min(x, to_x) - half : max(x, to_x) + half] = 1
    return found


def _told(way: list[Cell], name: str) -> str:
    """Tell a way in words: each stretch with its direction and length."""
    words = {(0, 1): "right", (0, -1): "left", (1, 0): "down", (-1, 0): "up"}
    steps = [words[to[0] - at[0], to[1] - at[1]] for at, to in pairwise(way)]
    stretches = [f"{direction} {len(list(same))}" for direction, same in groupby(steps)]
    return f"From the start go {', '.join(stretches)} to exit {name}."
