"""Maximising the Laplace approximation and measuring its curvature; says whether and how it got there."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.estimators._laplace import Laplace, NoModeError, Point

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

DECREMENT = 1e-9  # log likelihood that is left to gain, as a quadratic sees it
_FLAT = 1e-5  # eigenvalue of the scaled curvature below which a direction counts as flat
_STEP = 0.01  # of a standard error: step of the differences that give the curvature


@dataclass(frozen=True)
class Optimum:
    """Where the search ended.

    Attributes
    ----------
    point : Point
        Best point.
    curvature : numpy.ndarray, shape (size, size)
        Minus the Hessian there (for fixed entries: of the free ones, zero elsewhere).
    covariance : numpy.ndarray, shape (size, size)
        Its inverse, flat directions left out.
    gain_left : float
        Log likelihood that a quadratic still sees to gain.
    n_flat : int
        Directions in which nothing changes.
    converged : bool
        Whether it is a maximum.
    why : str
        When it is not.
    """

    point: Point
    curvature: Floats
    covariance: Floats
    gain_left: float
    n_flat: int
    converged: bool
    why: str


def one_blas_thread() -> AbstractContextManager[Any]:
    """Keep the linear algebra on one thread: the matrices are small, and threads make it several times slower.

    threadpoolctl comes with scikit-learn; where it is absent, set ``OPENBLAS_NUM_THREADS=1``.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ModuleNotFoundError:
        return nullcontext()
    return threadpool_limits(limits=1, user_api="blas")  # type: ignore[no-any-return]


def maximise(
    laplace: Laplace, start: Floats | None = None, *, free: npt.NDArray[np.bool_] | None = None
) -> Optimum:
    """Find the maximum, by BFGS from a start, then Newton steps with the measured curvature.

    Parameters
    ----------
    laplace : Laplace
        What to maximise.
    start : numpy.ndarray, optional
        Psi to begin from.
    free : numpy.ndarray of bool, optional
        Entries of psi that may move.

    Returns
    -------
    Optimum
        Also when it did not converge; it then says why.
    """
    import numpy as np

    search = _Search(laplace, np.ones(laplace.size, dtype=bool) if free is None else free)
    best = search.climb(laplace.start() if start is None else start)
    scale = search.scale
    for _ in range(4):
        curvature = search.curvature(best, scale)
        values, vectors, root = _scaled_eigen(curvature)
        if values[0] < -_FLAT * 10:
            # A saddle: the gradient vanishes at a variance of 0 also where a larger one fits better.
            best = search.climb(_best_of(search, best, 0.5 * vectors[:, 0] / root))
            continue
        inverse, n_flat = _inverse(values, vectors, root)
        found, gain, moved = search.polish(best, inverse)
        best = found
        if moved < 0.05:
            return _ended(search, best, curvature, inverse, gain=gain, n_flat=n_flat)
        scale = np.sqrt(np.maximum(np.diag(inverse), 1e-6))
    return _ended(search, best, curvature, inverse, gain=gain, n_flat=n_flat)


def _ended(
    search: _Search, best: Point, curvature: Floats, inverse: Floats, *, gain: float, n_flat: int
) -> Optimum:
    converged = gain < 1e-6
    why = (
        ""
        if converged
        else f"the search stopped where the log likelihood could still rise by about {gain:.2g}"
    )
    wide, narrow = (search.spread(matrix) for matrix in (curvature, inverse))
    return Optimum(best, wide, narrow, gain, n_flat, converged, why)


class _Search:
    """The free part of psi, as an optimiser sees it."""

    def __init__(self, laplace: Laplace, free: npt.NDArray[np.bool_]) -> None:
        self.laplace, self.free = laplace, free
        self.scale: Floats

    def full(self, part: Floats, around: Floats) -> Floats:
        psi = around.copy()
        psi[self.free] = part
        return psi

    def spread(self, matrix: Floats) -> Floats:
        import numpy as np

        found = np.zeros((self.laplace.size, self.laplace.size))
        found[np.ix_(self.free, self.free)] = matrix
        return found

    def climb(self, start: Floats) -> Point:
        """BFGS; stops early, since Newton steps follow."""
        import numpy as np
        from scipy import linalg, optimize

        first = self.laplace.at(start)
        guess = self.laplace.rough_curvature(first)[np.ix_(self.free, self.free)]
        inverse = linalg.inv(guess)
        inverse = 0.5 * (inverse + inverse.T)
        # Coordinates of unit curvature, as far as the guess is right.
        root = linalg.cholesky(inverse, lower=True)
        best = [first]

        def down(part: Floats) -> tuple[float, Floats]:
            try:
                point = self.laplace.at(self.full(start[self.free] + root @ part, start))
            except NoModeError:
                return float("inf"), np.zeros_like(part)
            if point.value > best[0].value:
                best[0] = point
            return -point.value, -(root.T @ point.gradient[self.free])

        found = optimize.minimize(
            down, np.zeros(len(root)), jac=True, method="BFGS", options={"gtol": 2e-3, "maxiter": 300}
        )
        spread = root @ found.hess_inv @ root.T
        self.scale = np.sqrt(np.clip(np.diag(spread), 1e-6, 1e2))
        return best[0]

    def curvature(self, point: Point, scale: Floats) -> Floats:
        """Minus the Hessian of the free entries, by central differences of the gradient."""
        import numpy as np

        places = np.flatnonzero(self.free)
        found = np.zeros((len(places), len(places)))
        for j, (place, size) in enumerate(zip(places, np.clip(_STEP * scale, 1e-4, 2e-2), strict=True)):
            ahead, behind = point.psi.copy(), point.psi.copy()
            ahead[place] += size
            behind[place] -= size
            change = self.laplace.at(ahead).gradient - self.laplace.at(behind).gradient
            found[:, j] = -change[self.free] / (2 * size)
        return 0.5 * (found + found.T)

    def polish(self, point: Point, inverse: Floats) -> tuple[Point, float, float]:
        """Newton steps with a given inverse curvature: the point, the gain left and how far it moved (in SE)."""
        import numpy as np

        moved = 0.0
        for _ in range(8):
            uphill = point.gradient[self.free]
            step = inverse @ uphill
            gain = 0.5 * float(uphill @ step)
            if gain < DECREMENT:
                break
            try:
                found = self.laplace.at(self.full(point.psi[self.free] + step, point.psi))
            except NoModeError:
                break
            if found.value < point.value - 1e-7:
                break
            point = found
            moved += float(np.sqrt(2 * gain))
        return point, gain, moved


def _best_of(search: _Search, point: Point, direction: Floats) -> Floats:
    tried = [search.full(point.psi[search.free] + sign * direction, point.psi) for sign in (-1, 1)]
    return max(tried, key=lambda psi: search.laplace.at(psi).value)


def _scaled_eigen(curvature: Floats) -> tuple[Floats, Floats, Floats]:
    """Eigenvalues and vectors of the curvature scaled to a diagonal of 1, and the roots of that diagonal."""
    import numpy as np

    size = np.abs(np.diag(curvature))
    root = np.sqrt(np.maximum(size, 1e-8 * max(1.0, float(size.max()))))
    values, vectors = np.linalg.eigh(curvature / np.outer(root, root))
    return values, vectors, root


def _inverse(values: Floats, vectors: Floats, root: Floats) -> tuple[Floats, int]:
    import numpy as np

    is_flat = values < _FLAT
    inverted = np.where(is_flat, 0.0, 1 / np.where(is_flat, 1.0, values))
    inverse = (vectors * inverted) @ vectors.T / np.outer(root, root)
    return inverse, int(is_flat.sum())
