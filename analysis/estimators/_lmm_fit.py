"""Finding the theta of a linear mixed model, and how the deviance bends around it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.estimators._lmm_engine import Point, deviance, evaluate

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from analysis.estimators._lmm_products import Products

    Floats = npt.NDArray[np.float64]

_SINGULAR = 1e-4  # of a diagonal entry of Lambda, as in lme4
_FLAT = 1e-6  # of an eigenvalue of the Hessian, relative to the largest


@dataclass(frozen=True)
class Optimum:
    """Where the deviance is least.

    Attributes
    ----------
    theta : ndarray, shape (n_theta,)
        Of the products; diagonal entries are not negative.
    deviance : float
        At theta, without the constant that orthonormal fixed effects leave out.
    point : Point
        Of the model at theta.
    gradient : float
        Largest entry in size.
    is_converged, is_singular : bool
        Whether the gradient vanishes at a minimum; whether some diagonal entry of Lambda does.
    """

    theta: Floats
    deviance: float
    point: Point
    gradient: float
    is_converged: bool
    is_singular: bool


def optimise(products: Products) -> Optimum:
    """Minimise the profiled deviance: L-BFGS from the identity, then Newton steps.

    Diagonal entries are free in sign, since the deviance does not depend on it; none can be caught at 0 by a bound.
    Where the result is singular or has not converged, another start is tried and the better one kept.

    Parameters
    ----------
    products : Products
        Of the model.

    Returns
    -------
    Optimum
        The best that was found.
    """
    import numpy as np

    start = np.zeros(products.n_theta)
    diagonal = _diagonal(products)
    start[diagonal] = 1.0
    best = _descend(products, start)
    if best.is_singular or not best.is_converged:
        again = _descend(products, np.where(diagonal, 0.3, 0.05))
        if again.deviance < best.deviance - 1e-9 or (again.is_converged and not best.is_converged):
            best = again
    return best


def hessian(products: Products, theta: Floats, sigma: float) -> Floats:
    """Return the Hessian of the deviance over (theta, sigma), sigma being the residual standard deviation.

    ``d = log |V| + rss / sigma^2 + m log(2 pi sigma^2) [+ log |Q' V^-1 Q|]``; theta by central differences of exact
    gradients with one step of Richardson's extrapolation, sigma exactly.

    Parameters
    ----------
    products : Products
        Of the model.
    theta : ndarray, shape (n_theta,)
        Entries of Lambda.
    sigma : float
        Residual standard deviation.

    Returns
    -------
    ndarray, shape (n_theta + 1, n_theta + 1)
        Symmetric.

    References
    ----------
    .. [1] Kuznetsova, Brockhoff & Christensen (2017). lmerTest. J. Stat. Softw. 82(13).
       https://doi.org/10.18637/jss.v082.i13
    """
    import numpy as np

    def gradient(at: Floats) -> Floats:
        point = evaluate(products, at)
        fixed = point.fixed_slopes if products.is_reml else 0.0
        return np.asarray(point.log_det_slopes + point.rss_slopes / sigma**2 + fixed)

    point, k = evaluate(products, theta), len(theta)
    found = np.empty((k + 1, k + 1))
    steps = 0.02 * np.maximum(np.abs(theta), 0.2)
    wide, narrow = (_differences(gradient, theta, steps / part) for part in (1, 2))
    found[:k, :k] = (4 * narrow - wide) / 3
    found[:k, k] = found[k, :k] = -2 * point.rss_slopes / sigma**3
    found[k, k] = 6 * point.rss / sigma**4 - 2 * products.divisor / sigma**2
    return (found + found.T) / 2


def _differences(gradient, theta: Floats, steps: Floats) -> Floats:  # type: ignore[no-untyped-def]
    import numpy as np

    found = np.empty((len(theta),) * 2)
    for at, step in enumerate(steps):
        move = np.zeros(len(theta))
        move[at] = step
        found[at] = (gradient(theta + move) - gradient(theta - move)) / (2 * step)
    return (found + found.T) / 2


def _descend(products: Products, start: Floats) -> Optimum:
    import numpy as np
    from scipy import optimize

    def profile(theta: Floats) -> tuple[float, Floats]:
        value, gradient, _ = deviance(products, theta)
        return value, gradient

    found = optimize.minimize(
        profile, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-5}
    )
    theta, is_minimum = _newton(products, found.x)
    theta = _canonical(products, theta)
    value, gradient, point = deviance(products, theta)
    size = float(np.abs(gradient).max())
    diagonal = theta[_diagonal(products)]
    return Optimum(
        theta=theta,
        deviance=value,
        point=point,
        gradient=size,
        is_converged=is_minimum and size < 2e-3 and math.isfinite(value),
        is_singular=bool((diagonal < _SINGULAR).any()),
    )


def _newton(products: Products, theta: Floats, *, steps: int = 6) -> tuple[Floats, bool]:
    """Go on by Newton steps along directions that bend upwards; leave saddles along those that bend downwards."""
    import numpy as np

    value, gradient, _ = deviance(products, theta)
    is_minimum = False
    for _ in range(steps):
        bend = _differences(
            lambda at: deviance(products, at)[1], theta, 1e-4 * np.maximum(np.abs(theta), 0.1)
        )
        sizes, directions = np.linalg.eigh(bend)
        flat = _FLAT * max(1.0, float(sizes.max()))
        is_minimum = bool(sizes.min() > -1e-3 * max(1.0, float(sizes.max())))
        along = directions.T @ gradient
        move = -directions @ np.where(sizes > flat, along / np.where(sizes > flat, sizes, 1.0), 0.0)
        if not is_minimum:
            move = move + 0.1 * directions[:, 0] * (-1.0 if along[0] > 0 else 1.0)
        stay = theta, value
        for scale in (1.0, 0.5, 0.1, 0.01):
            tried, slope, _ = deviance(products, theta + scale * move)
            if tried <= value:
                theta, value, gradient = theta + scale * move, tried, slope
                break
        if (
            theta is stay[0]
            or np.abs(gradient).max() < 1e-9
            or (is_minimum and stay[1] - value < 1e-13 * abs(value))
        ):
            break
    return theta, is_minimum


def _canonical(products: Products, theta: Floats) -> Floats:
    """Turn signs so that diagonals are not negative, and set to 0 what differs from it by rounding."""
    import numpy as np

    found = theta.copy()
    for factor in (products.first, *products.rest):
        for at, row, column in factor.places:
            if row == column and found[at] < 0:
                inside = [index for index, _, other in factor.places if other == column]
                found[inside] = -found[inside]
    value = deviance(products, found)[0]
    for at in np.flatnonzero(_diagonal(products) & (found < 10 * _SINGULAR)).tolist():
        tried = found.copy()
        tried[at] = 0.0
        if deviance(products, tried)[0] <= value + 1e-7:
            found = tried
    return found


def _diagonal(products: Products) -> npt.NDArray[np.bool_]:
    import numpy as np

    found = np.zeros(products.n_theta, dtype=bool)
    for factor in (products.first, *products.rest):
        found[[at for at, row, column in factor.places if row == column]] = True
    return found
