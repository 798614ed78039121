"""Wilson interval: a proportion of independent people."""

from __future__ import annotations

import math

from analysis.core.estimate import NAN, Estimate, Estimator
from analysis.estimators import registry


@registry.register
class Wilson(Estimator):
    """Score interval of a proportion; never leaves 0 to 1."""

    name = "wilson"
    version = "1"
    label = "Wilson interval"
    assumptions = ("Each count is one independent person (never pooled trials of the same people).",)
    returns = ("value", "low", "high", "n")
    referee = "statsmodels.stats.proportion.proportion_confint(method='wilson')"
    reference = "Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953"

    @staticmethod
    def estimate(successes: int, total: int, *, level: float = 0.95) -> Estimate:
        """Return a proportion with its Wilson score interval.

        ``(p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)``.

        Parameters
        ----------
        successes : int
            People with the event, from 0 to ``total``.
        total : int
            People, not negative.
        level : float
            Coverage.

        Returns
        -------
        Estimate
            Proportion, 0 to 1; with nobody all of it is missing.

        Raises
        ------
        ValueError
            When the counts do not fit.

        References
        ----------
        .. [1] Wilson (1927). J. Am. Stat. Assoc. 22, 209-212. https://doi.org/10.1080/01621459.1927.10502953

        Examples
        --------
        >>> found = Wilson.estimate(8, 10)
        >>> round(found.low, 4), round(found.high, 4)
        (0.4902, 0.9433)
        """
        if not 0 <= successes <= total:
            raise ValueError(f"successes must lie from 0 to total, got {successes} of {total}.")
        if total == 0:
            return Estimate(
                estimator=Wilson.name, version=Wilson.version, value=NAN, level=level, n={"all": 0}
            )
        from scipy import stats

        z = float(stats.norm.ppf((1 + level) / 2))
        share = successes / total
        centre = (share + z**2 / (2 * total)) / (1 + z**2 / total)
        reach = z * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2)) / (1 + z**2 / total)
        return Estimate(
            estimator=Wilson.name,
            version=Wilson.version,
            value=share,
            low=max(0.0, centre - reach) if successes else 0.0,
            high=min(1.0, centre + reach) if successes < total else 1.0,
            level=level,
            n={"all": total},
        )
