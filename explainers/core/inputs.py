"""From cases as they are stored to the numbers that a network takes: tables, pictures, texts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.declaration import PredictorSpec
from explainers.core.errors import PredictorRefused
from explainers.core.png import png_decode
from explainers.core.tokens import PADDING, Word, tokenise

Pictures = Callable[[str], bytes]
LEAST_DEVIATION = 1e-6


def table_array(rows: Sequence[Mapping[str, Any]], *, spec: PredictorSpec) -> NDArray[np.float64]:
    """
    Return (value - mean) / scale of every feature.

    Parameters
    ----------
    rows : Sequence of Mapping
        Feature name to finite number, in the unit of the feature.
    spec : PredictorSpec
        The predictor's declaration.

    Returns
    -------
    numpy.ndarray
        float64, (n, features), in training standard deviations.

    Raises
    ------
    PredictorRefused
        If a feature is missing or not a finite number.
    """
    for place, row in enumerate(rows):
        for name in spec.features:
            value = row.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
                raise PredictorRefused(
                    f"Case {place + 1}: the feature {name} is {value!r}, not a finite number."
                )
    raw = np.array([[row[name] for name in spec.features] for row in rows], dtype=np.float64)
    raw = raw.reshape(len(rows), len(spec.features))
    mean = np.asarray(spec.preprocessing["mean"], dtype=np.float64)
    scale = np.asarray(spec.preprocessing["scale"], dtype=np.float64)
    result: NDArray[np.float64] = (raw - mean) / scale
    return result


def pixel_array(
    row: Mapping[str, Any], *, spec: PredictorSpec, pictures: Pictures | None
) -> NDArray[np.uint8]:
    """
    Return the picture of a case.

    Parameters
    ----------
    row : Mapping
        `image`: an array (height, width, channels) or (height, width) of uint8, or the digest of a PNG that the
        store keeps.
    spec : PredictorSpec
        The predictor's declaration.
    pictures : Callable or None
        From digest to the bytes of the PNG.

    Returns
    -------
    numpy.ndarray
        uint8, (height, width, channels) of the predictor; grey becomes three equal channels where
        three are wanted.

    Raises
    ------
    PredictorRefused
        If there is no picture or it has another size.
    """
    found = row.get("image")
    if isinstance(found, str) and pictures is not None:
        found = png_decode(pictures(found))
    if not isinstance(found, np.ndarray) or found.dtype != np.uint8 or found.ndim not in (2, 3):
        raise PredictorRefused("The case has no picture of 8-bit values that the predictor could read.")
    pixels = found[:, :, None] if found.ndim == 2 else found
    channels, size = len(spec.features), (spec.preprocessing["height"], spec.preprocessing["width"])
    if pixels.shape[2] == 1 and channels == 3:
        pixels = np.repeat(pixels, 3, axis=2)
    if pixels.shape != (*size, channels):
        raise PredictorRefused(
            f"The picture is {' x '.join(map(str, pixels.shape))} (height, width, channels); the predictor takes "
            f"{size[0]} x {size[1]} x {channels}."
        )
    return pixels


def image_array(
    rows: Sequence[Mapping[str, Any]], *, spec: PredictorSpec, pictures: Pictures | None
) -> NDArray[np.float32]:
    """
    Return pictures as a network takes them.

    Formula: v / 255, then (v - mean) / scale per channel; with `each`, mean and standard deviation are those of
    the picture's own channel (the deviation at least 1e-6).

    Parameters
    ----------
    rows : Sequence of Mapping
        As for `pixel_array`.
    spec : PredictorSpec
        The predictor's declaration.
    pictures : Callable or None
        From digest to the bytes of the PNG.

    Returns
    -------
    numpy.ndarray
        float32, (n, channels, height, width).

    Raises
    ------
    PredictorRefused
        Naming the case that has no fitting picture.
    """
    channels, size = len(spec.features), (spec.preprocessing["height"], spec.preprocessing["width"])
    result = np.empty((len(rows), channels, *size), dtype=np.float32)
    for place, row in enumerate(rows):
        try:
            pixels = pixel_array(row, spec=spec, pictures=pictures)
        except PredictorRefused as error:
            raise PredictorRefused(f"Case {place + 1}: {error}") from error
        values = pixels.astype(np.float64).transpose(2, 0, 1) / 255
        if spec.preprocessing.get("each"):
            mean = values.mean(axis=(1, 2), keepdims=True)
            scale = np.maximum(values.std(axis=(1, 2), keepdims=True), LEAST_DEVIATION)
        else:
            mean, scale = (
                np.asarray(spec.preprocessing[word]).reshape(-1, 1, 1) for word in ("mean", "scale")
            )
        result[place] = (values - mean) / scale
    return result


def text_words(
    row: Mapping[str, Any], *, spec: PredictorSpec, vocabulary: Mapping[str, int]
) -> tuple[list[int], list[Word]]:
    """
    Return token numbers and words of the text of a case.

    Parameters
    ----------
    row : Mapping
        The text under the name of the predictor's one feature, or under `text`.
    spec : PredictorSpec
        The predictor's declaration.
    vocabulary : Mapping
        Token to number.

    Returns
    -------
    tuple
        As `tokenise` gives it.

    Raises
    ------
    PredictorRefused
        If there is no text, or it is longer than the network takes (nothing is cut off in silence).
    """
    text = row.get(spec.features[0], row.get("text"))
    if not isinstance(text, str):
        raise PredictorRefused("The case has no text.")
    numbers, words = tokenise(text, vocabulary=vocabulary, lower=spec.preprocessing.get("lower", True))
    longest = int(spec.parameters["length"])
    if not 0 < len(numbers) <= longest:
        raise PredictorRefused(f"The text has {len(numbers)} tokens; the predictor takes 1 to {longest}.")
    return numbers, words


def text_array(
    rows: Sequence[Mapping[str, Any]], *, spec: PredictorSpec, vocabulary: Mapping[str, int]
) -> NDArray[np.int64]:
    """
    Return texts as a network takes them.

    Parameters
    ----------
    rows : Sequence of Mapping
        As for `text_words`.
    spec : PredictorSpec
        The predictor's declaration.
    vocabulary : Mapping
        Token to number.

    Returns
    -------
    numpy.ndarray
        int64, (n, length); padded with 0 to the length of the network, so that a text never depends on the
        texts beside it.

    Raises
    ------
    PredictorRefused
        Naming the case that has no fitting text.
    """
    result = np.full((len(rows), int(spec.parameters["length"])), PADDING, dtype=np.int64)
    for place, row in enumerate(rows):
        try:
            numbers, _ = text_words(row, spec=spec, vocabulary=vocabulary)
        except PredictorRefused as error:
            raise PredictorRefused(f"Case {place + 1}: {error}") from error
        result[place, : len(numbers)] = numbers
    return result
