"""Making a predictor's confidence mean what it says: one temperature, fitted on cases that were held back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.declaration import MAXIMUM_TEMPERATURE, PredictorSpec
from explainers.core.errors import PredictorRefused

LEAST_CASES = 20
BINS = 10
LOWEST = 0.01
STEPS = 200


@dataclass(frozen=True)
class ReliabilityBin:
    """
    Cases of about one confidence.

    Parameters
    ----------
    count : int
        How many.
    confidence : float
        Their mean confidence, 0 to 1.
    right : float
        The proportion of them in which the advice was right.
    """

    count: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Calibration:
    """
    A fitted temperature and what it changed.

    Parameters
    ----------
    temperature : float
        What scores are divided by; above 1 the predictor was too sure of itself.
    cases : int
        Cases it was fitted on.
    loss_before : float
        Mean negative log-likelihood of the true class, in nats, with temperature 1.
    loss : float
        The same with the temperature.
    error_before : float
        Expected calibration error before, 0 to 1.
    error : float
        The same with the temperature.
    curve : tuple of ReliabilityBin
        The reliability curve with the temperature.
    """

    temperature: float
    cases: int
    loss_before: float
    loss: float
    error_before: float
    error: float
    curve: tuple[ReliabilityBin, ...]

    def to_dict(self) -> dict[str, Any]:
        """
        Return plain data for a declaration or a page.

        Returns
        -------
        dict
            JSON values.
        """
        return {**asdict(self), "curve": [asdict(each) for each in self.curve]}


def temperature_fit(scores: NDArray[Any], labels: Sequence[int]) -> Calibration:
    """
    Fit the temperature that makes the true classes of held-back cases most likely.

    Formula: T = argmin over T of -mean log softmax(s / T)[label]; the loss is convex in 1 / T, so the zero of its
    derivative, mean(s[label] - sum_k p_k s_k), is found by bisection.

    Parameters
    ----------
    scores : array of float
        (n, classes): raw scores (logits) of cases that the predictor was not trained on and that no study shows.
    labels : Sequence of int
        Number of the true class of each.

    Returns
    -------
    Calibration
        The temperature, kept to six digits, with losses and reliability curve.

    Raises
    ------
    PredictorRefused
        If there are fewer than 20 cases, or no temperature from 0.01 to 100 is best (the advice is right in every
        case, or says nothing).

    References
    ----------
    .. [1] Guo, Pleiss, Sun, Weinberger (2017). On calibration of modern neural networks. arXiv:1706.04599

    Examples
    --------
    >>> scores = np.array([[0.0, 4.0]] * 20)
    >>> temperature_fit(scores, [1] * 15 + [0] * 5).temperature  # 4 / log(15 / 5)
    3.64096
    """
    s, y = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    if s.ndim != 2 or len(s) != len(y) or not np.isfinite(s).all() or len(s) < LEAST_CASES:
        raise PredictorRefused(f"A temperature is fitted on at least {LEAST_CASES} cases with finite scores.")
    if y.min() < 0 or y.max() >= s.shape[1]:
        raise PredictorRefused("A label is the number of a class.")
    low, high = 1 / MAXIMUM_TEMPERATURE, 1 / LOWEST
    if not _slope(s, y, low) > 0 > _slope(s, y, high):
        raise PredictorRefused(
            "No temperature fits these cases best: the advice is right in all of them, or its scores say nothing."
        )
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _slope(s, y, middle) > 0 else (low, middle)
    temperature = float(f"{2 / (low + high):.6g}")
    return Calibration(
        temperature=temperature,
        cases=len(y),
        loss_before=_loss(s, y),
        loss=_loss(s / temperature, y),
        error_before=calibration_error(reliability_curve(_softmax(s), labels)),
        error=calibration_error(reliability_curve(_softmax(s / temperature), labels)),
        curve=tuple(reliability_curve(_softmax(s / temperature), labels)),
    )


def spec_calibrated(spec: PredictorSpec, calibration: Calibration) -> PredictorSpec:
    """
    Return the declaration of the same predictor with its temperature.

    Parameters
    ----------
    spec : PredictorSpec
        Of a classification.
    calibration : Calibration
        What `temperature_fit` gave.

    Returns
    -------
    PredictorSpec
        Checked; a predictor of its own, with another digest.

    Raises
    ------
    PredictorRefused
        If it is a regression.
    """
    if spec.outcome != "classification":
        raise PredictorRefused("A regression has no confidence that could be calibrated.")
    output: Mapping[str, Any] = {
        **spec.output,
        "temperature": calibration.temperature,
        "calibration": calibration.to_dict(),
    }
    changed = replace(spec, output=output)
    changed.check()
    return changed


def reliability_curve(
    probabilities: NDArray[Any], labels: Sequence[int], *, bins: int = BINS
) -> list[ReliabilityBin]:
    """
    Compare how sure advice is with how often it is right.

    Definition: cases are sorted by the probability of their most probable class and cut into bins of equal count.

    Parameters
    ----------
    probabilities : array of float
        (n, classes).
    labels : Sequence of int
        Number of the true class.
    bins : int
        At most; fewer if there are fewer cases.

    Returns
    -------
    list of ReliabilityBin
        From the least sure to the surest.

    Examples
    --------
    >>> reliability_curve(np.array([[0.6, 0.4], [0.1, 0.9]]), [1, 1], bins=2)[1]
    ReliabilityBin(count=1, confidence=0.9, right=1.0)
    """
    p = np.asarray(probabilities, dtype=np.float64)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == np.asarray(labels)
    order = np.argsort(confidence, kind="stable")
    return [
        ReliabilityBin(len(part), float(confidence[part].mean()), float(right[part].mean()))
        for part in np.array_split(order, min(bins, len(order)))
    ]


def calibration_error(curve: Sequence[ReliabilityBin]) -> float:
    """
    Return the expected calibration error.

    Formula: sum over bins of count / n * |right - confidence|.

    Parameters
    ----------
    curve : Sequence of ReliabilityBin
        What `reliability_curve` gave.

    Returns
    -------
    float
        0 to 1; with few cases it is above 0 even for a perfect predictor.

    Examples
    --------
    >>> calibration_error([ReliabilityBin(3, 0.9, 0.5), ReliabilityBin(1, 0.6, 0.6)])
    0.30000000000000004
    """
    total = sum(each.count for each in curve)
    return sum(each.count * abs(each.right - each.confidence) for each in curve) / total


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return result


def _loss(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    shifted = scores - scores.max(axis=1, keepdims=True)
    chosen = shifted[np.arange(len(labels)), labels]
    return float((np.log(np.exp(shifted).sum(axis=1)) - chosen).mean())


def _slope(scores: NDArray[np.float64], labels: NDArray[np.int64], inverse: float) -> float:
    chosen = scores[np.arange(len(labels)), labels]
    return float((chosen - (_softmax(scores * inverse) * scores).sum(axis=1)).mean())
