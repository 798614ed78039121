"""Finding the maximum of the likelihood of a cumulative logit model, and its curvature there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.estimators._ordinal_likelihood import OrdinalData, log_likelihood

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OrdinalOptimum:
    """Where the likelihood is greatest.

    Attributes
    ----------
    parameters : ndarray, shape (size,)
        Thresholds, effects, standard deviation of the intercept (not negative).
    value : float
        Log-likelihood.
    covariance : ndarray, shape (size, size)
        Inverse of the negative Hessian, over directions in which it bends.
    is_converged : bool
        Whether the gradient vanishes at a maximum.
    """

    parameters: Floats
    value: float
    covariance: Floats
    is_converged: bool


def maximise(data: OrdinalData, *, nodes: int) -> OrdinalOptimum:
    """Maximise: L-BFGS with the score over unordered parameters, then Newton steps with differences of the value.

    Parameters
    ----------
    data : OrdinalData
        Rows; effects standardised.
    nodes : int
        Of the quadrature.

    Returns
    -------
    OrdinalOptimum
        The maximum.
    """
    import numpy as np

    parameters = _climb(data, nodes=max(nodes, 9))
    value = _value(data, parameters, nodes=nodes)
    for _ in range(8):
        gradient, hessian = _slopes(data, parameters, nodes=nodes)
        sizes, directions = np.linalg.eigh(-hessian)
        bends = sizes > 1e-7 * max(1.0, float(sizes.max()))
        along = directions.T @ gradient
        move = directions @ np.where(bends, along / np.where(bends, sizes, 1.0), 0.0)
        for scale in (1.0, 0.5, 0.1, 0.01):
            tried = _value(data, parameters + scale * move, nodes=nodes)
            if tried >= value:
                parameters, value = parameters + scale * move, tried
                break
        if float(along @ (directions.T @ move)) < 1e-10:
            break
    if data.codes is not None:
        parameters = np.append(parameters[:-1], abs(parameters[-1]))
    gradient, hessian = _slopes(data, parameters, nodes=nodes)
    sizes, directions = np.linalg.eigh(-hessian)
    bends = sizes > 1e-7 * max(1.0, float(sizes.max()))
    covariance = (directions[:, bends] / sizes[bends]) @ directions[:, bends].T
    is_maximum = bool(bends.all() or (data.codes is not None and parameters[-1] < 1e-3))
    return OrdinalOptimum(
        parameters=parameters,
        value=value,
        covariance=covariance,
        is_converged=is_maximum and float(gradient @ covariance @ gradient) < 1e-6,
    )


def _climb(data: OrdinalData, *, nodes: int) -> Floats:
    import numpy as np
    from scipy import optimize

    cuts = data.n_categories - 1
    counts = np.bincount(data.answer, minlength=cuts + 1)
    below = np.cumsum(counts)[:-1] / counts.sum()
    thresholds = np.log(below / (1 - below))
    start = np.zeros(data.size)
    start[:cuts] = np.concatenate([thresholds[:1], np.log(np.diff(thresholds))])
    if data.codes is not None:
        start[-1] = 1.0

    def minus(free: Floats) -> tuple[float, Floats]:
        parameters = _ordered(free, cuts)
        value, score = log_likelihood(data, parameters, nodes=nodes)
        turned = score.copy()
        turned[:cuts] = np.cumsum(score[:cuts][::-1])[::-1]
        turned[1:cuts] *= np.exp(free[1:cuts])
        return -value, -turned

    found = optimize.minimize(
        minus, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-11}
    )
    return _ordered(found.x, cuts)


def _ordered(free: Floats, cuts: int) -> Floats:
    """Return rising thresholds from the first one and the logarithms of the steps, other parameters as they are."""
    import numpy as np

    steps = np.concatenate([free[:1], np.exp(np.clip(free[1:cuts], -30, 30))])
    return np.concatenate([np.cumsum(steps), free[cuts:]])


def _value(data: OrdinalData, parameters: Floats, *, nodes: int) -> float:
    return log_likelihood(data, parameters, nodes=nodes)[0]


def _slopes(data: OrdinalData, parameters: Floats, *, nodes: int) -> tuple[Floats, Floats]:
    """Return gradient and Hessian of the value: exact score where there are no integrals, else differences."""
    import numpy as np

    size = len(parameters)
    steps = 1e-3 * np.eye(size)
    if data.codes is None:
        hessian = np.array(
            [
                (
                    log_likelihood(data, parameters + step / 100, nodes=nodes)[1]
                    - log_likelihood(data, parameters - step / 100, nodes=nodes)[1]
                )
                / 2e-5
                for step in steps
            ]
        )
        return log_likelihood(data, parameters, nodes=nodes)[1], (hessian + hessian.T) / 2
    center = _value(data, parameters, nodes=nodes)
    ends = np.array(
        [[_value(data, parameters + sign * step, nodes=nodes) for sign in (1, -1)] for step in steps]
    )
    hessian = np.diag((ends.sum(axis=1) - 2 * center) / 1e-6)
    for i in range(size):
        for j in range(i):
            corners = [
                _value(data, parameters + a * steps[i] + b * steps[j], nodes=nodes)
                for a, b in ((1, 1), (-1, -1), (1, -1), (-1, 1))
            ]
            hessian[i, j] = hessian[j, i] = (corners[0] + corners[1] - corners[2] - corners[3]) / 4e-6
    return (ends[:, 0] - ends[:, 1]) / 2e-3, hessian
