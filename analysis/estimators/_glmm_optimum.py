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
_ENOUGH = 1e-6  # above this the fit has not converged
_ROUNDS = 10
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
    for turn in range(_ROUNDS):
        shape = _Shape(search.curvature(best, scale))
        direction = shape.saddle(best.gradient[search.free])
        if direction is not None:
            best = search.leave(best, direction)
            continue
        best, gain, moved = search.polish(best, shape)
        if moved < 0.05 and gain < DECREMENT and shape.is_maximum:
            break
        if turn % 2 and gain > _ENOUGH:
            # A bent valley (a variance near 0 leaves a circle of equal slopes): straight steps are short in it.
            best = search.climb(best.psi, tolerance=1e-5)
        scale = np.sqrt(np.clip(np.diag(shape.inverse), 1e-6, 1e2))
    return _ended(search, best, shape)


def climbed(laplace: Laplace, start: Floats) -> Point:
    """Return the maximum to 1e-7 of log likelihood, without curvature; for profiles and bootstraps."""
    import numpy as np

    return _Search(laplace, np.ones(laplace.size, dtype=bool)).climb(start, tolerance=3e-4)


def _ended(search: _Search, best: Point, shape: _Shape) -> Optimum:
    uphill = best.gradient[search.free]
    gain = 0.5 * float(uphill @ shape.inverse @ uphill)
    why = ""
    if not shape.is_maximum:
        why = "the search stopped at a point that is no maximum"
    elif gain >= _ENOUGH:
        why = f"the search stopped where the log likelihood could still rise by about {gain:.2g}"
    wide, narrow = (search.spread(matrix) for matrix in (shape.curvature, shape.inverse))
    return Optimum(best, wide, narrow, gain, shape.n_flat, not why, why)


class _Shape:
    """Minus the Hessian at a point: is it a maximum there, which directions are flat, and its inverse."""

    def __init__(self, curvature: Floats) -> None:
        import numpy as np

        self.curvature = curvature
        size = np.abs(np.diag(curvature))
        self.root = np.sqrt(np.maximum(size, 1e-8 * max(1.0, float(size.max()))))
        # Scaled to a diagonal of 1, so that units do not matter.
        self.values, self.vectors = np.linalg.eigh(curvature / np.outer(self.root, self.root))
        is_flat = np.abs(self.values) < _FLAT
        self.n_flat = int(is_flat.sum())
        self.is_maximum = bool(self.values[0] > -10 * _FLAT)
        # Where the curvature has the wrong sign its size still gives a good length for a step uphill.
        inverted = np.where(is_flat, 0.0, 1 / np.where(is_flat, 1.0, np.abs(self.values)))
        self.inverse: Floats = (self.vectors * inverted) @ self.vectors.T / np.outer(self.root, self.root)

    def saddle(self, uphill: Floats) -> Floats | None:
        """Return the direction that leads up from here although the gradient vanishes along it, or None."""
        if self.is_maximum:
            return None
        direction: Floats = self.vectors[:, 0] / self.root
        # At a variance of 0 the gradient is 0 also where a larger variance fits better.
        return direction if abs(float(direction @ uphill)) < 1e-3 else None


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

    def climb(self, start: Floats, *, tolerance: float = 2e-3) -> Point:
        """BFGS; stops early unless told otherwise, since Newton steps follow."""
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
            down, np.zeros(len(root)), jac=True, method="BFGS", options={"gtol": tolerance, "maxiter": 500}
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

    def polish(self, point: Point, shape: _Shape) -> tuple[Point, float, float]:
        """Newton steps with one curvature: the point, the gain left and how far it moved (in standard errors)."""
        import numpy as np

        moved = 0.0
        for _ in range(8):
            uphill = point.gradient[self.free]
            step = shape.inverse @ uphill
            gain = 0.5 * float(uphill @ step)
            if gain < DECREMENT:
                break
            step = step * min(1.0, 3.0 / float(np.abs(step * shape.root).max()))
            found = self.halved(point, step)
            if found is None:
                break
            moved += float(np.linalg.norm((found.psi - point.psi)[self.free] * shape.root))
            is_whole = bool(np.allclose((found.psi - point.psi)[self.free], step))
            point = found
            if not is_whole:
                break
        return point, gain, moved

    def halved(self, point: Point, step: Floats) -> Point | None:
        """Take a step, or the first half of it, and so on, that does not lead down."""
        for _ in range(12):
            try:
                found = self.laplace.at(self.full(point.psi[self.free] + step, point.psi))
            except NoModeError:
                found = None
            if found is not None and found.value > point.value - 1e-9 * max(1.0, abs(point.value)):
                return found
            step = 0.5 * step
        return None

    def leave(self, point: Point, direction: Floats) -> Point:
        """Go on from the better side of a saddle."""
        sides = []
        for sign in (-0.5, 0.5):
            found = self.halved(point, sign * direction)
            sides += [found] if found is not None else []
        return self.climb(max(sides, key=lambda found: found.value).psi) if sides else point
