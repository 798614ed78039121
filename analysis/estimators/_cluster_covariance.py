"""Covariances of least-squares coefficients that allow for dependence within clusters of one or two kinds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LeastSquares:
    """A least-squares fit.

    Attributes
    ----------
    x : ndarray, shape (n, p)
        Columns of full rank.
    beta : ndarray, shape (p,)
        Coefficients.
    residuals : ndarray, shape (n,)
        Outcome less fit.
    bread : ndarray, shape (p, p)
        ``(X'X)^-1``.
    """

    x: Floats
    beta: Floats
    residuals: Floats
    bread: Floats


def least_squares(x: Floats, y: Floats) -> LeastSquares:
    """Fit by a QR decomposition.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Columns of full rank.
    y : ndarray, shape (n,)
        Outcome.

    Returns
    -------
    LeastSquares
        The fit.
    """
    import numpy as np

    q, r = np.linalg.qr(x)
    back = np.asarray(np.linalg.inv(r), dtype=np.float64)
    beta = back @ (q.T @ y)
    return LeastSquares(x=x, beta=beta, residuals=y - x @ beta, bread=back @ back.T)


def sums_by(codes: Codes, values: Floats) -> Floats:
    """Return the sums of the columns of ``values`` within each cluster, shape (clusters, columns)."""
    import numpy as np

    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return np.asarray(np.add.reduceat(values[order], starts, axis=0))


def one_way(fit: LeastSquares, codes: Codes) -> Floats:
    """Return the cluster-robust covariance CR1 of one kind of cluster.

    ``G/(G-1) (n-1)/(n-p) (X'X)^-1 [sum_g X_g' e_g e_g' X_g] (X'X)^-1``.

    Parameters
    ----------
    fit : LeastSquares
        Of the model.
    codes : ndarray of int, shape (n,)
        Cluster of each row, 0 to G - 1.

    Returns
    -------
    ndarray, shape (p, p)
        Covariance of the coefficients.

    References
    ----------
    .. [1] Cameron & Miller (2015). J. Hum. Resour. 50, 317-372. https://doi.org/10.3368/jhr.50.2.317
    """
    import numpy as np

    n, p = fit.x.shape
    scores = sums_by(codes, fit.x * fit.residuals[:, None])
    g = len(scores)
    factor = g / (g - 1) * (n - 1) / (n - p)
    half = scores @ fit.bread
    return np.asarray(factor * half.T @ half)


def two_way(fit: LeastSquares, codes: Sequence[Codes]) -> tuple[Floats, bool]:
    """Return ``V_one + V_other - V_both`` of two kinds of clusters, and whether it had to be mended.

    Each part is CR1; "both" are the cells in which a cluster of one kind meets one of the other. Where the sum has
    negative eigenvalues they are set to 0.

    Parameters
    ----------
    fit : LeastSquares
        Of the model.
    codes : sequence of two ndarrays of int, shape (n,)
        Clusters of each row.

    Returns
    -------
    tuple
        Covariance, shape (p, p); True when eigenvalues were set to 0.

    References
    ----------
    .. [1] Cameron, Gelbach & Miller (2011). J. Bus. Econ. Stat. 29, 238-249.
       https://doi.org/10.1198/jbes.2010.07136
    """
    import numpy as np

    one, other = codes
    _, cells = np.unique(one * (int(other.max()) + 1) + other, return_inverse=True)
    whole = one_way(fit, one) + one_way(fit, other) - one_way(fit, cells.astype(np.int64))
    sizes, directions = np.linalg.eigh(whole)
    if sizes.min() >= -1e-12 * sizes.max():
        return whole, False
    return np.asarray((directions * np.maximum(sizes, 0.0)) @ directions.T), True


@dataclass(frozen=True)
class BiasReduced:
    """The covariance CR2 with what its degrees of freedom need.

    Attributes
    ----------
    vcov : ndarray, shape (p, p)
        Covariance of the coefficients.
    weights : list of ndarray
        ``A_g X_g`` for each cluster, shape (n_g, p).
    pieces : list of ndarray
        ``X_g`` for each cluster.
    bread : ndarray, shape (p, p)
        ``(X'X)^-1``.
    """

    vcov: Floats
    weights: list[Floats]
    pieces: list[Floats]
    bread: Floats

    def df(self, contrast: Floats) -> float:
        """Return the degrees of freedom of a contrast after Bell and McCaffrey, for equal uncorrelated residuals.

        With ``v_g = A_g X_g (X'X)^-1 c`` and ``b_g = X_g' v_g``: the matrix ``G_gh = [g = h] v_g'v_g - b_g' (X'X)^-1
        b_h`` gives ``tr(G)^2 / tr(G G)``.
        """
        import numpy as np

        v = [weight @ (self.bread @ contrast) for weight in self.weights]
        b = np.array([piece.T @ one for piece, one in zip(self.pieces, v, strict=True)])
        gram = np.diag([float(one @ one) for one in v]) - b @ self.bread @ b.T
        square = float((gram**2).sum())
        return float(np.trace(gram)) ** 2 / square if square > 0 else math.nan


def bias_reduced(fit: LeastSquares, codes: Codes) -> BiasReduced:
    """Return the cluster-robust covariance CR2: unbiased when residuals are equal and uncorrelated.

    ``(X'X)^-1 [sum_g X_g' A_g e_g e_g' A_g X_g] (X'X)^-1`` with ``A_g = (I - X_g (X'X)^-1 X_g')^(-1/2)``.

    Parameters
    ----------
    fit : LeastSquares
        Of the model.
    codes : ndarray of int, shape (n,)
        Cluster of each row, 0 to G - 1.

    Returns
    -------
    BiasReduced
        Covariance; it gives degrees of freedom of contrasts.

    Notes
    -----
    Where a cluster alone carries a coefficient its block is singular; the pseudo-inverse is taken.

    References
    ----------
    .. [1] Bell & McCaffrey (2002). Survey Methodology 28, 169-181.
    .. [2] Imbens & Kolesar (2016). Rev. Econ. Stat. 98, 701-712. https://doi.org/10.1162/REST_a_00552
    """
    import numpy as np

    order = np.argsort(codes, kind="stable")
    bounds = np.flatnonzero(np.diff(codes[order], prepend=-1))[1:]
    lower = np.linalg.cholesky(fit.bread)
    weights, pieces, scores = [], [], []
    for rows in np.split(order, bounds):
        piece, rest = fit.x[rows], fit.residuals[rows]
        # X_g bread X_g' = B B' with B = X_g L: only p of its eigenvalues differ from 0.
        left, size, _ = np.linalg.svd(piece @ lower, full_matrices=False)
        gap = np.maximum(1 - size**2, 0.0)
        extra = np.where(gap > 1e-9, 1 / np.sqrt(np.where(gap > 1e-9, gap, 1.0)), 0.0) - 1
        weighted = piece + (left * extra) @ (left.T @ piece)
        weights.append(weighted)
        pieces.append(piece)
        scores.append(weighted.T @ rest)
    half = np.array(scores) @ fit.bread
    return BiasReduced(vcov=half.T @ half, weights=weights, pieces=pieces, bread=fit.bread)
