"""Benjamini-Hochberg: p values of many questions, corrected so that few of those called true are false alarms."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.core.estimate import Estimator
from analysis.estimators import registry


@registry.register
class BenjaminiHochberg(Estimator):
    """Step-up correction of a family of p values for the false discovery rate."""

    name = "bh"
    version = "1"
    label = "Benjamini-Hochberg"
    assumptions = ("The tests are independent of each other, or positively dependent.",)
    returns = ("p",)
    referee = "scipy.stats.false_discovery_control(method='bh')"
    reference = "Benjamini & Hochberg 1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x"

    @staticmethod
    def estimate(p_values: Sequence[float]) -> list[float]:
        """Correct p values after Benjamini and Hochberg: ``p_(k) -> min over j >= k of min(1, m p_(j) / j)``.

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
        The share of false alarms among those below alpha is held, on average; a single false alarm is not excluded
        (Holm does that). A test that could not be made still counts in m: the others are not made easier by it.

        References
        ----------
        .. [1] Benjamini & Hochberg (1995). Controlling the false discovery rate. J. R. Statist. Soc. B 57, 289-300.
           https://doi.org/10.1111/j.2517-6161.1995.tb02031.x

        Examples
        --------
        >>> [round(p, 4) for p in BenjaminiHochberg.estimate([0.01, 0.04, 0.03])]
        [0.03, 0.04, 0.04]
        """
        wrong = [p for p in p_values if not math.isnan(p) and not 0 <= p <= 1]
        if wrong:
            raise ValueError(f"p values must lie from 0 to 1, got {wrong[0]}.")
        found = [math.nan] * len(p_values)
        lowest = 1.0
        known = sorted((p, at) for at, p in enumerate(p_values) if not math.isnan(p))
        for rank, (p, at) in reversed(list(enumerate(known, start=1))):
            lowest = min(lowest, len(p_values) * p / rank)
            found[at] = lowest
        return found
