"""Power of a reader study (multi-reader multi-case), computed from the variance components of a pilot."""

from __future__ import annotations

import math
from collections.abc import Mapping


def mrmc_power(
    components: Mapping[str, float],
    *,
    readers: int,
    cases: int,
    pilot_cases: int,
    difference: float,
    alpha: float = 0.05,
) -> float:
    """Return the power to find a difference of two conditions with random readers and random cases.

    With r readers and k = pilot cases / planned cases (same prevalence), [x]+ = max(x, 0):
    ``A = var_TR + k (Error - Cov1 + (r - 1) [Cov2 - Cov3]+)``, ``B = var_TR + k (Error - Cov1 - [Cov2 - Cov3]+)``,
    ``lambda = r d^2 / (2 A)``, ``df2 = A^2 / (B^2 / (r - 1))``, power ``= P(F'(1, df2; lambda) > F_{1 - alpha})``.

    Parameters
    ----------
    components : mapping of str to float
        ``var_TR, Error, Cov1, Cov2, Cov3`` (upper or lower case) as estimated from the pilot; var_TR below 0 counts
        as 0.
    readers, cases : int
        Planned; at least 2 readers.
    pilot_cases : int
        Cases that the components were estimated on.
    difference : float
        Of the figures of merit, such as 0.05 in AUC.
    alpha : float
        Two-sided.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ValueError
        When a component is absent or a number cannot be.

    References
    ----------
    .. [1] Hillis, Obuchowski & Berbaum (2011). Power estimation for multireader ROC methods: an updated and unified
       approach. Acad. Radiol. 18, 129-142. https://doi.org/10.1016/j.acra.2010.09.007

    Examples
    --------
    >>> van_dyke = {"var_TR": 0.0002045840, "Error": 0.0007921325, "Cov1": 0.0003420090, "Cov2": 0.0003395265,
    ...             "Cov3": 0.0002358497}
    >>> round(mrmc_power(van_dyke, readers=10, cases=114, pilot_cases=114, difference=0.05), 3)
    0.791
    """
    from scipy import stats

    found = {name.lower(): float(value) for name, value in components.items()}
    absent = [name for name in ("var_TR", "Error", "Cov1", "Cov2", "Cov3") if name.lower() not in found]
    if absent:
        raise ValueError(f"The components lack {', '.join(absent)}.")
    if readers < 2 or min(cases, pilot_cases) < 2 or not 0 < alpha < 1:
        raise ValueError(
            f"At least 2 readers and 2 cases are needed and alpha between 0 and 1, got {readers}, {cases}, {alpha}."
        )
    k = pilot_cases / cases
    between = max(found["var_tr"], 0.0)
    gap = max(found["cov2"] - found["cov3"], 0.0)
    own = found["error"] - found["cov1"]
    a, b = between + k * (own + (readers - 1) * gap), between + k * (own - gap)
    if a <= 0 or b <= 0:
        raise ValueError("These components give no variance of the difference: take those of a larger pilot.")
    df2 = a**2 / (b**2 / (readers - 1))
    noncentral = readers * difference**2 / (2 * a)
    critical = stats.f.isf(alpha, 1, df2)
    power = float(stats.ncf.sf(critical, 1, df2, noncentral)) if noncentral > 0 else alpha
    return power if math.isfinite(power) else 1.0
