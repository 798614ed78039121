"""What is asked about concepts, and what is found."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.concepts.cav import Vectors
from explainers.core.errors import ExplanationRefused

if TYPE_CHECKING:
    import torch

LEAST_ITEMS = 9
LEAST_SPREAD = 1e-12


@dataclass(frozen=True)
class ConceptStudy:
    """
    What is asked about concepts.

    Parameters
    ----------
    concepts : Mapping
        Name to examples, as the predictor takes them (tensors, (n, ...)).
    pool : torch.Tensor
        Random cases of the same domain, at least twice as many as the largest concept has examples.
    cases : torch.Tensor
        Cases of the class explained.
    target : int
        Column of the class.
    space : str
        What of the output is explained.
    layers : Sequence of str
        Names of modules, best two or more.
    seed : str
        For every draw.
    sets : int
        Random sets that each concept is told from, R.
    null : int
        Random-versus-random vectors, B; at least as many as copies are drawn.
    copies : int
        Copies of the predictor with shuffled weights; 0 for as many as the smallest p that Holm asks for needs.
    alpha : float
        Family-wise error over concepts x layers.
    least_accuracy : float
        Held-out accuracy that a vector needs to stand for a concept.
    """

    concepts: "Mapping[str, torch.Tensor]"
    pool: "torch.Tensor"
    cases: "torch.Tensor"
    target: int
    space: str
    layers: Sequence[str]
    seed: str
    sets: int = 20
    null: int = 200
    copies: int = 0
    alpha: float = 0.05
    least_accuracy: float = 0.7

    @property
    def copies_needed(self) -> int:
        """Copies with which the smallest p of all tests can pass Holm's first step."""
        return self.copies or int(np.ceil(len(self.concepts) * len(self.layers) / self.alpha)) - 1

    @property
    def null_needed(self) -> int:
        """Random-versus-random vectors: at least as many as copies."""
        return max(self.null, self.copies_needed)


@dataclass(frozen=True)
class Finding:
    """
    What was found of one concept in one layer.

    Parameters
    ----------
    concept : str
        Its name.
    layer : str
        Name of the module.
    accuracy : float
        Mean held-out accuracy of its vectors.
    sign_count : float
        TCAV score: share of the cases whose output rises along the vector, mean over the vectors.
    derivative : float
        Mean derivative of the output along the vectors of length 1, over cases and vectors.
    effect : float
        `derivative` divided by the standard deviation of that of random-versus-random vectors.
    p_null : float
        Share of random-versus-random vectors with at least such a derivative, either way.
    p_copies : float
        Share of shuffled copies of the predictor with at least such an effect, either way.
    p : float
        The larger of the two: both have to be small.
    p_holm : float
        p after Holm's correction over concepts x layers.
    found : bool
        p_holm <= alpha and the accuracy is enough.
    """

    concept: str
    layer: str
    accuracy: float
    sign_count: float
    derivative: float
    effect: float
    p_null: float
    p_copies: float
    p: float
    p_holm: float
    found: bool

    def plain(self) -> dict[str, Any]:
        """
        Return it as plain data.

        Returns
        -------
        dict
            As the parameters.
        """
        return asdict(self)


@dataclass(frozen=True)
class Measured:
    """
    One concept in one layer of one network, before any test.

    Parameters
    ----------
    vectors : Vectors
        Of the concept against each random set.
    null : Vectors
        Random against random.
    slopes : numpy.ndarray
        float64, (cases, width): derivative of the output with respect to the layer.
    """

    vectors: Vectors
    null: Vectors
    slopes: NDArray[np.float64] = field(repr=False)

    @property
    def derivative(self) -> float:
        """Mean derivative along the concept."""
        return float((self.slopes @ self.vectors.directions.T).mean())

    @property
    def null_derivatives(self) -> NDArray[np.float64]:
        """Mean derivative along each random-versus-random vector."""
        found: NDArray[np.float64] = (self.slopes @ self.null.directions.T).mean(axis=0)
        return found

    @property
    def effect(self) -> float:
        """Derivative in standard deviations of the random ones; 0 if those do not differ."""
        spread = float(np.sqrt((self.null_derivatives**2).mean()))
        return self.derivative / spread if spread > LEAST_SPREAD else 0.0


def holm(p_values: Sequence[float]) -> list[float]:
    """
    Adjust p-values for the number of tests, step by step.

    Parameters
    ----------
    p_values : Sequence of float
        Any number.

    Returns
    -------
    list of float
        In the same order; at most 1.

    References
    ----------
    .. [1] Holm (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order.tolist()):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def check_study(study: ConceptStudy) -> None:
    """
    Refuse questions that the cases cannot answer.

    Parameters
    ----------
    study : ConceptStudy
        What is asked.

    Raises
    ------
    ExplanationRefused
        With all faults at once.
    """
    sizes = {name: len(examples) for name, examples in study.concepts.items()}
    faults = [
        f"{name} has {size} examples, at least {LEAST_ITEMS} are needed"
        for name, size in sizes.items()
        if size < LEAST_ITEMS
    ]
    if not sizes:
        faults.append("there is no concept")
    elif len(study.pool) < 2 * max(sizes.values()):
        faults.append(
            f"the pool has {len(study.pool)} random cases, twice the examples of the largest concept are needed: "
            f"{2 * max(sizes.values())}"
        )
    if not len(study.cases):
        faults.append("there is no case of the class explained")
    if faults:
        raise ExplanationRefused(f"Concepts cannot be tested: {'; '.join(faults)}.")
