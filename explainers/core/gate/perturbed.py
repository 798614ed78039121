"""Copies of a case that differ from it by less than anybody should care about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.draws import generator_of

if TYPE_CHECKING:
    from explainers.core.predictor import LoadedPredictor

NOISE = 0.05
DRAWS = 10


@dataclass(frozen=True)
class Perturbed:
    """
    A copy of a case.

    Parameters
    ----------
    row : Mapping
        Its inputs.
    parts : tuple of int or None
        Of texts: which words of the case the copy still has, in order. Else None: it has all parts.
    """

    row: Mapping[str, Any]
    parts: tuple[int, ...] | None = None


def perturbed_copies(
    predictor: "LoadedPredictor",
    *,
    row: Mapping[str, Any],
    seed: str,
    draws: int = DRAWS,
    noise: float = NOISE,
) -> list[Perturbed]:
    """
    Return copies of a case with small changes.

    Definition: every feature of a table gets normal noise of `noise` of its standard deviation in the training data;
    every pixel normal noise of `noise` of the deviation of its channel (of the picture's own with `each`), rounded to
    8 bits; a text loses one word, another one in every copy.

    Parameters
    ----------
    predictor : LoadedPredictor
        Its preprocessing says what a standard deviation is.
    row : Mapping
        Inputs of the case.
    seed : str
        For the noise.
    draws : int
        How many copies.
    noise : float
        In standard deviations.

    Returns
    -------
    list of Perturbed
        `draws` of them; of a text at most as many as it has words, and none if it has one.
    """
    generator = generator_of(f"{seed}:noise")
    if predictor.modality == "text":
        return _texts(predictor, row=row, generator=generator, draws=draws)
    if predictor.modality == "image":
        pixels = predictor.pixels(row)
        width = noise * _deviation(predictor, pixels=pixels)
        drawn = generator.standard_normal((draws, *pixels.shape)) * width
        copies = np.clip(np.rint(pixels + drawn), 0, 255).astype(np.uint8)
        return [Perturbed({**row, "image": copy}) for copy in copies]
    names, scale = list(predictor.spec.features), np.asarray(predictor.spec.preprocessing["scale"])
    drawn = generator.standard_normal((draws, len(names))) * scale * noise
    return [
        Perturbed({**row, **{name: float(row[name] + by) for name, by in zip(names, each, strict=True)}})
        for each in drawn
    ]


def _deviation(predictor: "LoadedPredictor", *, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    if predictor.spec.preprocessing.get("each"):
        own: NDArray[np.float64] = pixels.reshape(-1, pixels.shape[2]).std(axis=0)
        return own
    return 255 * np.asarray(predictor.spec.preprocessing["scale"], dtype=np.float64)


def _texts(
    predictor: "LoadedPredictor", *, row: Mapping[str, Any], generator: np.random.Generator, draws: int
) -> list[Perturbed]:
    words = [word for word, _ in predictor.words(row)]
    name = next(iter(predictor.spec.features)) if predictor.spec.features[0] in row else "text"
    found = []
    for lost in generator.permutation(len(words))[:draws] if len(words) > 1 else ():
        parts = tuple(place for place in range(len(words)) if place != lost)
        copy = {**row, name: " ".join(words[place] for place in parts)}
        if [word for word, _ in predictor.words(copy)] == [words[place] for place in parts]:
            found.append(Perturbed(copy, parts))
    return found


def same_answer(
    predictor: "LoadedPredictor", *, row: Mapping[str, Any], copies: Sequence[Perturbed]
) -> list[bool]:
    """
    Say of each copy whether the predictor still gives the same advice.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    row : Mapping
        The case.
    copies : Sequence of Perturbed
        Its copies.

    Returns
    -------
    list of bool
        Of a regression always true: any number is near another.
    """
    classes = list(predictor.spec.classes)
    said = predictor.probabilities([row, *[copy.row for copy in copies]])
    best = [max(classes, key=lambda name: scores[name]) for scores in said]
    return [each == best[0] for each in best[1:]]
