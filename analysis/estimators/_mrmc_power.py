"""How many readers and cases a reader study needs, from the components of a pilot study."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError

if TYPE_CHECKING:
    from analysis.estimators._mrmc_result import MrmcResult


def mrmc_power(
    pilot: MrmcResult, *, readers: int, cases: int, difference: float, alpha: float = 0.05
) -> float:
    """Return the power of the test of two conditions with random readers and cases, everybody reading everything.

    With r readers, k = cases of the pilot / planned cases and difference d:
    ``A = var_TR + k (Error - Cov1 + (r - 1) [Cov2 - Cov3]+)``, ``B = var_TR + k (Error - Cov1 - [Cov2 - Cov3]+)``,
    ``lambda = r d^2 / (2 A)``, ``df2 = A^2 / (B^2 / (r - 1))``, ``power = P(F'(1, df2; lambda) > F_(1 - alpha))``.

    Parameters
    ----------
    pilot : MrmcResult
        Of `analysis.estimators.mrmc.mrmc`, two or more conditions, readers and cases crossed.
    readers, cases : int
        Planned; at least 2 readers and 4 cases, with the pilot's share of positive ones.
    difference : float
        Of the figure of merit that is to be found, above 0.
    alpha : float
        Of the test.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    CannotEstimateError
        When the pilot is of another design or its components leave nothing to test against.
    ValueError
        When a number is out of range.

    Notes
    -----
    A negative variance of condition by reader is taken as 0. Components of a small pilot are hardly known: vary them.

    References
    ----------
    .. [1] Hillis, Obuchowski & Berbaum (2011). Acad. Radiol. 18, 129-142.
       https://doi.org/10.1016/j.acra.2010.09.007

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from analysis.estimators.mrmc import mrmc
    >>> rng = np.random.default_rng(1)
    >>> rows = [(f"r{j}", k, c, int(k < 20), (k < 20) * s + rng.normal())
    ...         for j in range(5) for c, s in (("ai", 1.0), ("ig", 1.5)) for k in range(50)]
    >>> table = pd.DataFrame(rows, columns=["participant_id", "case_id", "condition", "ground_truth", "score"])
    >>> pilot = mrmc(table, rating="score")
    >>> few, many = (mrmc_power(pilot, readers=r, cases=100, difference=0.05) for r in (5, 20))
    >>> 0 < few < many < 1
    True
    """
    from scipy import stats

    if readers < 2 or cases < 4 or not difference > 0 or not 0 < alpha < 1:
        raise ValueError(
            "readers must be at least 2, cases at least 4, difference above 0 and alpha between 0 and 1, got "
            f"{readers}, {cases}, {difference} and {alpha}."
        )
    if pilot.design != "readers crossed with conditions, cases crossed":
        raise CannotEstimateError(
            f"Power needs a pilot in which everybody reads everything; this one: {pilot.design}."
        )
    part = {str(name): float(value) for name, value in pilot.components["estimate"].items()}
    if math.isnan(part["condition:reader"]):
        raise CannotEstimateError("Power needs a pilot with at least 2 readers.")
    k = pilot.n_cases / cases
    own, apart = max(part["condition:reader"], 0.0), max(part["cov2"] - part["cov3"], 0.0)
    a = own + k * (part["error"] - part["cov1"] + (readers - 1) * apart)
    b = own + k * (part["error"] - part["cov1"] - apart)
    if a <= 0:
        raise CannotEstimateError("The components of the pilot leave no variance to test against.")
    df = a**2 / (b**2 / (readers - 1)) if b > 0 else 1e9
    critical = stats.f.isf(alpha, 1, df)
    return float(stats.ncf.sf(critical, 1, df, readers * difference**2 / (2 * a)))
