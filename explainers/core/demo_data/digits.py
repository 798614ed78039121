"""Handwritten digits of four classes and a small network that errs on purpose, for tasks with several classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.demo_data.training import Recipe, trained_weights
from explainers.core.inputs import image_array
from explainers.core.png import png_encode
from explainers.core.predictor import PredictorSpec

DIGIT_LICENCE = "Optical Recognition of Handwritten Digits (Alpaydin, Kaynak 1998), UCI, CC BY 4.0"
DIGITS = (3, 5, 8, 9)  # the four that are taken for each other most
DIGIT_CLASSES = tuple(str(digit) for digit in DIGITS)
TIMES = 4
SIDE = 8 * TIMES
SPLIT_SEED, NOISE_SEED = 29, 31
RECIPE = Recipe(epochs=10, rate=3e-3, decay=0.01, seed=2, batch=64)


def digit_pictures(*, part: str, noise: float = 0.3) -> tuple[tuple[str, ...], NDArray[np.uint8], list[str]]:
    """
    Return digits as pictures.

    Parameters
    ----------
    part : str
        `train` or `test`: two halves with the same share of each class.
    noise : float
        Standard deviation of the grey noise that is added, in shares of the whole range; it makes the AI err.

    Returns
    -------
    tuple
        Keys; uint8 (n, 32, 32, 3), dark ink on white; classes.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    places = np.flatnonzero(np.isin(data.target, DIGITS))
    train, test = train_test_split(
        places, test_size=0.5, random_state=SPLIT_SEED, stratify=data.target[places]
    )
    chosen = np.sort(train if part == "train" else test)
    rng = np.random.default_rng([NOISE_SEED, part == "train"])
    ink = data.images[chosen] / 16 + rng.normal(0, noise, (len(chosen), 8, 8))
    grey = np.round(255 * (1 - np.clip(ink, 0, 1))).astype(np.uint8)
    large = np.kron(grey, np.ones((1, TIMES, TIMES), dtype=np.uint8))
    keys = tuple(f"digit-{place + 1:04d}" for place in chosen.tolist())
    return keys, np.repeat(large[..., None], 3, axis=3), [str(data.target[place]) for place in chosen]


def digit_schema() -> dict[str, Any]:
    """
    Describe the cases for people.

    Returns
    -------
    dict
        The schema of a set of pictures.
    """
    return {"modality": "image", "label": "A digit that somebody wrote by hand"}


def digit_files(keys: Sequence[str], pictures: NDArray[np.uint8]) -> dict[str, bytes]:
    """
    Return the pictures as files.

    Parameters
    ----------
    keys : Sequence of str
        Names of the cases.
    pictures : numpy.ndarray
        As of `digit_pictures`.

    Returns
    -------
    dict
        Name of the file to PNG.
    """
    return {f"{key}.png": png_encode(picture) for key, picture in zip(keys, pictures, strict=True)}


def digit_predictor() -> tuple[PredictorSpec, bytes]:
    """
    Train the network on the training half, in some seconds.

    Returns
    -------
    tuple
        Declaration of a CNN of three blocks, and safetensors bytes.
    """
    spec = PredictorSpec(
        architecture="cnn",
        parameters={"channels": 3, "widths": [8, 16, 32], "outputs": len(DIGITS), "size": SIDE},
        features=["red", "green", "blue"],
        classes=list(DIGIT_CLASSES),
        preprocessing={"kind": "image", "height": SIDE, "width": SIDE, "each": True},
    )
    _, pictures, classes = digit_pictures(part="train")
    inputs = image_array([{"image": picture} for picture in pictures], spec=spec, pictures=None)
    labels = np.array([DIGIT_CLASSES.index(each) for each in classes], dtype=np.int64)
    return spec, trained_weights(spec, inputs=inputs, labels=labels, recipe=RECIPE)
