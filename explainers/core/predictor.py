"""A predictor ready to answer: cases go in, scores and probabilities of the classes come out."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from explainers.core.declaration import PredictorSpec
from explainers.core.inputs import Pictures, image_array, pixel_array, table_array, text_array, text_words
from explainers.core.numerics import CPU, Numerics
from explainers.core.weights import check_weights

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

__all__ = ["CHUNK", "LoadedPredictor", "PredictorSpec", "advised_class", "alone", "padded"]

CHUNK = 32
"""Cases that are explained together: always this many, padded, so that a result never depends on its company."""


class LoadedPredictor:
    """
    A network in eval mode with frozen weights, and its preprocessing.

    Parameters
    ----------
    spec : PredictorSpec
        The declaration; checked here.
    weights : bytes
        A safetensors file; checked here before torch sees it.
    pictures : Callable or None
        From digest to the bytes of a PNG of the store; needed only for cases that name their picture so.
    numerics : Numerics
        Says where the network lies; `explain` computes in the same class.

    Attributes
    ----------
    module : torch.nn.Module
        From `tensor(rows)` to scores (n, classes).
    modality : str
        `tabular`, `image` or `text`.
    outcome : str
        `classification` or `regression`.
    temperature : float
        What scores are divided by before they become probabilities.
    taps : dict
        Names of modules that others use: `penultimate`; `cam`, `embedding`, `concepts` where there are such.

    Raises
    ------
    PredictorRefused
        If the declaration or the weights are not acceptable.
    """

    def __init__(
        self,
        spec: PredictorSpec,
        *,
        weights: bytes,
        pictures: Pictures | None = None,
        numerics: Numerics = CPU,
    ) -> None:
        from safetensors.torch import load

        spec.check()
        family = spec.family
        check_weights(weights, shapes=family.shapes(spec.parameters))
        self.spec, self.pictures, self.numerics = spec, pictures, numerics
        self.modality, self.outcome, self.temperature = spec.modality, spec.outcome, spec.temperature
        self.taps = family.taps(spec.parameters)
        self.module = family.build(spec.parameters)
        self.module.load_state_dict(load(weights), strict=True)
        self.module.eval()
        if numerics.is_cuda:
            numerics.check()
            self.module.to(numerics.torch_device)
        self.module.requires_grad_(False)
        words = spec.preprocessing.get("vocabulary", ())
        self._vocabulary = {token: number for number, token in enumerate(words)}

    @property
    def concept_names(self) -> list[str]:
        """Names of the outputs of the tap `concepts`; empty if the predictor has none."""
        return list(self.spec.parameters["concepts"]) if "concepts" in self.taps else []

    def tensor(self, rows: Sequence[Mapping[str, Any]]) -> "torch.Tensor":
        """
        Turn case inputs into what the network takes.

        Parameters
        ----------
        rows : Sequence of Mapping
            Tables: feature name to finite number, in the unit of the feature; further names are left out.
            Pictures: `image`, an array (height, width, channels) of uint8 or the digest of a stored PNG.
            Texts: `text`.

        Returns
        -------
        torch.Tensor
            float32 (n, features) or (n, channels, height, width), standardised; int64 (n, length) for
            texts, padded with 0.

        Raises
        ------
        PredictorRefused
            If a case does not have what the predictor needs.
        """
        import torch

        if self.modality == "image":
            return torch.from_numpy(image_array(rows, spec=self.spec, pictures=self.pictures))
        if self.modality == "text":
            return torch.from_numpy(text_array(rows, spec=self.spec, vocabulary=self._vocabulary))
        return torch.from_numpy(self.standardised(rows).astype(np.float32))

    def baseline_tensor(self) -> "torch.Tensor":
        """
        Return what cases are compared with, in the units of the network.

        Returns
        -------
        torch.Tensor
            Zeros in the shape of one row of `tensor`: the training mean of tables and pictures (with `each`, an
            even picture), padding for texts.
        """
        import torch

        if self.modality == "text":
            return torch.zeros(int(self.spec.parameters["length"]), dtype=torch.int64)
        if self.modality == "image":
            size = (self.spec.preprocessing["height"], self.spec.preprocessing["width"])
            return torch.zeros((len(self.spec.features), *size))
        return torch.zeros(len(self.spec.features))

    def pixels(self, row: Mapping[str, Any]) -> "NDArray[np.uint8]":
        """
        Return the picture of a case as the network sees it.

        Parameters
        ----------
        row : Mapping
            As for `tensor`.

        Returns
        -------
        numpy.ndarray
            uint8, (height, width, channels).

        Raises
        ------
        PredictorRefused
            If there is no fitting picture.
        """
        return pixel_array(row, spec=self.spec, pictures=self.pictures)

    def words(self, row: Mapping[str, Any]) -> list[tuple[str, list[int]]]:
        """
        Return the words of the text of a case and where their tokens stand.

        Parameters
        ----------
        row : Mapping
            As for `tensor`.

        Returns
        -------
        list of tuple
            (word as written, places of its tokens in the row of `tensor`).

        Raises
        ------
        PredictorRefused
            If there is no fitting text.
        """
        _, words = text_words(row, spec=self.spec, vocabulary=self._vocabulary)
        return [(word.text, list(word.tokens)) for word in words]

    def standardised(self, rows: Sequence[Mapping[str, float]]) -> "NDArray[np.float64]":
        """
        Return (value - mean) / scale of every feature of a table.

        Parameters
        ----------
        rows : Sequence of Mapping
            Feature name to finite number, in the unit of the feature.

        Returns
        -------
        numpy.ndarray
            float64, (n, features), in training standard deviations.

        Raises
        ------
        PredictorRefused
            If a feature is missing or not a finite number.
        """
        return table_array(rows, spec=self.spec)

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
        """
        Predict.

        Parameters
        ----------
        rows : Sequence of Mapping
            As for `tensor`.

        Returns
        -------
        list of dict
            Class to probability (softmax of the scores divided by the temperature), one dict per row; for a
            regression the name of the outcome and its value. The same row gives the same bits in any company.
        """
        import torch

        scores = alone(self.module, self.tensor(rows)).double()
        if self.outcome == "classification":
            scores = torch.softmax(scores / self.temperature, dim=1)
        return [dict(zip(self.spec.classes, row, strict=True)) for row in scores.tolist()]


def alone(function: "Callable[[torch.Tensor], torch.Tensor]", inputs: "torch.Tensor") -> "torch.Tensor":
    """
    Apply a function to each row by itself, without gradients.

    In a larger matrix the last bits of a row depend on its place, which would make what a case gets depend
    on its company.

    Parameters
    ----------
    function : Callable
        From (n, ...) to (n, classes).
    inputs : torch.Tensor
        (n, ...), n >= 1.

    Returns
    -------
    torch.Tensor
        (n, classes).
    """
    import torch

    parameters = function.parameters() if isinstance(function, torch.nn.Module) else iter(())
    device = next((each.device for each in parameters), None)
    with torch.no_grad():
        there = inputs if device is None else inputs.to(device)
        found = [function(there[place : place + 1].clone()) for place in range(len(there))]
    return torch.cat(found).to(inputs.device)


def padded(part: "torch.Tensor") -> "torch.Tensor":
    """
    Fill a chunk up with zeros to `CHUNK` rows.

    Parameters
    ----------
    part : torch.Tensor
        (n, ...) with n <= CHUNK.

    Returns
    -------
    torch.Tensor
        (CHUNK, ...).
    """
    import torch

    return torch.cat([part, part.new_zeros((CHUNK - len(part), *part.shape[1:]))])


def advised_class(scores: Mapping[str, float], *, classes: Sequence[str]) -> str:
    """
    Return the class a predictor advises: the most probable one (for a regression, the outcome).

    Parameters
    ----------
    scores : Mapping[str, float]
        Class to probability.
    classes : Sequence of str
        All classes in the predictor's order; the first wins a tie.

    Returns
    -------
    str
        The class.

    Examples
    --------
    >>> advised_class({"benign": 0.2, "malignant": 0.8}, classes=["benign", "malignant"])
    'malignant'
    """
    return max(classes, key=lambda name: scores[name])
