"""Participant contrast: the difference of two conditions' participant means, after Welch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Direction, Estimate, Estimator, check_direction
from analysis.estimators import registry

if TYPE_CHECKING:
    import numpy.typing as npt


@registry.register
class ParticipantContrast(Estimator):
    """Difference of two means with Welch's t test; each participant counts once."""

    name = "participant_contrast"
    version = "1"
    label = "Welch t on participant values"
    assumptions = (
        "Participants are independent of each other.",
        "Means are about normal: many participants, or values without long tails.",
        "Variances may differ between the conditions.",
    )
    returns = ("value", "std_error", "df", "statistic", "low", "high", "p", "n")
    referee = "scipy.stats.ttest_ind(equal_var=False)"
    reference = "Welch 1947, https://doi.org/10.1093/biomet/34.1-2.28"

    @staticmethod
    def estimate(
        treatment: npt.ArrayLike,
        control: npt.ArrayLike,
        *,
        names: tuple[str, str] = ("treatment", "control"),
        direction: Direction = "two_sided",
        level: float = 0.95,
    ) -> Estimate:
        """Compare two conditions on participant values.

        ``value = mean(treatment) - mean(control)``, ``std_error = sqrt(v1/n1 + v0/n0)`` with sample variances,
        degrees of freedom after Satterthwaite: ``(a + b)^2 / (a^2/(n1-1) + b^2/(n0-1))`` with ``a = v1/n1, b =
        v0/n0``.

        Parameters
        ----------
        treatment, control : array_like of float, shape (n,)
            One value for each participant; NaN (not defined) is left out and counted.
        names : tuple of str
            Names of the two conditions.
        direction : {"two_sided", "greater", "less"}
            Of the test; the interval is two-sided in any case.
        level : float
            Coverage of the interval, between 0 and 1.

        Returns
        -------
        Estimate
            In the unit of the values.

        Raises
        ------
        CannotEstimateError
            When a condition has fewer than two participants with a value, or no value varies.

        Notes
        -----
        Trials must not be given in place of participants: the test would count each person many times.

        References
        ----------
        .. [1] Welch (1947). Biometrika 34, 28-35. https://doi.org/10.1093/biomet/34.1-2.28

        Examples
        --------
        >>> found = ParticipantContrast.estimate([0.8, 0.9, 0.7], [0.6, 0.7, 0.5])
        >>> round(found.value, 6), round(found.df, 6), round(found.p, 4)
        (0.2, 4.0, 0.0705)
        """
        from scipy import stats

        check_direction(direction)
        (mean1, var1, n1), (mean0, var0, n0) = _moments(treatment, names[0]), _moments(control, names[1])
        a, b = var1 / n1, var0 / n0
        std_error = math.sqrt(a + b)
        if std_error <= 1e-12 * max(1.0, abs(mean1), abs(mean0)):
            raise CannotEstimateError(
                f"The values do not vary within {names[0]} nor within {names[1]}: a t test has nothing to go by."
            )
        value = mean1 - mean0
        df = (a + b) ** 2 / (a**2 / (n1 - 1) + b**2 / (n0 - 1))
        t = value / std_error
        tails = {
            "two_sided": 2 * stats.t.sf(abs(t), df),
            "greater": stats.t.sf(t, df),
            "less": stats.t.cdf(t, df),
        }
        reach = float(stats.t.ppf((1 + level) / 2, df)) * std_error
        return Estimate(
            estimator=ParticipantContrast.name,
            version=ParticipantContrast.version,
            value=value,
            std_error=std_error,
            df=df,
            statistic=t,
            low=value - reach,
            high=value + reach,
            level=level,
            p=float(tails[direction]),
            direction=direction,
            n={names[0]: n1, names[1]: n0},
            details={"mean": {names[0]: mean1, names[1]: mean0}},
        )


def _moments(values: npt.ArrayLike, name: str) -> tuple[float, float, int]:
    import numpy as np

    found = np.sort(np.asarray(values, dtype=float))
    found = found[~np.isnan(found)]
    if len(found) < 2:
        raise CannotEstimateError(
            f"Condition {name} has {len(found)} participant(s) with a defined value; at least 2 are needed."
        )
    return float(found.mean()), float(found.var(ddof=1)), len(found)
