"""The deviance of a linear mixed model and its exact derivatives at one theta.

Notation as in lme4: ``V = Z Lambda Lambda' Z' + I`` (times the residual variance), ``A = Lambda' Z'Z Lambda + I``. The
factor with most columns is eliminated block by block, the others stay dense (Schur complement).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from analysis.estimators._lmm_products import Factor, Products

    Floats = npt.NDArray[np.float64]

_CHUNK = 4_000_000  # numbers of one slice of the block between the eliminated factor and the others


@dataclass(frozen=True)
class Point:
    """What is known of the model at one theta.

    Attributes
    ----------
    log_det : float
        ``log |V|``, which is ``log |A|``.
    gram : ndarray, shape (p + 1, p + 1)
        ``[Q y]' V^-1 [Q y]``.
    coefficients : ndarray, shape (p,)
        Of Q.
    rss : float
        ``(y - Q b)' V^-1 (y - Q b)``.
    log_det_slopes, rss_slopes, fixed_slopes : ndarray, shape (n_theta,)
        Derivatives of ``log_det``, of ``rss`` and of ``log |Q' V^-1 Q|``.
    gram_slopes : ndarray, shape (n_theta, p + 1, p + 1)
        Derivatives of ``gram``.
    modes : tuple of ndarray
        ``Lambda u`` of the factors, first to last, shape (levels, width), at the estimates.
    """

    log_det: float
    gram: Floats
    coefficients: Floats
    rss: float
    log_det_slopes: Floats
    rss_slopes: Floats
    fixed_slopes: Floats
    gram_slopes: Floats
    modes: tuple[Floats, ...]

    @property
    def unscaled(self) -> Floats:
        """Return ``(Q' V^-1 Q)^-1``."""
        import numpy as np

        return np.asarray(np.linalg.inv(self.gram[:-1, :-1]), dtype=np.float64)

    @property
    def fixed_log_det(self) -> float:
        """Return ``log |Q' V^-1 Q|``."""
        import numpy as np

        return float(np.linalg.slogdet(self.gram[:-1, :-1])[1])


def deviance(products: Products, theta: Floats) -> tuple[float, Floats, Point]:
    """Return the deviance, profiled over fixed effects and residual variance, and its gradient.

    ``d = log |V| + m (1 + log(2 pi rss / m)) [+ log |Q' V^-1 Q|]`` with m = n, or n - p and the last part for REML.

    Parameters
    ----------
    products : Products
        Of the model.
    theta : ndarray, shape (n_theta,)
        Entries of Lambda.

    Returns
    -------
    tuple
        Deviance, gradient of shape (n_theta,), `Point`.

    Raises
    ------
    CannotEstimateError
        When nothing is left for the residual.
    """
    point = evaluate(products, theta)
    m = products.divisor
    if not point.rss > 1e-12 * products.plain[-1, -1]:
        raise CannotEstimateError(
            "Random effects explain the outcome without a rest: the residual variance is 0."
        )
    value = point.log_det + m * (1 + math.log(2 * math.pi * point.rss / m))
    gradient = point.log_det_slopes + m * point.rss_slopes / point.rss
    if products.is_reml:
        return value + point.fixed_log_det, gradient + point.fixed_slopes, point
    return value, gradient, point


def evaluate(products: Products, theta: Floats) -> Point:
    """Return everything about the model at one theta.

    With ``c = A^-1 Lambda' Z'[Q y]``: ``[Q y]' V^-1 [Q y] = [Q y]'[Q y] - [Q y]' Z Lambda c``,
    ``Z' V^-1 [Q y] = Z'[Q y] - Z'Z Lambda c`` and ``Z' V^-1 Z Lambda = Z'Z Lambda A^-1``, from which all derivatives
    follow: ``d log |V| = tr(V^-1 dV)`` and ``d V^-1 = -V^-1 dV V^-1``.

    Parameters
    ----------
    products : Products
        Of the model.
    theta : ndarray, shape (n_theta,)
        Entries of Lambda.

    Returns
    -------
    Point
        Values and exact derivatives.
    """
    import numpy as np

    p = products
    one, blocks = p.first.block(theta), [factor.block(theta) for factor in p.rest]
    levels, width = p.first.levels, p.first.width
    a1 = one.T @ p.own @ one + np.eye(width)
    inverse = np.asarray(np.linalg.inv(a1), dtype=np.float64)
    r1 = one.T @ p.z1
    r2 = _right(p.z2.T, p.rest, blocks).T
    schur = _right(_right(p.others, p.rest, blocks).T, p.rest, blocks) + np.eye(len(p.others))
    right = r2.copy()
    for cut, _, left, eliminated in _slices(p, one, blocks, inverse):
        schur -= left.T @ eliminated
        right -= eliminated.T @ _flat(r1[cut])
    lower = np.linalg.cholesky(schur)
    half = np.linalg.solve(lower, np.eye(len(lower)))
    settled = half.T @ half
    c2 = settled @ right
    d2 = _right(c2.T, p.rest, [block.T for block in blocks]).T
    log_det = float(np.linalg.slogdet(a1)[1].sum()) + 2 * float(np.log(np.diag(lower)).sum())
    c1, traces = np.empty_like(r1), _Traces(p, one, inverse)
    for cut, wide, _, eliminated in _slices(p, one, blocks, inverse):
        c1[cut] = inverse[cut] @ r1[cut] - (eliminated @ c2).reshape(r1[cut].shape)
        traces.add(cut, wide, eliminated, settled)
    traces.close(_right(p.others, p.rest, blocks) @ settled)
    gram = p.plain - _flat(r1).T @ _flat(c1) - r2.T @ c2
    d1 = one @ c1
    n1 = p.z1 - p.own @ d1 - (p.between @ d2).reshape(levels, width, -1)
    n2 = p.z2 - p.between.T @ _flat(d1) - p.others @ d2
    parts = _parts(p, d2), _parts(p, n2)
    log_det_slopes, gram_slopes = _slopes(p, [n1, *parts[1]], [one, *blocks], traces.found)
    return _point(gram, log_det, log_det_slopes, gram_slopes, [d1, *parts[0]])


def _point(
    gram: Floats, log_det: float, log_det_slopes: Floats, gram_slopes: Floats, deviations: list[Floats]
) -> Point:
    import numpy as np

    coefficients = np.asarray(np.linalg.solve(gram[:-1, :-1], gram[:-1, -1]), dtype=np.float64)
    direction = np.append(-coefficients, 1.0)
    return Point(
        log_det=log_det,
        gram=gram,
        coefficients=coefficients,
        rss=float(direction @ gram @ direction),
        log_det_slopes=log_det_slopes,
        rss_slopes=np.einsum("a,jab,b->j", direction, gram_slopes, direction),
        fixed_slopes=np.einsum("ab,jba->j", np.linalg.inv(gram[:-1, :-1]), gram_slopes[:, :-1, :-1]),
        gram_slopes=gram_slopes,
        modes=tuple(found @ direction for found in deviations),
    )


class _Traces:
    """Sums over levels of the diagonal blocks of ``Z'Z Lambda A^-1``, one for each factor."""

    def __init__(self, products: Products, one: Floats, inverse: Floats) -> None:
        import numpy as np

        self.products, self.one, self.inverse = products, one, inverse
        self.found = [np.zeros((factor.width,) * 2) for factor in (products.first, *products.rest)]

    def add(self, cut: slice, wide: Floats, eliminated: Floats, settled: Floats) -> None:
        """Add a slice of levels: ``wide = Z1'Z2 Lambda2``, ``eliminated = A1^-1 Lambda1' wide``."""
        import numpy as np

        p, width = self.products, self.products.first.width
        shape = (cut.stop - cut.start, width, len(settled))
        product = eliminated @ settled
        shaped, by_level = product.reshape(shape), eliminated.reshape(shape)
        inside = self.inverse[cut] + shaped @ by_level.transpose(0, 2, 1)
        self.found[0] += np.einsum("lab,lbc->ac", p.own[cut] @ self.one, inside)
        self.found[0] -= np.tensordot(wide.reshape(shaped.shape), shaped, axes=([0, 2], [0, 2]))
        u = _flat(self.one.T @ p.between[_rows(cut, width)].reshape(shaped.shape))
        start = 0
        for at, factor in enumerate(p.rest, start=1):
            own = slice(start, start + factor.size)
            start += factor.size
            one, other = (part[:, own].reshape(len(u), factor.levels, -1) for part in (u, product))
            self.found[at] -= np.tensordot(one, other, axes=([0, 1], [0, 1]))

    def close(self, dense: Floats) -> None:
        """Add the part of the dense factors, ``Z2'Z2 Lambda2 S^-1``."""
        import numpy as np

        start = 0
        for at, factor in enumerate(self.products.rest, start=1):
            own = slice(start, start + factor.size)
            start += factor.size
            square = dense[own, own].reshape((factor.levels, factor.width) * 2)
            self.found[at] += np.einsum("lalb->ab", square)


def _slopes(
    p: Products, residuals: list[Floats], blocks: list[Floats], traces: list[Floats]
) -> tuple[Floats, Floats]:
    """Return the derivatives of ``log |V|`` and of the gram; ``residuals`` are ``Z' V^-1 [Q y]`` by factor."""
    import numpy as np

    log_det, gram = np.zeros(p.n_theta), np.zeros((p.n_theta, p.p + 1, p.p + 1))
    for factor, found, block, trace in zip((p.first, *p.rest), residuals, blocks, traces, strict=True):
        turned = block.T @ found
        for at, row, column in factor.places:
            log_det[at] = 2 * trace[row, column]
            half = found[:, row].T @ turned[:, column]
            gram[at] = -(half + half.T)
    return log_det, gram


def _slices(
    p: Products, one: Floats, blocks: list[Floats], inverse: Floats
) -> Iterator[tuple[slice, Floats, Floats, Floats]]:
    """Yield slices of levels with ``Z1'Z2 Lambda2``, ``B = Lambda1' Z1'Z2 Lambda2`` and ``A1^-1 B``, as matrices."""
    levels, width, size = p.first.levels, p.first.width, len(p.others)
    step = max(1, _CHUNK // max(1, width * size))
    for start in range(0, levels, step):
        cut = slice(start, min(levels, start + step))
        wide = _right(p.between[_rows(cut, width)], p.rest, blocks)
        left = one.T @ wide.reshape(cut.stop - cut.start, width, size)
        yield cut, wide, _flat(left), _flat(inverse[cut] @ left)


def _rows(cut: slice, width: int) -> slice:
    return slice(cut.start * width, cut.stop * width)


def _flat(found: Floats) -> Floats:
    return found.reshape(found.shape[0] * found.shape[1], found.shape[2])


def _right(matrix: Floats, factors: tuple[Factor, ...], blocks: list[Floats]) -> Floats:
    """Return ``matrix Lambda2``, block by block."""
    import numpy as np

    found, start = np.empty(matrix.shape), 0
    for factor, block in zip(factors, blocks, strict=True):
        own = slice(start, start + factor.size)
        start += factor.size
        shaped = matrix[:, own].reshape(len(matrix), factor.levels, factor.width)
        found[:, own] = (shaped * block[0, 0] if factor.width == 1 else shaped @ block).reshape(
            len(matrix), -1
        )
    return found


def _parts(p: Products, found: Floats) -> list[Floats]:
    """Split rows of the dense factors into (levels, width, columns) of each."""
    parts, start = [], 0
    for factor in p.rest:
        parts.append(found[start : start + factor.size].reshape(factor.levels, factor.width, -1))
        start += factor.size
    return parts
