"""Hedges g: the difference of two conditions in standard deviations between participants."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Estimate, Estimator
from analysis.estimators import registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@registry.register
class HedgesG(Estimator):
    """Standardised difference of two means, corrected for small samples."""

    name = "hedges_g"
    version = "1"
    label = "Hedges g"
    assumptions = (
        "Participants are independent; values are about normal.",
        "Both conditions have the same variance (for the pooled standard deviation and the interval).",
    )
    returns = ("value", "low", "high", "df", "n")
    referee = "the formula by hand; limits put back into scipy.stats.nct"
    reference = "Hedges 1981, https://doi.org/10.3102/10769986006002107"

    @staticmethod
    def estimate(
        treatment: npt.ArrayLike,
        control: npt.ArrayLike,
        *,
        names: tuple[str, str] = ("treatment", "control"),
        level: float = 0.95,
    ) -> Estimate:
        """Standardise the difference of two conditions by the pooled standard deviation.

        ``g = J (mean1 - mean0) / s_pooled``, ``J = 1 - 3 / (4 df - 1)``, ``df = n1 + n0 - 2``. The interval is
        J times the noncentrality limits of the pooled t, divided by ``sqrt(n1 n0 / (n1 + n0))``.

        Parameters
        ----------
        treatment, control : array_like of float, shape (n,)
            One value for each participant; NaN is left out.
        names : tuple of str
            Names of the two conditions.
        level : float
            Coverage of the interval.

        Returns
        -------
        Estimate
            Without unit.

        Raises
        ------
        CannotEstimateError
            When a condition has fewer than two values, or the pooled variance is 0.

        Notes
        -----
        The standard deviation is that between participants; fewer trials for each person make it larger and g
        smaller.

        References
        ----------
        .. [1] Hedges (1981). J. Educ. Stat. 6, 107-128. https://doi.org/10.3102/10769986006002107

        Examples
        --------
        >>> found = HedgesG.estimate([2.0, 4.0, 6.0], [1.0, 3.0, 5.0])
        >>> round(found.value, 6)
        0.4
        """
        import numpy as np

        one, other = (np.sort(np.asarray(side, dtype=float)) for side in (treatment, control))
        one, other = one[~np.isnan(one)], other[~np.isnan(other)]
        n1, n0 = len(one), len(other)
        if min(n1, n0) < 2:
            raise CannotEstimateError(
                f"Hedges g needs 2 participants in each condition; {names[0]} has {n1}, {names[1]} has {n0}."
            )
        df = n1 + n0 - 2
        pooled = math.sqrt(((n1 - 1) * one.var(ddof=1) + (n0 - 1) * other.var(ddof=1)) / df)
        if pooled <= 1e-12 * max(1.0, abs(float(one.mean())), abs(float(other.mean()))):
            raise CannotEstimateError(
                "Hedges g is not defined: the values do not vary within the conditions."
            )
        correction = 1 - 3 / (4 * df - 1)
        d = float(one.mean() - other.mean()) / pooled
        root = math.sqrt(n1 * n0 / (n1 + n0))
        low, high = (correction * limit / root for limit in noncentrality_limits(d * root, df, level=level))
        return Estimate(
            estimator=HedgesG.name,
            version=HedgesG.version,
            value=correction * d,
            df=float(df),
            low=low,
            high=high,
            level=level,
            n={names[0]: n1, names[1]: n0},
        )


def noncentrality_limits(t: float, df: float, *, level: float) -> tuple[float, float]:
    """Return the noncentralities for which an observed t is at either tail.

    Parameters
    ----------
    t : float
        Observed statistic.
    df : float
        Degrees of freedom, above 0.
    level : float
        Coverage.

    Returns
    -------
    tuple of float
        Low and high: ``P(T <= t)`` is ``(1 + level) / 2`` at the low and ``(1 - level) / 2`` at the high one.

    References
    ----------
    .. [1] Steiger & Fouladi (1997). Noncentrality interval estimation. In: What if there were no significance
       tests?

    Examples
    --------
    >>> low, high = noncentrality_limits(0.0, 30, level=0.95)
    >>> round(low + high, 6)
    0.0
    """
    from scipy import optimize

    def gap(noncentrality: float, tail: float) -> float:
        return noncentral_t_cdf(t, df, noncentrality) - tail

    # The spread of t around its noncentrality grows with |t| / sqrt(df): wide enough for any root.
    reach = 8.0 + 8.0 * abs(t) / math.sqrt(df)
    low, high = (
        float(optimize.brentq(gap, t - reach, t + reach, args=(tail,), xtol=1e-10))
        for tail in ((1 + level) / 2, (1 - level) / 2)
    )
    return low, high


def noncentral_t_cdf(t: float, df: float, noncentrality: float) -> float:
    """Return P(T <= t) of the noncentral t distribution.

    ``E[Phi(t S - noncentrality)]`` over ``S = sqrt(chi2(df) / df)``, by Gauss-Legendre quadrature with 400 nodes.

    Parameters
    ----------
    t, noncentrality : float
        Finite.
    df : float
        Degrees of freedom, above 0.

    Returns
    -------
    float
        0 to 1.

    Notes
    -----
    `scipy.stats.nct.cdf` returns NaN for some arguments that occur here, which is why it is only the referee.

    References
    ----------
    .. [1] Johnson, Kotz & Balakrishnan (1995). Continuous Univariate Distributions 2, chapter 31.

    Examples
    --------
    >>> round(noncentral_t_cdf(2.0, 10, 1.0), 6)
    0.807612
    """
    from scipy import special, stats

    edge = 1e-15
    low, high = (
        math.sqrt(float(limit) / df) for limit in (stats.chi2.ppf(edge, df), stats.chi2.isf(edge, df))
    )
    nodes, weights = _quadrature()
    s = low + (high - low) * (nodes + 1) / 2
    density = stats.chi2.pdf(s**2 * df, df) * 2 * s * df
    share = (high - low) / 2 * float((weights * density * special.ndtr(t * s - noncentrality)).sum())
    return min(1.0, share)


@lru_cache(maxsize=1)
def _quadrature() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    import numpy as np

    nodes, weights = np.polynomial.legendre.leggauss(400)
    return nodes, weights
