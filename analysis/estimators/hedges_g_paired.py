"""Hedges g of a comparison within participants: by the spread of values (g_av) and by that of differences (g_z)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Estimate, Estimator
from analysis.estimators import registry
from analysis.estimators.hedges_g import noncentrality_limits
from analysis.estimators.paired_contrast import complete_pairs

if TYPE_CHECKING:
    import numpy.typing as npt


@registry.register
class HedgesGPaired(Estimator):
    """Standardised mean difference of two conditions that the same participants met, both ways named."""

    name = "hedges_g_paired"
    version = "1"
    label = "Hedges g within participants (g_av)"
    assumptions = (
        "Participants are independent; values are about normal in both conditions.",
        "g_av can be set beside g of studies between participants; g_z cannot: it grows as the two values correlate.",
    )
    returns = ("value", "std_error", "low", "high", "df", "n", "details")
    referee = "the formulas by hand; limits of g_z put back into scipy.stats.nct"
    reference = "Lakens 2013, https://doi.org/10.3389/fpsyg.2013.00863"

    @staticmethod
    def estimate(
        treatment: npt.ArrayLike,
        control: npt.ArrayLike,
        *,
        names: tuple[str, str] = ("treatment", "control"),
        level: float = 0.95,
    ) -> Estimate:
        """Standardise the mean of the participants' own differences.

        ``g_av = J mean(d) / s`` with ``s^2 = (s1^2 + s0^2) / 2``; ``g_z = J mean(d) / sd(d)``;
        ``J = 1 - 3 / (4 df - 1)``, ``df = m - 1``. The variance of mean(d) / s is that of Bonett (2008):
        ``d^2 (s1^4 + s0^4 + 2 r^2 s1^2 s0^2) / (8 s^4 df) + sd(d)^2 / (s^2 df)``, its interval
        normal; that of g_z comes from the noncentral t.

        Parameters
        ----------
        treatment, control : array_like of float, shape (n,)
            Values of the same participants in the same order; who lacks one of them (NaN) is left out.
        names : tuple of str
            Names of the two conditions.
        level : float
            Coverage of the intervals.

        Returns
        -------
        Estimate
            ``value`` is g_av, without unit; ``details["g_z"]`` has ``value, low, high``.

        Raises
        ------
        CannotEstimateError
            With fewer than three pairs, or when values or differences do not vary.

        References
        ----------
        .. [1] Bonett (2008). Confidence intervals for standardized linear contrasts of means. Psychol. Methods 13,
           99-109. https://doi.org/10.1037/1082-989X.13.2.99

        Examples
        --------
        >>> found = HedgesGPaired.estimate([2.0, 4.0, 6.0, 5.0], [1.0, 3.0, 5.0, 3.0])
        >>> round(found.value, 4), round(found.details["g_z"]["value"], 4)
        (0.5441, 1.8182)
        """
        from scipy import stats

        one, other, _ = complete_pairs(treatment, control)
        m = len(one)
        if m < 3:
            raise CannotEstimateError(
                f"Hedges g within participants needs 3 participants with both {names[0]} and {names[1]}, got {m}."
            )
        difference = one - other
        v1, v0, vd = (float(side.var(ddof=1)) for side in (one, other, difference))
        spread = math.sqrt((v1 + v0) / 2)
        tiny = 1e-12 * max(1.0, abs(float(one.mean())), abs(float(other.mean())))
        if spread <= tiny or math.sqrt(vd) <= tiny:
            raise CannotEstimateError("Hedges g is not defined: values or differences do not vary.")
        df, mean = m - 1, float(difference.mean())
        correction = 1 - 3 / (4 * df - 1)
        d, z = mean / spread, mean / math.sqrt(vd)
        covariance = (v1 + v0 - vd) / 2
        variance = d**2 * (v1**2 + v0**2 + 2 * covariance**2) / (8 * spread**4 * df) + vd / (spread**2 * df)
        reach = float(stats.norm.ppf((1 + level) / 2)) * math.sqrt(variance)
        root = math.sqrt(m)
        low, high = (correction * limit / root for limit in noncentrality_limits(z * root, df, level=level))
        return Estimate(
            estimator=HedgesGPaired.name,
            version=HedgesGPaired.version,
            value=correction * d,
            std_error=correction * math.sqrt(variance),
            df=float(df),
            low=correction * (d - reach),
            high=correction * (d + reach),
            level=level,
            n={"pairs": m},
            details={"g_z": {"value": correction * z, "low": low, "high": high}},
        )
