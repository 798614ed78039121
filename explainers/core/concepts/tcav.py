"""Testing concepts: whether a predictor uses a direction that has a word, more than chance and forgetting explain."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.concepts.cav import fit_vectors
from explainers.core.concepts.findings import LEAST_SPREAD, ConceptStudy, Finding, Measured, check_study, holm
from explainers.core.concepts.layers import layer_gradients, layer_named, layer_vectors
from explainers.core.draws import generator_of
from explainers.core.gate.randomised import randomised_copy

if TYPE_CHECKING:
    import torch

    from explainers.core.predictor import LoadedPredictor


def concept_tests(
    predictor: "LoadedPredictor", study: ConceptStudy
) -> tuple[list[Finding], dict[Any, Measured]]:
    """
    Test concepts in layers of a predictor.

    Definition: the vectors of a concept tell its examples from `sets` random sets. Two questions have to be answered
    with yes. (1) Is the derivative along the concept larger than along directions that tell random sets from random
    sets? p_null = (1 + number of random ones at least as large) / (1 + null). (2) Is the effect lost when the predictor
    forgets what it learned? p_copies = (1 + number of shuffled copies with an effect at least as large) / (1 + copies).
    An untrained network is exchangeable with its shuffled copies, so (2) holds the error of finding a concept in it at
    alpha, whatever the concept and the layer are; (1) alone does not, nor does accuracy.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    study : ConceptStudy
        What is asked.

    Returns
    -------
    tuple
        Findings, concepts within layers; and what was measured, by (concept, layer).

    Raises
    ------
    ExplanationRefused
        If there are too few examples or random cases, or no case.

    References
    ----------
    .. [1] Kim et al. (2018). Interpretability beyond feature attribution: TCAV. arXiv:1711.11279
    .. [2] Adebayo et al. (2018). Sanity checks for saliency maps. arXiv:1810.03292
    .. [3] Phipson, Smyth (2010). Permutation p-values should never be zero. doi:10.2202/1544-6115.1585
    """
    check_study(study)
    layers = [layer_named(predictor, name) for name in study.layers]
    measured = measure(predictor, study, layers=layers)
    copies: dict[Any, list[float]] = {key: [] for key in measured}
    for number in range(study.copies_needed):
        twin = randomised_copy(predictor, seed=f"{study.seed}:copy{number}")
        for key, each in measure(twin, study, layers=layers).items():
            copies[key].append(abs(each.effect))
    p_null = {
        key: _share(np.abs(each.null_derivatives), abs(each.derivative)) for key, each in measured.items()
    }
    p_copies = {key: _share(copies[key], abs(each.effect)) for key, each in measured.items()}
    p = {key: max(p_null[key], p_copies[key]) for key in measured}
    adjusted = dict(zip(p, holm(list(p.values())), strict=True))
    findings = []
    for (concept, layer), each in measured.items():
        key, accuracy = (concept, layer), float(each.vectors.accuracy.mean())
        findings.append(
            Finding(
                concept=concept,
                layer=layer,
                accuracy=accuracy,
                sign_count=float((each.slopes @ each.vectors.directions.T > 0).mean()),
                derivative=each.derivative,
                effect=each.effect,
                p_null=p_null[key],
                p_copies=p_copies[key],
                p=p[key],
                p_holm=adjusted[key],
                found=bool(adjusted[key] <= study.alpha and accuracy >= study.least_accuracy),
            )
        )
    return findings, measured


def measure(
    predictor: "LoadedPredictor", study: ConceptStudy, *, layers: Sequence[str]
) -> dict[tuple[str, str], Measured]:
    """
    Fit the vectors of every concept in every layer, and take the derivatives of the cases.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor or a shuffled copy.
    study : ConceptStudy
        What is asked.
    layers : Sequence of str
        Names of modules.

    Returns
    -------
    dict
        (concept, layer) to what was measured. The draws are the same for every network and layer.
    """
    found = {}
    for layer in layers:
        pool = layer_vectors(predictor, inputs=study.pool, layer=layer)
        slopes = layer_gradients(
            predictor,
            inputs=study.cases,
            layer=layer,
            targets=[study.target] * len(study.cases),
            space=study.space,
        )
        for name, examples in study.concepts.items():
            own = layer_vectors(predictor, inputs=examples, layer=layer)
            items = np.concatenate([pool, own])
            first, second, left, right = _draws(study, name=name, size=len(own))
            found[name, layer] = Measured(
                vectors=fit_vectors(items, first=first + len(pool), second=second),
                null=fit_vectors(items, first=left, second=right),
                slopes=slopes,
            )
    return found


def case_bars(
    predictor: "LoadedPredictor",
    study: ConceptStudy,
    *,
    measured: Mapping[Any, Measured],
    inputs: "torch.Tensor",
    layer: str,
) -> NDArray[np.float64]:
    """
    Return how much each case's output depends on each concept, against chance.

    Definition: the derivative of the output along the concept's vectors (their mean), divided by the root mean square
    of the derivatives along random-versus-random vectors, for this case.

    Parameters
    ----------
    predictor : LoadedPredictor
        The predictor.
    study : ConceptStudy
        For target and space.
    measured : Mapping
        As `concept_tests` gives it.
    inputs : torch.Tensor
        The cases, (n, ...).
    layer : str
        Name of a module.

    Returns
    -------
    numpy.ndarray
        float64, (n, concepts, 3): bar, and the band in which 95 % of random directions lie.
    """
    slopes = layer_gradients(
        predictor, inputs=inputs, layer=layer, targets=[study.target] * len(inputs), space=study.space
    )
    bars = np.zeros((len(inputs), len(study.concepts), 3))
    for place, name in enumerate(study.concepts):
        each = measured[name, layer]
        for case, slope in enumerate(slopes):  # each case by itself: its bits are its own
            random = each.null.directions @ slope
            spread = float(np.sqrt((random**2).mean()))
            if spread > LEAST_SPREAD:
                low, high = np.quantile(random / spread, [0.025, 0.975]).tolist()
                bars[case, place] = float((each.vectors.directions @ slope).mean()) / spread, low, high
    return bars


def cosines(measured: Mapping[Any, Measured], *, layer: str) -> dict[str, dict[str, float]]:
    """
    Return how much the concepts of a layer point the same way.

    Parameters
    ----------
    measured : Mapping
        As `concept_tests` gives it.
    layer : str
        Name of a module.

    Returns
    -------
    dict
        Concept to concept to the cosine between their mean vectors.

    References
    ----------
    .. [1] Nicolson et al. (2024). Explaining explainability: recommendations for effective use of concept activation
           vectors. arXiv:2404.03713
    """
    mean = {
        concept: each.vectors.directions.mean(axis=0)
        for (concept, where), each in measured.items()
        if where == layer
    }
    unit = {name: vector / max(float(np.linalg.norm(vector)), LEAST_SPREAD) for name, vector in mean.items()}
    return {one: {other: float(unit[one] @ unit[other]) for other in unit} for one in unit}


def _draws(study: ConceptStudy, *, name: str, size: int) -> tuple[NDArray[np.int64], ...]:
    generator = generator_of(f"{study.seed}:sets:{name}")
    count = len(study.pool)
    first = np.stack([generator.permutation(size) for _ in range(study.sets)])
    second = np.stack([generator.permutation(count)[:size] for _ in range(study.sets)])
    both = np.stack([generator.permutation(count)[: 2 * size] for _ in range(study.null_needed)])
    return first, second, both[:, :size], both[:, size:]


def _share(others: Sequence[float] | NDArray[np.float64], value: float) -> float:
    return (1 + int((np.asarray(others) >= value).sum())) / (1 + len(others))
