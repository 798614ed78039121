"""Non-inferiority: a treatment is not worse than its control by a margin that was fixed in advance."""

from __future__ import annotations

import math
from typing import Literal

from analysis.core.estimate import CannotEstimateError, Estimate, Estimator
from analysis.estimators import registry


@registry.register
class NonInferiority(Estimator):
    """One one-sided t test of a difference against a margin."""

    name = "non_inferiority"
    version = "1"
    label = "Non-inferiority (one-sided test against a margin)"
    assumptions = ("Those of the estimate it is given.", "The margin was fixed before the data were seen.")
    returns = ("p", "low", "high", "details")
    referee = "scipy.stats.ttest_ind one-sided, with shifted data"
    reference = "Piaggio et al. 2012, https://doi.org/10.1001/jama.2012.87802"

    @staticmethod
    def estimate(
        value: float,
        std_error: float,
        df: float,
        *,
        margin: float,
        direction: Literal["greater", "less"] = "greater",
        alpha: float = 0.025,
    ) -> Estimate:
        """Test whether a difference is above ``-margin`` (or below ``margin``, where less is better).

        ``t = (value + margin) / std_error`` and ``p = P(T >= t)``; with ``direction="less"``,
        ``t = (value - margin) / std_error`` and ``p = P(T <= t)``.

        Parameters
        ----------
        value, std_error, df : float
            Of a difference treatment - control; ``std_error`` above 0, ``df`` above 0 (infinite: normal).
        margin : float
            In the unit of ``value``. Above 0: non-inferiority. Below 0: superiority by more than ``-margin`` (a
            minimal-effect test).
        direction : {"greater", "less"}
            Which side is better.
        alpha : float
            One-sided error rate; 0.025 by convention. The interval covers ``1 - 2 alpha``; its limit on the worse
            side stays within the margin exactly when ``p < alpha``.

        Returns
        -------
        Estimate
            ``details`` holds ``margin`` and ``bound`` (the limit of the interval that is compared with it).

        Raises
        ------
        CannotEstimateError
            When the estimate has no spread.
        ValueError
            When margin or direction cannot be used.

        Notes
        -----
        p above alpha does not show that the treatment is worse: the data then cannot tell. Intention to treat makes
        non-inferiority easier to show; report completers beside it.

        References
        ----------
        .. [1] Piaggio et al. (2012). Reporting of noninferiority and equivalence randomized trials. JAMA 308,
           2594-2604. https://doi.org/10.1001/jama.2012.87802

        Examples
        --------
        >>> found = NonInferiority.estimate(-0.01, 0.02, 100, margin=0.05)
        >>> round(found.p, 4), found.low > -0.05
        (0.0241, True)
        """
        from scipy import stats

        if direction not in ("greater", "less"):
            raise ValueError(f"direction must be greater or less, got {direction!r}.")
        if not math.isfinite(margin):
            raise ValueError(f"margin must be a number, got {margin}.")
        if not (std_error > 0 and df > 0 and math.isfinite(value)):
            raise CannotEstimateError("Non-inferiority needs an estimate with a standard error above 0.")
        sign = 1.0 if direction == "greater" else -1.0
        t = (sign * value + margin) / std_error
        reach = float(stats.t.ppf(1 - alpha, df)) * std_error
        return Estimate(
            estimator=NonInferiority.name,
            version=NonInferiority.version,
            value=value,
            std_error=std_error,
            df=df,
            statistic=sign * t,
            low=value - reach,
            high=value + reach,
            level=1 - 2 * alpha,
            p=float(stats.t.sf(t, df)),
            direction=direction,
            details={"margin": margin, "bound": value - sign * reach},
        )
