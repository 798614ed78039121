"""The common part of the methods that explain by other cases."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.concepts.layers import layer_named, layer_vectors
from explainers.core.errors import ExplanationRefused
from explainers.core.exhibit import Exhibit
from explainers.core.limits import Choice
from explainers.core.method import Batch
from explainers.core.reference import ReferenceSet, reference_of

if TYPE_CHECKING:
    from explainers.core.predictor import LoadedPredictor

SHOWN = Choice("every_class", "target")
"""Of which classes known cases are shown: of all, or of the one that is explained."""


@dataclass(frozen=True)
class Known:
    """
    Cases with known outcomes, as the predictor sees them.

    Parameters
    ----------
    cases : ReferenceSet
        The cases.
    vectors : numpy.ndarray
        float64, (n, width): what the layer says of them.
    layer : str
        Name of the module.
    """

    cases: ReferenceSet
    vectors: NDArray[np.float64] = field(repr=False)
    layer: str

    def card(self, place: int, **numbers: float) -> dict[str, Any]:
        """
        Return one case for people.

        Parameters
        ----------
        place : int
            Which.
        **numbers : float
            What is said of it, such as its distance.

        Returns
        -------
        dict
            `case`, `outcome`, the numbers, and `inputs`: everything of the case that can be written down.
        """
        inputs = {
            name: value
            for name, value in self.cases.rows[place].items()
            if isinstance(value, int | float | str)
        }
        return {
            "case": self.cases.keys[place],
            "outcome": self.cases.labels[place],
            "inputs": inputs,
            **numbers,
        }


def known_cases(batch: Batch) -> Iterator[tuple[int, Known]]:
    """
    Yield every case of a batch with the known cases that it is held against; each set is seen once.

    Parameters
    ----------
    batch : Batch
        Its parameters name the set (`cases`) and the `layer`.

    Yields
    ------
    tuple
        Place in the batch; the known cases.
    """
    seen: dict[tuple[str, str], Known] = {}
    for place, parameters in enumerate(batch.parameters):
        key = (str(parameters["cases"]), str(parameters["layer"]))
        if key not in seen:
            cases = reference_of(batch.references, key[0], what="cases with outcomes", labelled=True)
            layer = layer_named(batch.predictor, key[1])
            seen[key] = Known(cases, vector_of(batch.predictor, rows=cases.rows, layer=layer), layer)
        yield place, seen[key]


def classes_shown(
    classes: Mapping[str, list[dict[str, Any]]], *, batch: Batch, place: int
) -> Mapping[str, list[dict[str, Any]]]:
    """
    Return the known cases that are shown of one case.

    Parameters
    ----------
    classes : Mapping
        Class to its cards.
    batch : Batch
        The cases; its parameter `shown` is `every_class` or `target`.
    place : int
        Which one.

    Returns
    -------
    Mapping
        All classes, or the class alone that is explained.

    Raises
    ------
    ExplanationRefused
        If no case of the class explained is known.
    """
    if batch.parameters[place]["shown"] == "every_class":
        return classes
    target = batch.targets[place]
    if not classes.get(target):
        raise ExplanationRefused(
            f"No case of the class '{target}' is known: bring some in, or show every class."
        )
    return {target: classes[target]}


def vector_of(
    predictor: "LoadedPredictor", *, rows: Sequence[Mapping[str, Any]], layer: str
) -> NDArray[np.float64]:
    """
    Return what a layer says of cases.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    rows : Sequence of Mapping
        Inputs.
    layer : str
        Name of a module.

    Returns
    -------
    numpy.ndarray
        float64, (n, width).
    """
    return layer_vectors(predictor, inputs=predictor.tensor(rows), layer=layer)


def examples_exhibit(batch: Batch, *, place: int, known: Known, content: Mapping[str, Any]) -> Exhibit:
    """
    Return an explanation by examples.

    Parameters
    ----------
    batch : Batch
        The cases.
    place : int
        Which one.
    known : Known
        Where the examples come from.
    content : Mapping
        What is shown.

    Returns
    -------
    Exhibit
        `output` is the probability (of a regression the value) of the class explained.
    """
    predictor, target = batch.predictor, batch.targets[place]
    output = predictor.probabilities([batch.rows[place]])[0][target]
    return Exhibit(
        features=(),
        values=(),
        target_class=target,
        target_space="probability" if predictor.outcome == "classification" else "score",
        baseline=(),
        output=output,
        output_at_baseline=0.0,
        completeness_error=0.0,
        recipe={"references": {known.cases.name: known.cases.digest}},
        modality=predictor.modality,
        kind="examples",
        content={"layer": known.layer, **content},
    )
