"""Blinded interim: the spread of the outcome over everybody, and what it means for the size; no condition is seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Blinded:
    """What a blinded interim shows.

    Attributes
    ----------
    n, n_undefined : int
        Participants with and without a value.
    sd : float
        Standard deviation over everybody, unit of the values.
    sd_low, sd_high : float
        Limits of a 95 % interval (chi-square).
    needed : int
        Participants in all that the planned power needs at this spread.
    """

    n: int
    n_undefined: int
    sd: float
    sd_low: float
    sd_high: float
    needed: int


def blinded_interim(
    values: npt.ArrayLike,
    *,
    smallest_effect: float,
    alpha: float = 0.05,
    power: float = 0.9,
    conditions: int = 2,
    adjusted: bool = True,
) -> Blinded:
    """Re-estimate the size of a study from the pooled values, without their conditions.

    Pooled over k equal conditions of which one differs by d, the variance is ``s^2 = sigma^2 + d^2 (k - 1) / k^2``;
    ``adjusted`` takes the second part away. Each condition of a two-sided comparison needs
    ``2 sigma^2 (z_{1 - alpha/2} + z_power)^2 / d^2`` participants.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        One value for each participant, in any order, without conditions; NaN is left out and counted.
    smallest_effect : float
        d, above 0, in the unit of the values.
    alpha, power : float
        Of the planned test.
    conditions : int
        k, at least 2.
    adjusted : bool
        Take the smallest effect out of the pooled variance.

    Returns
    -------
    Blinded
        No mean is returned: it tells more about the conditions than a size needs.

    Raises
    ------
    CannotEstimateError
        When fewer than 10 values are defined or they do not vary.
    ValueError
        When the effect or the number of conditions cannot be.

    Notes
    -----
    Such a look costs no alpha. It can make a study larger, never decide it.

    References
    ----------
    .. [1] Kieser & Friede (2003). Simple procedures for blinded sample size adjustment that do not affect the type
       I error rate. Stat. Med. 22, 3571-3581. https://doi.org/10.1002/sim.1585

    Examples
    --------
    >>> found = blinded_interim([0.5, 0.6, 0.7, 0.8, 0.9] * 8, smallest_effect=0.05)
    >>> found.n, round(found.sd, 4), found.needed
    (40, 0.1432, 336)
    """
    import numpy as np
    from scipy import stats

    if not smallest_effect > 0 or conditions < 2:
        raise ValueError(
            f"smallest_effect must be above 0 and conditions at least 2, got {smallest_effect} and {conditions}."
        )
    given = np.asarray(values, dtype=float)
    known = np.sort(given[~np.isnan(given)])
    if len(known) < 10 or np.ptp(known) == 0:
        raise CannotEstimateError(f"A blinded interim needs 10 values that vary; {len(known)} are defined.")
    variance, df = float(known.var(ddof=1)), len(known) - 1
    shift = smallest_effect**2 * (conditions - 1) / conditions**2 if adjusted else 0.0
    within = max(variance - shift, variance / 10)
    z = float(stats.norm.isf(alpha / 2) + stats.norm.ppf(power))
    each = math.ceil(2 * within * (z / smallest_effect) ** 2 - 1e-9)
    low, high = (math.sqrt(variance * df / float(stats.chi2.ppf(q, df))) for q in (0.975, 0.025))
    return Blinded(
        n=len(known),
        n_undefined=len(given) - len(known),
        sd=math.sqrt(variance),
        sd_low=low,
        sd_high=high,
        needed=each * conditions,
    )
