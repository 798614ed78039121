"""When people leave: the share still there after each trial, and whether conditions differ in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt


def dropout_curve(times: npt.ArrayLike, left: npt.ArrayLike) -> list[dict[str, float]]:
    """Estimate the share still there after each moment at which somebody left (Kaplan-Meier).

    ``S(t) = prod over moments up to t of (1 - d / r)``, d left out of r who were there; its standard error after
    Greenwood.

    Parameters
    ----------
    times : array_like of float, shape (n,)
        Of each participant: trials (or seconds) until he or she left, or was last seen, or reached the end.
    left : array_like of bool, shape (n,)
        True who left; False who reached the end or is still on the way.

    Returns
    -------
    list of dict
        ``time, at_risk, left, share, std_error``, in order of time.

    Raises
    ------
    ValueError
        When lengths differ or a time is negative or missing.

    References
    ----------
    .. [1] Kaplan & Meier (1958). J. Amer. Statist. Assoc. 53, 457-481.
       https://doi.org/10.1080/01621459.1958.10501452

    Examples
    --------
    >>> [(row["time"], row["share"]) for row in dropout_curve([3, 5, 24, 24], [True, True, False, False])]
    [(3.0, 0.75), (5.0, 0.5)]
    """
    import numpy as np

    time, gone = _arrays(times, left)
    share, greenwood = 1.0, 0.0
    rows = []
    for moment in np.unique(time[gone]):
        at_risk, d = int((time >= moment).sum()), int(((time == moment) & gone).sum())
        share *= 1 - d / at_risk
        greenwood += d / (at_risk * (at_risk - d)) if at_risk > d else math.inf
        rows.append(
            {
                "time": float(moment),
                "at_risk": at_risk,
                "left": d,
                "share": share,
                "std_error": share * math.sqrt(greenwood) if math.isfinite(greenwood) else math.nan,
            }
        )
    return rows


def log_rank(groups: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]]) -> dict[str, Any]:
    """Test whether people leave at different times in different conditions.

    At each moment with d who left out of r, condition x with r_x is expected to lose ``d r_x / r``; the summed
    differences are compared with their hypergeometric covariance: chi-square on k - 1 degrees of freedom.

    Parameters
    ----------
    groups : mapping of str to (times, left)
        As for `dropout_curve`, by condition.

    Returns
    -------
    dict
        ``chi2, df, p``, ``left`` and ``expected`` by condition, ``note``.

    Raises
    ------
    ValueError
        As for `dropout_curve`, or with fewer than two conditions.

    References
    ----------
    .. [1] Mantel (1966). Evaluation of survival data and two new rank order statistics. Cancer Chemother. Rep. 50,
       163-170.

    Examples
    --------
    >>> found = log_rank({"ai": ([3, 5, 24], [1, 1, 0]), "ig": ([24, 24, 24], [0, 0, 0])})
    >>> found["df"], round(found["p"], 3)
    (1, 0.116)
    """
    import numpy as np
    from scipy import stats

    if len(groups) < 2:
        raise ValueError("At least two conditions are needed.")
    pairs = [_arrays(*pair) for pair in groups.values()]
    moments = np.unique(np.concatenate([time[gone] for time, gone in pairs]))
    k = len(pairs)
    observed, expected, covariance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    for moment in moments:
        at_risk = np.array([(time >= moment).sum() for time, _ in pairs], dtype=float)
        d = np.array([((time == moment) & gone).sum() for time, gone in pairs], dtype=float)
        r, total = at_risk.sum(), d.sum()
        observed += d
        expected += total * at_risk / r
        if r > 1:
            share = at_risk / r
            covariance += (np.diag(share) - np.outer(share, share)) * total * (r - total) / (r - 1)
    result: dict[str, Any] = {
        "left": dict(zip(groups, observed.astype(int).tolist(), strict=True)),
        "expected": dict(zip(groups, expected.tolist(), strict=True)),
    }
    if not len(moments) or np.linalg.matrix_rank(covariance) < k - 1:
        note = "Nobody left." if not len(moments) else "The conditions cannot be compared."
        return result | {"chi2": math.nan, "df": 0, "p": math.nan, "note": note}
    gap = (observed - expected)[1:]
    chi2 = float(gap @ np.linalg.solve(covariance[1:, 1:], gap))
    return result | {"chi2": chi2, "df": k - 1, "p": float(stats.chi2.sf(chi2, k - 1)), "note": ""}


def _arrays(times: npt.ArrayLike, left: npt.ArrayLike) -> tuple[Any, Any]:
    import numpy as np

    time, gone = np.asarray(times, dtype=float), np.asarray(left).astype(bool)
    if len(time) != len(gone) or np.isnan(time).any() or (time < 0).any():
        raise ValueError("times and left must have one length, and times must not be negative or missing.")
    return time, gone
