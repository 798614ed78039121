"""Paired contrast: the difference of two conditions that the same participants met."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Direction, Estimate, Estimator, check_direction
from analysis.estimators import registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@registry.register
class PairedContrast(Estimator):
    """Mean of the participants' own differences with a paired t test; each participant counts once."""

    name = "paired_contrast"
    version = "1"
    label = "Paired t on participant differences"
    assumptions = (
        "Each participant met both conditions; participants are independent of each other.",
        "Differences are about normal: many participants, or differences without long tails.",
        "What a condition leaves behind does not change the next one (carry-over).",
    )
    returns = ("value", "std_error", "df", "statistic", "low", "high", "p", "n", "details")
    referee = "scipy.stats.ttest_rel"
    reference = "Student 1908, https://doi.org/10.1093/biomet/6.1.1"

    @staticmethod
    def estimate(
        treatment: npt.ArrayLike,
        control: npt.ArrayLike,
        *,
        names: tuple[str, str] = ("treatment", "control"),
        direction: Direction = "two_sided",
        level: float = 0.95,
    ) -> Estimate:
        """Compare two conditions within participants.

        ``d_i = treatment_i - control_i``, ``value = mean(d)``, ``std_error = sd(d) / sqrt(m)``, ``df = m - 1`` for the
        ``m`` participants with both values.

        Parameters
        ----------
        treatment, control : array_like of float, shape (n,)
            Values of the same participants in the same order; who lacks one of them (NaN) is left out and counted.
        names : tuple of str
            Names of the two conditions.
        direction : {"two_sided", "greater", "less"}
            Of the test; the interval is two-sided in any case.
        level : float
            Coverage of the interval, between 0 and 1.

        Returns
        -------
        Estimate
            In the unit of the values. ``n`` counts pairs; ``details``: ``mean`` of each condition over the pairs,
            ``n_incomplete`` (one value only), ``correlation`` of the two (NaN where one does not vary).

        Raises
        ------
        CannotEstimateError
            When fewer than two participants have both values, or the differences do not vary.

        Notes
        -----
        Trials must not be given in place of participants: the test would count each person many times.

        References
        ----------
        .. [1] Student (1908). Biometrika 6, 1-25. https://doi.org/10.1093/biomet/6.1.1

        Examples
        --------
        >>> found = PairedContrast.estimate([0.8, 0.9, 0.7], [0.6, 0.8, 0.4])
        >>> round(found.value, 6), found.df, round(found.p, 4)
        (0.2, 2.0, 0.0742)
        """
        import numpy as np
        from scipy import stats

        check_direction(direction)
        one, other, n_incomplete = complete_pairs(treatment, control)
        m = len(one)
        if m < 2:
            raise CannotEstimateError(
                f"{m} participant(s) have a value with both {names[0]} and {names[1]}; at least 2 are needed."
            )
        difference = one - other
        value, std_error = float(difference.mean()), float(difference.std(ddof=1)) / math.sqrt(m)
        if std_error <= 1e-12 * max(1.0, abs(float(one.mean())), abs(float(other.mean()))):
            raise CannotEstimateError(
                f"The differences between {names[0]} and {names[1]} do not vary: a t test has nothing to go by."
            )
        t, df = value / std_error, float(m - 1)
        tails = {
            "two_sided": 2 * stats.t.sf(abs(t), df),
            "greater": stats.t.sf(t, df),
            "less": stats.t.cdf(t, df),
        }
        reach = float(stats.t.ppf((1 + level) / 2, df)) * std_error
        varies = one.std() > 0 and other.std() > 0
        return Estimate(
            estimator=PairedContrast.name,
            version=PairedContrast.version,
            value=value,
            std_error=std_error,
            df=df,
            statistic=t,
            low=value - reach,
            high=value + reach,
            level=level,
            p=float(tails[direction]),
            direction=direction,
            n={"pairs": m},
            details={
                "mean": {names[0]: float(one.mean()), names[1]: float(other.mean())},
                "n_incomplete": n_incomplete,
                "correlation": float(np.corrcoef(one, other)[0, 1]) if varies else math.nan,
            },
        )


def complete_pairs(
    treatment: npt.ArrayLike, control: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], int]:
    """Return the pairs that have both values, and how many have one.

    Parameters
    ----------
    treatment, control : array_like of float, shape (n,)
        Values of the same participants in the same order; NaN where there is none.

    Returns
    -------
    numpy.ndarray, numpy.ndarray, int
        Sorted, so that sums do not depend on the order of participants.

    Raises
    ------
    ValueError
        When there are more values on one side.

    Examples
    --------
    >>> one, other, alone = complete_pairs([2.0, 1.0, None], [5.0, 6.0, 7.0])
    >>> one.tolist(), other.tolist(), alone
    ([1.0, 2.0], [6.0, 5.0], 1)
    """
    import numpy as np

    one, other = np.asarray(treatment, dtype=float), np.asarray(control, dtype=float)
    if one.shape != other.shape:
        raise ValueError(f"Pairs need as many values on both sides, got {one.shape} and {other.shape}.")
    there, here = ~np.isnan(one), ~np.isnan(other)
    both = there & here
    order = np.lexsort((other[both], one[both]))
    return one[both][order], other[both][order], int((there ^ here).sum())
