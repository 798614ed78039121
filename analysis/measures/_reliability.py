"""Reliability of a set of items: Cronbach's alpha and McDonald's omega of one factor, by maximum likelihood."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# The lowest uniqueness allowed; the same as that of R's factanal, so that Heywood cases agree.
_LOWEST = 0.005


def cronbach_alpha(items: npt.NDArray[np.float64]) -> float:
    """Return Cronbach's alpha: k / (k - 1) (1 - sum of item variances / variance of the sum).

    Parameters
    ----------
    items : numpy.ndarray of float, shape (participants, items)
        Without missing values, reversed items already turned.

    Returns
    -------
    float
        At most 1, may be below 0; NaN with fewer than two items or participants, or when the sum does not vary.

    Notes
    -----
    A lower bound of reliability; equal to it only where all items load alike.

    References
    ----------
    .. [1] Cronbach (1951). Coefficient alpha and the internal structure of tests. Psychometrika 16, 297-334.
       https://doi.org/10.1007/BF02310555

    Examples
    --------
    >>> import numpy as np
    >>> cronbach_alpha(np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]]))
    1.0
    """
    people, k = items.shape
    if k < 2 or people < 2:
        return math.nan
    total = float(items.sum(axis=1).var(ddof=1))
    if total <= 1e-12:
        return math.nan
    return float(k / (k - 1) * (1 - float(items.var(axis=0, ddof=1).sum()) / total))


def mcdonald_omega(items: npt.NDArray[np.float64]) -> float:
    """Return McDonald's omega (total, one factor): (sum l)^2 / ((sum l)^2 + sum u).

    ``l``: loadings of a one-factor model of the covariances, fitted to the correlations by maximum likelihood and
    put back on the scale of the items; ``u``: their uniquenesses.

    Parameters
    ----------
    items : numpy.ndarray of float, shape (participants, items)
        Without missing values, reversed items already turned.

    Returns
    -------
    float
        0 to 1; NaN with fewer than three items (the loadings of two are not determined), with no more participants than
        items, or when an item does not vary.

    References
    ----------
    .. [1] McNeish (2018). Thanks coefficient alpha, we'll take it from here. Psychol. Methods 23, 412-433.
       https://doi.org/10.1037/met0000144

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> common = rng.normal(size=(5000, 1))
    >>> round(mcdonald_omega(common + rng.normal(size=(5000, 4))), 1)
    0.8
    """
    import numpy as np

    people, k = items.shape
    if k < 3 or people <= k or (items.std(axis=0) <= 1e-12).any():
        return math.nan
    spread = items.std(axis=0, ddof=1)
    unique = one_factor(np.atleast_2d(np.corrcoef(items, rowvar=False)))
    loadings, rest = unique[0] * spread, unique[1] * spread**2
    common = float(loadings.sum()) ** 2
    return common / (common + float(rest.sum()))


def one_factor(
    correlations: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Fit one factor to correlations by maximum likelihood.

    Minimises Joreskog's discrepancy over the uniquenesses (0.005 to 1); the loadings follow from the first
    eigenvector of the scaled correlations.

    Parameters
    ----------
    correlations : numpy.ndarray of float, shape (k, k)
        Of at least three items.

    Returns
    -------
    numpy.ndarray of float, shape (k,), twice
        Loadings (their sum is not negative) and uniquenesses.

    References
    ----------
    .. [1] Joreskog (1967). Some contributions to maximum likelihood factor analysis. Psychometrika 32, 443-482.
       https://doi.org/10.1007/BF02289658

    Examples
    --------
    >>> import numpy as np
    >>> loadings = np.array([0.9, 0.8, 0.7, 0.6])
    >>> fitted, _ = one_factor(np.outer(loadings, loadings) + np.diag(1 - loadings**2))
    >>> fitted.round(4).tolist()
    [0.9, 0.8, 0.7, 0.6]
    """
    import numpy as np
    from scipy import optimize

    def parts(unique: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        scale = 1 / np.sqrt(unique)
        values, vectors = np.linalg.eigh(correlations * np.outer(scale, scale))
        return values, vectors

    def discrepancy(unique: npt.NDArray[np.float64]) -> float:
        small = np.maximum(parts(unique)[0][:-1], 1e-300)
        return float(-(np.log(small) - small).sum() - len(small))

    def slope(unique: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        loads = loadings(unique)
        gap = np.outer(loads, loads) + np.diag(unique) - correlations
        found: npt.NDArray[np.float64] = np.diag(gap) / unique**2
        return found

    def loadings(unique: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        values, vectors = parts(unique)
        found: npt.NDArray[np.float64] = (
            np.sqrt(unique) * vectors[:, -1] * math.sqrt(max(values[-1] - 1, 0.0))
        )
        return found if found.sum() >= 0 else -found

    k = len(correlations)
    shared = 1 / np.diag(np.linalg.pinv(correlations))
    start = np.clip((1 - 0.5 / k) * shared, _LOWEST, 1.0)
    found = optimize.minimize(
        discrepancy,
        start,
        jac=slope,
        method="L-BFGS-B",
        bounds=[(_LOWEST, 1.0)] * k,
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000},
    )
    unique = np.asarray(found.x, dtype=np.float64)
    return loadings(unique), unique
