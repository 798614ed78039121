"""Deletion and insertion: whether the order of an explanation matters to the predictor more than a random one does."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explainers.core.attribution import Explanation
from explainers.core.attributor import Task
from explainers.core.draws import generator_of
from explainers.core.gate.seen import region_side, seen_parts
from explainers.core.perturbations import coalition_values
from explainers.core.surface import surface_of
from explainers.core.target import class_index

if TYPE_CHECKING:
    from collections.abc import Mapping

    from explainers.core.predictor import LoadedPredictor

RANDOM_ORDERINGS = 20
MOST_STEPS = 16
LEAST_SPREAD = 1e-9


@dataclass(frozen=True)
class Faithfulness:
    """
    Areas under the curves of one case, against random orderings of its own parts.

    Parameters
    ----------
    deletion : float
        Mean output while the strongest parts go first; lower is better. In the unit of the target space.
    insertion : float
        Mean output while the strongest parts come first; higher is better.
    deletion_z : float or None
        (mean of random orderings - deletion) / their standard deviation; positive is better than random. None if order
        makes no difference to the predictor.
    insertion_z : float or None
        (insertion - mean of random orderings) / their standard deviation.
    orderings : int
        How many random ones.
    """

    deletion: float
    insertion: float
    deletion_z: float | None
    insertion_z: float | None
    orderings: int

    def plain(self) -> dict[str, Any]:
        """
        Return the numbers by name.

        Returns
        -------
        dict
            As the parameters.
        """
        return asdict(self)


def kept_along(order: Sequence[int] | NDArray[np.int64], *, parts: int) -> NDArray[np.bool_]:
    """
    Return which parts are there while they are put in one after the other, in at most 16 steps.

    Parameters
    ----------
    order : Sequence of int
        All parts, the first to come first.
    parts : int
        How many there are.

    Returns
    -------
    numpy.ndarray
        Boolean, (steps + 1, parts): from nothing to everything.

    Examples
    --------
    >>> kept_along([1, 0], parts=2).astype(int).tolist()
    [[0, 0], [0, 1], [1, 1]]
    """
    counts = np.unique(np.linspace(0, parts, min(parts, MOST_STEPS) + 1).round().astype(int))
    kept = np.zeros((len(counts), parts), dtype=bool)
    for row, count in enumerate(counts):
        kept[row, list(order[:count])] = True
    return kept


def z_against(value: float, others: ArrayLike) -> float | None:
    """
    Return how many standard deviations a value lies above random ones.

    Parameters
    ----------
    value : float
        The value.
    others : array_like
        Two random ones or more, (n,).

    Returns
    -------
    float or None
        None if the random ones do not differ.

    Examples
    --------
    >>> z_against(3.0, [0.0, 1.0, 2.0]), z_against(1.0, [2.0, 2.0])
    (2.0, None)
    """
    drawn = np.asarray(others, dtype=np.float64)
    spread = float(drawn.std(ddof=1))
    return (
        None
        if spread <= LEAST_SPREAD * max(1.0, float(np.abs(drawn).max()))
        else (value - float(drawn.mean())) / spread
    )


def faithfulness(
    explanation: Explanation, *, predictor: "LoadedPredictor", row: "Mapping[str, Any]", seed: str
) -> Faithfulness:
    """
    Take parts away, and put them in, in the order of an explanation and in random orders.

    Definition: f is what was explained. A part that is away has the value of the baseline. Parts go by falling
    attribution, so that those which pull towards the target class come first; of a map without negative values (it
    only says how much) f is replaced by -|f - f(x)|. The area is the mean over the steps. Random orders come in pairs
    of opposite direction: taking away by one is putting in by the other, read backwards.

    Parameters
    ----------
    explanation : Explanation
        Of the case.
    predictor : LoadedPredictor
        The predictor.
    row : Mapping
        Inputs of the case.
    seed : str
        For the random orders.

    Returns
    -------
    Faithfulness
        The areas and how far they are from random ones.

    References
    ----------
    .. [1] Petsiuk, Das, Saenko (2018). RISE. arXiv:1806.07421
    .. [2] Hooker et al. (2019). A benchmark for interpretability methods. arXiv:1806.10758
    """
    import torch

    parts = seen_parts(explanation)
    task = _task(explanation, predictor=predictor, row=row)
    generator = generator_of(f"{seed}:orderings")
    best = np.argsort(-parts, kind="stable")
    orders = [best, best[::-1]]
    for _ in range(RANDOM_ORDERINGS // 2):
        order = generator.permutation(len(parts))
        orders += [order, order[::-1]]
    kept = np.stack([kept_along(order, parts=len(parts)) for order in orders])
    found = coalition_values(task, kept=torch.from_numpy(kept.reshape(-1, len(parts)).copy()))[0]
    curves = found.cpu().numpy().reshape(kept.shape[:2])
    if (parts >= 0).all():
        curves = -np.abs(curves - curves[:, -1:])
    insertion, deletion, *others = curves.mean(axis=1).tolist()
    return Faithfulness(
        deletion=deletion,
        insertion=insertion,
        deletion_z=_minus(z_against(deletion, others)),
        insertion_z=z_against(insertion, others),
        orderings=len(others),
    )


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def _task(explanation: Explanation, *, predictor: "LoadedPredictor", row: "Mapping[str, Any]") -> Task:
    import torch

    patch = region_side(explanation.shape) if explanation.shape else 1
    surface = surface_of(predictor, rows=[row], patch=patch)
    column = class_index(explanation.target_class, classes=list(predictor.spec.classes))
    return Task(
        surface=surface,
        targets=torch.tensor([column], device=surface.inputs.device),
        parameters={"target_space": explanation.target_space},
        design="",
        predictor=predictor,
    )
