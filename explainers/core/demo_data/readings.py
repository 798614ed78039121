"""What a simulated AI says of the patches of a retina, and why: in words and as a map, each true or not by design."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explainers.core.demo_data.retina import RETINA_CLASSES, SIDE, Patches

PLACES = tuple(
    f"{row} {column}".replace("middle middle", "middle")
    for row in ("upper", "middle", "lower")
    for column in ("left", "middle", "right")
)
NAMED, WIDTH, STRENGTH = 2, 5.0, 1.0
# Of every six in a row, four are right; what is told is true of every other one.
RIGHT = (True, True, False, True, True, False)


@dataclass(frozen=True)
class Reading:
    """
    What the AI says of one patch.

    Parameters
    ----------
    key : str
        The case.
    truth, advised : str
        What was drawn, and what the AI says.
    is_true : bool
        Whether what the explanation tells of the picture is there.
    text : str
        The reasons in words.
    map : numpy.ndarray
        float64, (64, 64), from 0: where the AI says that it looked.
    """

    key: str
    truth: str
    advised: str
    is_true: bool
    text: str
    map: NDArray[np.float64]


def retina_readings(patches: Patches, *, seed: int = 41) -> list[Reading]:
    """
    Let the simulated AI read patches.

    It is right about four of every six of each class. Its explanations are true of half of the patches, crossed with
    that: they name what is drawn where it is drawn. The others name a place where nothing is, in the same words.

    Parameters
    ----------
    patches : Patches
        The patches, with the masks of what is drawn.
    seed : int
        Draws the places that are named wrongly.

    Returns
    -------
    list of Reading
        In the order of the patches.

    Examples
    --------
    >>> from explainers.core.demo_data.retina import retina_patches
    >>> some = retina_readings(retina_patches(count=24, part="test"))
    >>> sum(each.advised == each.truth for each in some), sum(each.is_true for each in some)
    (16, 12)
    """
    rng = np.random.default_rng(seed)
    met = [0, 0]
    found = []
    for number, key in enumerate(patches.keys):
        label = int(patches.labels[number])
        place, met[label] = met[label], met[label] + 1
        is_right, is_true = RIGHT[place % len(RIGHT)], place // len(RIGHT) % 2 == 0
        advised = RETINA_CLASSES[label if is_right else 1 - label]
        drawn = patches.lesion_masks[number] | patches.cue_masks[number]
        named = patches.lesion_masks[number] if label else patches.cue_masks[number]
        where = _parts_of(named if is_true else _elsewhere(drawn, rng=rng))[:NAMED]
        text = _words(advised, where=where, is_spots=bool(label) == is_true)
        found.append(Reading(key, RETINA_CLASSES[label], advised, is_true, text, _map(where)))
    return found


def _parts_of(mask: NDArray[np.bool_]) -> list[int]:
    """Return the ninths of a patch in which something is marked, the most marked first."""
    rows, columns = np.nonzero(mask)
    parts = Counter((rows * 3 // SIDE * 3 + columns * 3 // SIDE).tolist())
    return [part for part, _count in parts.most_common()]


def _elsewhere(drawn: NDArray[np.bool_], *, rng: np.random.Generator) -> NDArray[np.bool_]:
    free = [part for part in range(9) if part not in _parts_of(drawn)]
    part = int(rng.choice(free))
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[SIDE * (part // 3) // 3 + SIDE // 6, SIDE * (part % 3) // 3 + SIDE // 6] = True
    return mask


def _words(advised: str, *, where: list[int], is_spots: bool) -> str:
    if not where:
        return (
            "The background is even and the vessels run smoothly; no small dark spots stand beside them."
            if advised == RETINA_CLASSES[0]
            else "Nothing stands out, yet a small bleeding can be too faint to be seen."
        )
    places = " and ".join(f"the {PLACES[part]}" for part in where)
    thing = "Small dark spots" if is_spots else "Bright marks"
    if advised == RETINA_CLASSES[1]:
        return f"{thing} in {places} of the picture point to a bleeding."
    return f"{thing} in {places} of the picture look like parts of the vessels; nothing points to a bleeding."


def _map(where: list[int]) -> NDArray[np.float64]:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    found = np.full((SIDE, SIDE), 0.02)
    for part in where:
        y, x = ((SIDE * place // 3 + SIDE // 6) for place in divmod(part, 3))
        found += STRENGTH * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * WIDTH**2))
    return found
