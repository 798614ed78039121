"""Figures of merit of the cells of a reader study, and their covariance over cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from analysis.core.estimate import CannotEstimateError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from analysis.estimators._mrmc_cells import Metric, Readings

Covariance = Literal["delong", "jackknife", "unbiased"]
COVARIANCES: tuple[Covariance, ...] = ("delong", "jackknife", "unbiased")
_CHUNK = 20_000_000  # numbers held at once


def merit(
    readings: Readings, *, metric: Metric, covariance: Covariance
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the figure of merit of each cell and their covariance matrix over cases.

    AUC: ``theta = mean over (p, n) of psi``, ``psi`` 1 where the positive case scores higher, 1/2 where equal.
    With the placements ``V10_p`` (mean of psi over negatives) and ``V01_n`` (over positives) of a cell, DeLong's
    covariance of two cells is ``cov(V10) / n1 + cov(V01) / n0``; the jackknife's is
    ``(n - 1) / n sum_k d_k^a d_k^b`` where ``d_k = theta_(k) - theta = (theta - V_k) / (n_side - 1)``, 0 in a cell
    that never read case k, n all cases of the study. Sensitivity is the mean of the decisions over positive cases
    (n counts these), specificity that of 1 - decision over negative ones, balanced accuracy the AUC of the decision.

    Parameters
    ----------
    readings : Readings
        Of a reader study.
    metric : {"auc", "sensitivity", "specificity", "balanced_accuracy"}
        Figure of merit.
    covariance : {"delong", "jackknife", "unbiased"}
        See above; "unbiased" is that of Gallas et al.

    Returns
    -------
    tuple of ndarray
        ``theta`` of shape (C,), 0 to 1, and ``S`` of shape (C, C).

    Raises
    ------
    CannotEstimateError
        When DeLong is asked for and some cell lacks some case.

    References
    ----------
    .. [1] DeLong, DeLong & Clarke-Pearson (1988). Biometrics 44, 837-845. https://doi.org/10.2307/2531595
    .. [2] Gallas, Pennello & Meyers (2007). J. Opt. Soc. Am. A 24, B70-B80.
       https://doi.org/10.1364/JOSAA.24.000B70

    Examples
    --------
    >>> import numpy as np
    >>> from analysis.estimators._mrmc_cells import Readings
    >>> one = Readings(("x",), ("a",), np.array([0]), np.array([0]), np.array([[3.0, 1.0, 2.0, 0.0]]),
    ...                np.array([True, True, False, False]), False, "crossed", ())
    >>> theta, s = merit(one, metric="auc", covariance="delong")
    >>> float(theta[0]), round(float(s[0, 0]), 6)
    (0.75, 0.125)
    """
    import numpy as np

    if covariance == "delong" and readings.cases != "crossed":
        raise CannotEstimateError(
            f"DeLong's covariance needs every case to be read in every cell, but cases are {readings.cases}. "
            "Ask for covariance='jackknife'."
        )
    placed = placements(readings, metric=metric)
    sides = [side for side in (readings.positive, ~readings.positive) if not np.isnan(placed[:, side]).all()]
    theta: npt.NDArray[np.float64] = np.nanmean(placed[:, sides[0]], axis=1)
    if covariance == "unbiased":
        return theta, _unbiased(readings, metric=metric, placed=placed)
    n = sum(int(side.sum()) for side in sides)
    spread = np.zeros_like(placed)
    for side in sides:
        count = (~np.isnan(placed[:, side])).sum(axis=1).astype(float)
        scale = count * (count - 1) if covariance == "delong" else (count - 1) ** 2 * n / (n - 1)
        spread[:, side] = np.nan_to_num((placed[:, side] - theta[:, None]) / np.sqrt(scale)[:, None])
    return theta, spread @ spread.T


def placements(readings: Readings, *, metric: Metric) -> npt.NDArray[np.float64]:
    """Return for each cell and case the share of the other class that the case is on the right side of.

    Parameters
    ----------
    readings : Readings
        Of a reader study.
    metric : {"auc", "sensitivity", "specificity", "balanced_accuracy"}
        For sensitivity and specificity: whether the decision on the case is right.

    Returns
    -------
    ndarray of float, shape (C, K)
        0 to 1; NaN where the case was not read or does not count.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis.estimators._mrmc_cells import Readings
    >>> one = Readings(("x",), ("a",), np.array([0]), np.array([0]), np.array([[3.0, 1.0, 1.0]]),
    ...                np.array([True, True, False]), False, "crossed", ())
    >>> placements(one, metric="auc").tolist()
    [[1.0, 0.5, 0.75]]
    """
    import numpy as np
    from scipy import stats

    positive = readings.positive
    if metric == "sensitivity":
        return np.where(positive, readings.scores, np.nan)
    if metric == "specificity":
        return np.where(positive, np.nan, 1 - readings.scores)
    out = np.full_like(readings.scores, np.nan)
    for row, scores in zip(out, readings.scores, strict=True):
        read = ~np.isnan(scores)
        among_all = stats.rankdata(scores[read])
        for side, other in ((positive, ~positive), (~positive, positive)):
            below = among_all[side[read]] - stats.rankdata(scores[read & side])
            share = below / (read & other).sum()
            row[read & side] = share if side is positive else 1 - share
    return out


def _unbiased(
    readings: Readings, *, metric: Metric, placed: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return ``theta^a theta^b`` less the mean product over pairs of cells' readings that share no case."""
    import numpy as np

    if metric in ("sensitivity", "specificity"):
        there = ~np.isnan(placed)
        value, count = np.where(there, placed, 0.0), there.astype(float)
        total, size = value.sum(axis=1), count.sum(axis=1)
        apart = np.outer(total, total) - value @ value.T
        found: npt.NDArray[np.float64] = np.outer(total / size, total / size) - apart / (
            np.outer(size, size) - count @ count.T
        )
        return found
    positive = readings.positive
    read = ~np.isnan(readings.scores)
    n1, n0 = (read[:, side].sum(axis=1).astype(float) for side in (positive, ~positive))
    rows = np.nan_to_num(placed[:, positive]) * n0[:, None]
    columns = np.nan_to_num(placed[:, ~positive]) * n1[:, None]
    total = rows.sum(axis=1)
    apart = np.outer(total, total) - rows @ rows.T - columns @ columns.T + _products(readings)
    both1, both0 = (read[:, side].astype(float) @ read[:, side].T for side in (positive, ~positive))
    pairs = (np.outer(n1, n1) - both1) * (np.outer(n0, n0) - both0)
    theta = total / (n1 * n0)
    result: npt.NDArray[np.float64] = np.outer(theta, theta) - apart / pairs
    return result


def _products(readings: Readings) -> npt.NDArray[np.float64]:
    """Return for each two cells the sum over positive and negative cases of psi psi."""
    import numpy as np

    one, other = readings.scores[:, readings.positive], readings.scores[:, ~readings.positive]
    cells, columns = other.shape
    total = np.zeros((cells, cells))
    step = max(1, _CHUNK // (cells * columns))
    for start in range(0, one.shape[1], step):
        gap = one[:, start : start + step, None] - other[:, None, :]
        psi = np.nan_to_num((np.sign(gap) + 1) / 2).reshape(cells, -1)
        total += psi @ psi.T
    return total
