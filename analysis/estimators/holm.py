"""Holm: p values of several planned questions, corrected so that any false alarm among them stays below alpha."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.core.estimate import Estimator
from analysis.estimators import registry


@registry.register
class Holm(Estimator):
    """Step-down correction of a family of p values."""

    name = "holm"
    version = "1"
    label = "Holm"
    assumptions = ("None on how the tests depend on each other.",)
    returns = ("p",)
    referee = "statsmodels.stats.multitest.multipletests(method='holm')"
    reference = "Holm 1979, https://www.jstor.org/stable/4615733"

    @staticmethod
    def estimate(p_values: Sequence[float]) -> list[float]:
        """Correct p values after Holm: ``p_(k) -> max over j <= k of min(1, (m - j + 1) p_(j))``.

        Parameters
        ----------
        p_values : sequence of float
            0 to 1; NaN for a planned test that could not be made.

        Returns
        -------
        list of float
            In the order given; NaN stays NaN.

        Raises
        ------
        ValueError
            When a value lies outside 0 to 1.

        Notes
        -----
        A test that could not be made still counts in m, as it was planned: the others are not made easier by it.

        References
        ----------
        .. [1] Holm (1979). A simple sequentially rejective multiple test procedure. Scand. J. Statist. 6, 65-70.

        Examples
        --------
        >>> Holm.estimate([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
        """
        wrong = [p for p in p_values if not math.isnan(p) and not 0 <= p <= 1]
        if wrong:
            raise ValueError(f"p values must lie from 0 to 1, got {wrong[0]}.")
        found = [math.nan] * len(p_values)
        highest = 0.0
        known = sorted((p, at) for at, p in enumerate(p_values) if not math.isnan(p))
        for place, (p, at) in enumerate(known):
            highest = max(highest, min(1.0, (len(p_values) - place) * p))
            found[at] = highest
        return found
