"""Chest pictures drawn by a seeded generator, and what three causes of respiratory failure change in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PIXELS = 320
PNEUMONIA, HEART_FAILURE, COPD = CAUSES = ("pneumonia", "heart_failure", "COPD")
AGED, HEAVY, SMOOTHED = TRAITS = ("aged", "heavy", "smoothed")
Picture = NDArray[np.float64]
ROWS, COLUMNS = np.mgrid[:PIXELS, :PIXELS].astype(np.float64)
MIDDLE = PIXELS / 2
RIBS, BLUR = 8, 4.0
SIDES = (-1, 1)
CLAVICLE = 58


@dataclass(frozen=True)
class Chest:
    """
    A picture and where in it there is what.

    Parameters
    ----------
    picture : numpy.ndarray
        uint8, (320, 320), grey.
    finding : numpy.ndarray
        float32, (320, 320), 0 to 1: where the cause shows.
    trait : numpy.ndarray
        float32, (320, 320), 0 to 1: where a trait of the patient or of the picture shows; all 0 without one.
    """

    picture: NDArray[np.uint8]
    finding: NDArray[np.float32]
    trait: NDArray[np.float32]


def chest_draw(cause: str, *, trait: str = "", seed: int) -> Chest:
    """
    Draw a chest.

    Definition: two dark lung fields in a bright body, ribs and collar bones over them, a heart. Pneumonia is a bright
    patch in one lung; heart failure a wide heart and haze that spreads from the middle to both bases; COPD long dark
    lungs, a flat diaphragm and a narrow heart. The traits are thin bones (`aged`), a thick wall (`heavy`) and a
    picture that was smoothed (`smoothed`).

    Parameters
    ----------
    cause : str
        One of `CAUSES`.
    trait : str
        One of `TRAITS`, or "".
    seed : int
        Equal seeds give equal pictures.

    Returns
    -------
    Chest
        Synthetic, and no picture to learn medicine from.

    Examples
    --------
    >>> chest_draw("pneumonia", seed=1).picture.shape
    (320, 320)
    """
    rng = np.random.default_rng([seed, CAUSES.index(cause)])
    is_long = cause == COPD
    width = 128 + (16 if trait == HEAVY else 0) + rng.uniform(-4, 4)
    body = _soft(1 - np.hypot((COLUMNS - MIDDLE) / width, (ROWS - 190) / 230), 0.03)
    reach, wide = (112 if is_long else 96) + rng.uniform(-3, 3), (52 if is_long else 46) + rng.uniform(-2, 2)
    lungs = [_lung(side, reach=reach, wide=wide, is_flat=is_long) for side in SIDES]
    field = np.maximum(*lungs)
    grey = 0.62 * body - (0.5 if is_long else 0.42) * field * body
    grey += _bones(field, strength=0.05 if trait == AGED else 0.13)
    heart = _heart(cause, rng)
    grey = np.maximum(grey, 0.66 * heart)
    grey += 0.2 * _soft(1 - np.abs(COLUMNS - MIDDLE) / 15, 0.3) * body
    finding = _FINDINGS[cause](lungs, heart, rng)
    grey += (0.0 if is_long else 0.34) * finding * body
    if trait == HEAVY:
        grey += 0.07 * body
    grey += rng.normal(0, 0.022, grey.shape)
    if trait == SMOOTHED:
        grey = _blurred(grey, BLUR)
    shown = (255 * grey.clip(0, 1)).astype(np.uint8)
    return Chest(shown, finding.astype(np.float32), _trait(trait, body).astype(np.float32))


def _soft(inside: Picture, edge: float) -> Picture:
    """Turn what is above 0 inside a form into 0 to 1 with a soft edge."""
    return np.asarray(1 / (1 + np.exp(-np.clip(inside / edge, -40, 40))), dtype=np.float64)


def _lung(side: int, *, reach: float, wide: float, is_flat: bool) -> Picture:
    centre = MIDDLE + side * (wide + 14)
    top, bottom = 166 - reach, 166 + reach * 0.86
    oval = 1 - np.hypot((COLUMNS - centre) / wide, (ROWS - 176) / (reach + 14))
    dome = bottom - (4 if is_flat else 22) * np.cos((COLUMNS - centre) / wide * np.pi / 2).clip(0, 1)
    return _soft(oval, 0.05) * _soft((dome - ROWS) / 30, 0.06) * _soft((ROWS - top) / 30, 0.1)


def _heart(cause: str, rng: np.random.Generator) -> Picture:
    wide = {HEART_FAILURE: 66, COPD: 32}.get(cause, 44) + rng.uniform(-3, 3)
    y, x = 214.0, MIDDLE + wide * 0.34
    tilted = (COLUMNS - x) * np.cos(0.35) + (ROWS - y) * np.sin(0.35)
    across = (ROWS - y) * np.cos(0.35) - (COLUMNS - x) * np.sin(0.35)
    return _soft(1 - np.hypot(tilted / wide, across / (wide * 0.76)), 0.06)


def _bones(field: Picture, *, strength: float) -> Picture:
    found = np.zeros_like(field)
    for side in SIDES:
        across = (COLUMNS - MIDDLE) * side
        for number in range(RIBS):
            arc = 70 + 23 * number + 0.0042 * (across - 60) ** 2 + 0.1 * across
            found += strength * np.exp(-(((ROWS - arc) / 3.6) ** 2)) * (across > 8) * field
        bone = CLAVICLE + 10 - 0.16 * across
        found += (
            1.7
            * strength
            * np.exp(-(((ROWS - bone) / 4.5) ** 2))
            * _soft((across - 12) / 10, 0.3)
            * (across < 104)
        )
    return found


def _patch(lungs: list[Picture], _heart: Picture, rng: np.random.Generator) -> Picture:
    side = int(rng.integers(2))
    y, x = rng.uniform(150, 215), MIDDLE + SIDES[side] * rng.uniform(58, 78)
    blobs = [
        np.exp(-(((ROWS - y - rng.normal(0, 13)) / 21) ** 2) - ((COLUMNS - x - rng.normal(0, 13)) / 18) ** 2)
        for _ in range(5)
    ]
    return np.asarray((np.sum(blobs, axis=0) / 1.5).clip(0, 1) * lungs[side], dtype=np.float64)


def _haze(lungs: list[Picture], heart: Picture, _rng: np.random.Generator) -> Picture:
    field = np.maximum(*lungs)
    middle = np.exp(-(((np.abs(COLUMNS - MIDDLE) - 34) / 34) ** 2) - ((ROWS - 165) / 52) ** 2)
    bases = _soft((ROWS - 218) / 22, 0.4)
    return np.asarray((0.75 * middle + 0.8 * bases).clip(0, 1) * field * (1 - 0.6 * heart), dtype=np.float64)


def _flat(lungs: list[Picture], _heart: Picture, _rng: np.random.Generator) -> Picture:
    field = np.maximum(*lungs)
    return np.asarray(
        field * np.exp(-(((ROWS - 244) / 17) ** 2)) + 0.5 * field * _soft((116 - ROWS) / 20, 0.4),
        dtype=np.float64,
    )


_FINDINGS: Mapping[str, Callable[[list[Picture], Picture, np.random.Generator], Picture]] = {
    PNEUMONIA: _patch,
    HEART_FAILURE: _haze,
    COPD: _flat,
}


def _trait(trait: str, body: Picture) -> Picture:
    """Return where a predictor looks that goes by the trait: at the collar bones, the wall of the chest, the edges."""
    across = np.abs(COLUMNS - MIDDLE)
    if trait == AGED:
        return np.asarray(
            np.exp(-(((ROWS - CLAVICLE - 10 + 0.16 * across) / 15) ** 2)) * (across < 110) * body
        )
    if trait == HEAVY:
        return np.asarray(np.exp(-(((across - 132) / 15) ** 2)) * body * (ROWS > 110))
    if trait == SMOOTHED:
        edge = np.minimum.reduce([ROWS, COLUMNS, PIXELS - 1 - ROWS, PIXELS - 1 - COLUMNS])
        return np.asarray(np.exp(-((edge / 22) ** 2)))
    return np.zeros_like(body)


def _blurred(grey: Picture, width: float) -> Picture:
    """Smooth by a Gaussian, along columns and rows."""
    reach = np.arange(-12, 13)
    kernel = np.exp(-(reach**2) / (2 * width**2))
    kernel /= kernel.sum()
    padded = np.pad(grey, 12, mode="edge")
    down = np.apply_along_axis(np.convolve, 0, padded, kernel, mode="valid")
    return np.asarray(np.apply_along_axis(np.convolve, 1, down, kernel, mode="valid"), dtype=np.float64)
