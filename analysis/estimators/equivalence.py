"""Equivalence: is a difference smaller than the smallest one that matters? Two one-sided tests."""

from __future__ import annotations

import math

from analysis.core.estimate import CannotEstimateError, Estimate, Estimator
from analysis.estimators import registry


@registry.register
class Equivalence(Estimator):
    """Two one-sided t tests (TOST) of a difference against bounds fixed in advance."""

    name = "equivalence"
    version = "1"
    label = "Equivalence (two one-sided tests)"
    assumptions = ("Those of the estimate it is given.", "The bounds were fixed before the data were seen.")
    returns = ("p", "low", "high", "details")
    referee = "scipy.stats.ttest_ind one-sided, with shifted data"
    reference = "Schuirmann 1987, https://doi.org/10.1007/BF01068419"

    @staticmethod
    def estimate(
        value: float, std_error: float, df: float, *, low: float, high: float, alpha: float = 0.05
    ) -> Estimate:
        """Test whether a difference lies within two bounds: ``p = max(p(value <= low), p(value >= high))``.

        Parameters
        ----------
        value, std_error, df : float
            Of a difference; ``std_error`` above 0, ``df`` above 0.
        low, high : float
            Bounds in the unit of ``value``, ``low < high``.
        alpha : float
            The interval returned covers ``1 - 2 alpha``; it lies within the bounds exactly when ``p < alpha``.

        Returns
        -------
        Estimate
            ``details`` holds ``p_low``, ``p_high``, ``bounds``.

        Raises
        ------
        CannotEstimateError
            When the estimate has no spread.
        ValueError
            When the bounds are not in order.

        Notes
        -----
        p above alpha does not show a difference: the data then cannot tell.

        References
        ----------
        .. [1] Schuirmann (1987). J. Pharmacokinet. Biopharm. 15, 657-680. https://doi.org/10.1007/BF01068419

        Examples
        --------
        >>> round(Equivalence.estimate(0.0, 0.02, 100, low=-0.05, high=0.05).p, 4)
        0.007
        """
        from scipy import stats

        if not low < high:
            raise ValueError(f"The lower bound must be below the upper one, got {low} and {high}.")
        if not (std_error > 0 and df > 0 and math.isfinite(value)):
            raise CannotEstimateError("Equivalence needs an estimate with a standard error above 0.")
        p_low = float(stats.t.sf((value - low) / std_error, df))
        p_high = float(stats.t.cdf((value - high) / std_error, df))
        reach = float(stats.t.ppf(1 - alpha, df)) * std_error
        return Estimate(
            estimator=Equivalence.name,
            version=Equivalence.version,
            value=value,
            std_error=std_error,
            df=df,
            low=value - reach,
            high=value + reach,
            level=1 - 2 * alpha,
            p=max(p_low, p_high),
            details={"p_low": p_low, "p_high": p_high, "bounds": [low, high]},
        )
