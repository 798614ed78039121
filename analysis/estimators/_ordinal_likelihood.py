"""The likelihood of a cumulative logit model, with or without one random intercept (adaptive Gauss-Hermite)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OrdinalData:
    """What a cumulative logit model is fitted to.

    Attributes
    ----------
    answer : ndarray of int, shape (n,)
        Category of each row, 0 to K - 1.
    x : ndarray, shape (n, p)
        Effects, no intercept.
    n_categories : int
        K.
    codes : ndarray of int, shape (n,), or None
        Group of each row, where groups have a random intercept; rows are in order of group.
    """

    answer: npt.NDArray[np.int64]
    x: Floats
    n_categories: int
    codes: npt.NDArray[np.int64] | None

    @property
    def size(self) -> int:
        """Return the number of parameters: thresholds, effects, standard deviation of the intercept."""
        return self.n_categories - 1 + int(self.x.shape[1]) + (self.codes is not None)


@dataclass(frozen=True)
class _Rows:
    """Log probabilities of the answers and their derivatives over the two thresholds around each."""

    log_p: Floats
    upper: Floats
    lower: Floats
    bend: Floats


def _rows(data: OrdinalData, thresholds: Floats, eta: Floats) -> _Rows:
    """Evaluate ``log P(y) = log(F(b) - F(a))`` with b, a the thresholds above and below less eta; F logistic.

    ``F(b) - F(a) = F(b) F(-a) (1 - exp(a - b))``, which loses no digits; eta may have columns.
    """
    import numpy as np
    from scipy import special

    ends = np.concatenate([[-np.inf], thresholds, [np.inf]])
    shape = (-1, *[1] * (eta.ndim - 1))
    b = ends[data.answer + 1].reshape(shape) - eta
    a = ends[data.answer].reshape(shape) - eta
    gap = (ends[data.answer + 1] - ends[data.answer]).reshape(shape)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        inside = np.log(-np.expm1(-gap))
        pull = 1 / np.expm1(gap)
    above, below = special.expit(-b), special.expit(a)
    return _Rows(
        log_p=special.log_expit(b) + special.log_expit(-a) + inside,
        upper=above + pull,
        lower=-below - pull,
        bend=above * (1 - above) + below * (1 - below),
    )


def log_likelihood(data: OrdinalData, parameters: Floats, *, nodes: int) -> tuple[float, Floats]:
    """Return the log-likelihood and its score.

    The score is that of the integrals (Fisher's identity), so that with few nodes it is only close to the derivative
    of the value.

    Parameters
    ----------
    data : OrdinalData
        Rows.
    parameters : ndarray, shape (size,)
        Thresholds (rising), effects, and the standard deviation of the random intercept where there is one.
    nodes : int
        Of the adaptive Gauss-Hermite quadrature; 1 is Laplace's approximation.

    Returns
    -------
    tuple
        Value; score of shape (size,).

    Examples
    --------
    >>> import numpy as np
    >>> data = OrdinalData(np.array([0, 1]), np.zeros((2, 0)), 2, None)
    >>> value, score = log_likelihood(data, np.zeros(1), nodes=1)
    >>> round(value, 6), score.tolist()
    (-1.386294, [0.0])
    """
    import numpy as np

    cuts = data.n_categories - 1
    thresholds = parameters[:cuts]
    effects = parameters[cuts : cuts + data.x.shape[1]]
    if (np.diff(thresholds) <= 0).any():
        return -np.inf, np.zeros(data.size)
    eta = data.x @ effects
    if data.codes is None:
        rows = _rows(data, thresholds, eta)
        return float(rows.log_p.sum()), _score(data, rows.upper, rows.lower)
    return _integrated(data, thresholds, eta, sd=float(parameters[-1]), nodes=nodes)


def _integrated(
    data: OrdinalData, thresholds: Floats, eta: Floats, *, sd: float, nodes: int
) -> tuple[float, Floats]:
    import numpy as np
    from scipy import special

    assert data.codes is not None
    starts = np.flatnonzero(np.diff(data.codes, prepend=-1))
    mode, curve = _modes(data, thresholds, eta, sd=sd, starts=starts)
    z, weight = np.polynomial.hermite.hermgauss(nodes)
    u = mode[:, None] + np.sqrt(2 / curve)[:, None] * z
    rows = _rows(data, thresholds, eta[:, None] + sd * u[data.codes])
    joint = np.add.reduceat(rows.log_p, starts, axis=0) - u**2 / 2 + z**2 + np.log(weight)
    by_group = special.logsumexp(joint, axis=1)
    value = float(by_group.sum() - 0.5 * np.log(np.pi * curve).sum())
    share = np.exp(joint - by_group[:, None])[data.codes]
    upper, lower = (share * rows.upper).sum(axis=1), (share * rows.lower).sum(axis=1)
    slope = -float((share * (rows.upper + rows.lower) * u[data.codes]).sum())
    return value, np.append(_score(data, upper, lower), slope)


def _modes(
    data: OrdinalData, thresholds: Floats, eta: Floats, *, sd: float, starts: npt.NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Return each group's mode of the standardised intercept and the curvature there, by Newton's method."""
    import numpy as np

    mode = np.zeros(len(starts))
    for _ in range(50):
        rows = _rows(data, thresholds, eta + sd * mode[data.codes])
        slope = -sd * np.add.reduceat(rows.upper + rows.lower, starts) - mode
        curve = 1 + sd**2 * np.add.reduceat(rows.bend, starts)
        step = slope / curve
        mode = mode + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    rows = _rows(data, thresholds, eta + sd * mode[data.codes])
    return mode, 1 + sd**2 * np.add.reduceat(rows.bend, starts)


def _score(data: OrdinalData, upper: Floats, lower: Floats) -> Floats:
    import numpy as np

    cuts = data.n_categories - 1
    above = np.bincount(data.answer, weights=upper, minlength=cuts + 1)[:cuts]
    below = np.bincount(data.answer, weights=lower, minlength=cuts + 1)[1:]
    return np.concatenate([above + below, -(upper + lower) @ data.x])
