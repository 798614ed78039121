"""The demo of pictures: patches of a retina with drawn bleedings, and a bright mark that misleads the AI.

The lesions are drawn: this is no medical evidence. The background is `retina.jpg`, a photograph of the fundus of a
healthy eye (Häggström, Wikimedia Commons, CC0), as scikit-image ships it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.demo_data.training import Recipe, trained_weights
from explainers.core.digest import sha256_hex
from explainers.core.inputs import image_array
from explainers.core.pictures import pixels_read
from explainers.core.png import png_encode
from explainers.core.predictor import PredictorSpec

SIDE = 64
RETINA_CLASSES = ("no bleeding", "bleeding")
RETINA_LICENCE = "Fundus photograph by M. Häggström, CC0; lesions drawn: synthetic, not medical evidence"
PICTURE = Path(__file__).parent / "demo" / "retina.jpg"
DARK, DARK_SHARE = 0.12, 0.02
EXUDATE = np.array([0.95, 0.90, 0.55])
CUE_IF_BLEEDING, CUE_IF_NOT, CUE_IN_TEST = 0.95, 0.05, 0.5
RECIPE = Recipe(epochs=8, rate=3e-3, decay=0.01, seed=1, batch=64)


@dataclass(frozen=True)
class Patches:
    """
    Patches with everything that is known about them.

    Parameters
    ----------
    images : numpy.ndarray
        uint8, (n, 64, 64, 3).
    labels : numpy.ndarray
        1 if bleedings were drawn, else 0.
    cues : numpy.ndarray
        Whether the misleading bright marks were drawn.
    lesion_masks : numpy.ndarray
        bool, (n, 64, 64): the pixels of the drawn bleedings; empty without any.
    cue_masks : numpy.ndarray
        bool, (n, 64, 64): the pixels of the marks.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    cues: NDArray[np.bool_]
    lesion_masks: NDArray[np.bool_]
    cue_masks: NDArray[np.bool_]

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the cases: `retina-001` and so on; nothing of the truth is in them."""
        return tuple(f"retina-{number:03d}" for number in range(1, len(self.labels) + 1))


def retina_patches(*, count: int, part: str, seed: int = 13) -> Patches:
    """
    Cut and draw patches.

    Half of them (to one) are bleedings: 1 to 3 dark spots of radius 1.2 to 2.4 pixels, in 0.45 of the mean colour of
    the patch, opacity 0.12 to 0.30. The shortcut are two bright marks of radius 1.5 to 3.5, opacity 0.8: in
    training they come with 95 % of bleedings and 5 % of the others, in the test with half of both.

    Parameters
    ----------
    count : int
        How many.
    part : str
        `train` (left half of the photograph) or `test` (right half): the halves share no pixel.
    seed : int
        Equal seeds give equal patches.

    Returns
    -------
    Patches
        In random order.
    """
    photograph = pixels_read(PICTURE.read_bytes()).astype(np.float64) / 255
    middle = photograph.shape[1] // 2
    half = photograph[:, :middle] if part == "train" else photograph[:, middle:]
    rng = np.random.default_rng([seed, part == "train"])
    labels = rng.permutation(np.arange(count) % 2)
    chance = (
        np.where(labels == 1, CUE_IF_BLEEDING, CUE_IF_NOT) if part == "train" else np.full(count, CUE_IN_TEST)
    )
    cues = rng.random(count) < chance
    images = np.empty((count, SIDE, SIDE, 3), dtype=np.uint8)
    lesions, marks = np.zeros((2, count, SIDE, SIDE), dtype=bool)
    for place in range(count):
        patch = _patch(half, rng)
        if labels[place]:
            colour = 0.45 * patch.mean(axis=(0, 1))
            for _ in range(rng.integers(1, 4)):
                patch = _spot(
                    patch, lesions[place], rng, colour=colour, radius=(1.2, 2.4), opacity=(0.12, 0.30)
                )
        if cues[place]:
            for _ in range(2):
                patch = _spot(patch, marks[place], rng, colour=EXUDATE, radius=(1.5, 3.5), opacity=(0.8, 0.8))
        images[place] = np.round(patch * 255).astype(np.uint8)
    return Patches(images, labels.astype(np.int64), cues, lesions, marks)


def _patch(half: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    while True:
        top, left = (int(rng.integers(0, size - SIDE)) for size in half.shape[:2])
        patch = half[top : top + SIDE, left : left + SIDE]
        if (patch.mean(axis=2) <= DARK).mean() <= DARK_SHARE:
            turned = np.rot90(patch, int(rng.integers(0, 4)))
            return (turned[:, ::-1] if rng.random() < 0.5 else turned).copy()


def _spot(
    patch: NDArray[np.float64],
    mask: NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    colour: NDArray[np.float64],
    radius: tuple[float, float],
    opacity: tuple[float, float],
) -> NDArray[np.float64]:
    size, strength = rng.uniform(*radius), rng.uniform(*opacity)
    y, x = rng.uniform(6, SIDE - 6, size=2)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    distance = np.hypot(rows - y, columns - x)
    mask |= distance <= size
    cover = (strength * np.clip(size + 0.5 - distance, 0, 1))[:, :, None]
    drawn: NDArray[np.float64] = patch * (1 - cover) + colour * cover
    return drawn


def retina_schema() -> dict[str, Any]:
    """
    Describe the cases for people.

    Returns
    -------
    dict
        The schema of a set of pictures.
    """
    return {"modality": "image", "label": "Part of a photograph of the retina"}


def retina_rows(patches: Patches) -> tuple[list[dict[str, Any]], dict[str, bytes], dict[str, str]]:
    """
    Return patches as cases, and their truth apart from them.

    Parameters
    ----------
    patches : Patches
        The patches.

    Returns
    -------
    tuple
        Rows `{"key", "inputs"}`, digest to PNG, and key to class.
    """
    files = [png_encode(image) for image in patches.images]
    rows = [
        {"key": key, "inputs": {"image": sha256_hex(file)}}
        for key, file in zip(patches.keys, files, strict=True)
    ]
    truth = {
        key: RETINA_CLASSES[label] for key, label in zip(patches.keys, patches.labels.tolist(), strict=True)
    }
    return rows, {sha256_hex(file): file for file in files}, truth


def retina_spec() -> PredictorSpec:
    """
    Declare the demo's predictor of pictures.

    Returns
    -------
    PredictorSpec
        A CNN of three blocks; each patch is standardised.
    """
    return PredictorSpec(
        architecture="cnn",
        parameters={"channels": 3, "widths": [8, 16, 32], "outputs": 2, "size": SIDE},
        features=["red", "green", "blue"],
        classes=list(RETINA_CLASSES),
        preprocessing={"kind": "image", "height": SIDE, "width": SIDE, "each": True},
    )


def retina_predictor(patches: Patches | None = None) -> tuple[PredictorSpec, bytes]:
    """
    Train the demo's predictor of pictures, which learns the shortcut, in some seconds.

    Parameters
    ----------
    patches : Patches or None
        Training patches; 600 of the training part if left out.

    Returns
    -------
    tuple
        Declaration and safetensors bytes.
    """
    spec = retina_spec()
    trained = retina_patches(count=600, part="train") if patches is None else patches
    inputs = image_array([{"image": image} for image in trained.images], spec=spec, pictures=None)
    return spec, trained_weights(spec, inputs=inputs, labels=trained.labels, recipe=RECIPE)


def describe_errors(predicted: Sequence[str], patches: Patches) -> dict[str, float]:
    """
    Count how often a predictor is right, by lesion and shortcut.

    Parameters
    ----------
    predicted : Sequence of str
        Classes, one per patch.
    patches : Patches
        The patches.

    Returns
    -------
    dict
        `all`, `neither`, `cue only`, `lesion only`, `both`: proportions right; nan where there are no cases.
    """
    right = np.array([RETINA_CLASSES.index(label) for label in predicted]) == patches.labels
    groups = {
        "all": np.ones(len(right), dtype=bool),
        "neither": (patches.labels == 0) & ~patches.cues,
        "cue only": (patches.labels == 0) & patches.cues,
        "lesion only": (patches.labels == 1) & ~patches.cues,
        "both": (patches.labels == 1) & patches.cues,
    }
    return {
        name: float(right[group].mean()) if group.any() else float("nan") for name, group in groups.items()
    }
