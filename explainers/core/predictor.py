"""A predictor ready to answer: features in their own units go in, scores and probabilities of the classes come out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from explainers.core.architectures import architecture_get
from explainers.core.errors import PredictorRefused
from explainers.core.weights import check_weights

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

CHUNK = 32
"""Cases that are explained together: always this many, padded, so that a result never depends on its company."""


@dataclass(frozen=True)
class PredictorSpec:
    """
    Everything about a predictor but its weights.

    Parameters
    ----------
    architecture : str
        Name on the allow-list.
    parameters : Mapping
        Parameters of the architecture.
    features : Sequence of str
        Names of the inputs, in the order of the columns.
    classes : Sequence of str
        Names of the outputs, in their order.
    preprocessing : Mapping
        `{"kind": "standardise", "mean": [...], "scale": [...]}` in the units of the features. The mean is
        also the baseline of explanations ("a typical patient").
    """

    architecture: str
    parameters: Mapping[str, Any]
    features: Sequence[str]
    classes: Sequence[str]
    preprocessing: Mapping[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """
        Check the declaration.

        Raises
        ------
        PredictorRefused
            With one sentence on the first fault.
        """
        architecture_get(self.architecture).shapes(self.parameters)  # refuses wrong parameters
        for word, names, count in (
            ("features", self.features, self.parameters.get("inputs")),
            ("classes", self.classes, self.parameters.get("outputs")),
        ):
            if (
                len(names) != count
                or len(set(names)) != count
                or not all(isinstance(n, str) and n for n in names)
            ):
                raise PredictorRefused(
                    f"The predictor needs {count} different {word} with names, not {list(names)!r:.200}."
                )
        if len(self.classes) < 2:
            raise PredictorRefused("A predictor needs two classes or more.")
        self._check_preprocessing()

    def _check_preprocessing(self) -> None:
        if (
            set(self.preprocessing) != {"kind", "mean", "scale"}
            or self.preprocessing["kind"] != "standardise"
        ):
            raise PredictorRefused(
                'The preprocessing is {"kind": "standardise", "mean": [...], "scale": [...]}.'
            )
        for word in ("mean", "scale"):
            try:
                values = np.asarray(self.preprocessing[word], dtype=np.float64)
            except (TypeError, ValueError) as error:
                raise PredictorRefused(
                    f"The {word} of the preprocessing is not a list of numbers."
                ) from error
            if values.shape != (len(self.features),) or not np.isfinite(values).all():
                raise PredictorRefused(
                    f"The {word} of the preprocessing needs one finite number per feature."
                )
            if word == "scale" and (values <= 0).any():
                raise PredictorRefused("The scale of the preprocessing needs numbers above 0.")


class LoadedPredictor:
    """
    A network in eval mode with frozen weights, and its preprocessing.

    Parameters
    ----------
    spec : PredictorSpec
        The declaration; checked here.
    weights : bytes
        A safetensors file; checked here before torch sees it.

    Raises
    ------
    PredictorRefused
        If the declaration or the weights are not acceptable.
    """

    def __init__(self, spec: PredictorSpec, *, weights: bytes) -> None:
        from safetensors.torch import load

        spec.check()
        architecture = architecture_get(spec.architecture)
        check_weights(weights, shapes=architecture.shapes(spec.parameters))
        self.spec = spec
        self.module = architecture.build(spec.parameters)
        self.module.load_state_dict(load(weights), strict=True)
        self.module.eval()
        self.module.requires_grad_(False)

    def tensor(self, rows: Sequence[Mapping[str, float]]) -> "torch.Tensor":
        """
        Turn case inputs into what the network takes.

        Parameters
        ----------
        rows : Sequence of Mapping
            Feature name to finite number, in the unit of the feature; further names are left out.

        Returns
        -------
        torch.Tensor
            float32, (n, features), standardised.

        Raises
        ------
        PredictorRefused
            If a feature is missing or not a finite number.
        """
        import torch

        return torch.from_numpy(self.standardised(rows).astype(np.float32))

    def standardised(self, rows: Sequence[Mapping[str, float]]) -> "NDArray[np.float64]":
        """
        Return (value - mean) / scale of every feature.

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
        for place, row in enumerate(rows):
            for name in self.spec.features:
                value = row.get(name)
                if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
                    raise PredictorRefused(
                        f"Case {place + 1}: the feature {name} is {value!r}, not a finite number."
                    )
        raw = np.array([[row[name] for name in self.spec.features] for row in rows], dtype=np.float64)
        raw = raw.reshape(len(rows), len(self.spec.features))
        mean = np.asarray(self.spec.preprocessing["mean"], dtype=np.float64)
        scale = np.asarray(self.spec.preprocessing["scale"], dtype=np.float64)
        result: NDArray[np.float64] = (raw - mean) / scale
        return result

    def probabilities(self, rows: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
        """
        Predict.

        Parameters
        ----------
        rows : Sequence of Mapping
            As for `tensor`.

        Returns
        -------
        list of dict
            Class to probability (softmax of the scores), one dict per row. The same row gives the same bits
            in any company.
        """
        import torch

        scores = alone(self.module, self.tensor(rows))
        probabilities = torch.softmax(scores.double(), dim=1).tolist()
        return [dict(zip(self.spec.classes, row, strict=True)) for row in probabilities]


def alone(function: "Callable[[torch.Tensor], torch.Tensor]", inputs: "torch.Tensor") -> "torch.Tensor":
    """
    Apply a function to each row by itself, without gradients.

    In a larger matrix the last bits of a row depend on its place, which would make what a case gets depend
    on its company.

    Parameters
    ----------
    function : Callable
        From (n, features) to (n, classes).
    inputs : torch.Tensor
        (n, features), n >= 1.

    Returns
    -------
    torch.Tensor
        (n, classes).
    """
    import torch

    with torch.no_grad():
        return torch.cat([function(inputs[place : place + 1].clone()) for place in range(len(inputs))])


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
    Return the class a predictor advises: the most probable one.

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
