"""Always-valid p values: a study may be looked at whenever one likes, and stopped, at no cost in false alarms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class AlwaysValid:
    """What may be said at one moment.

    Attributes
    ----------
    value, std_error : float
        Of the difference at that moment.
    e_value : float
        Likelihood ratio of the mixture against no difference; reaches 1 / alpha with probability alpha at most.
    p : float
        Smallest ``1 / e_value`` so far, at most 1: valid at every moment, also one chosen because of it.
    low, high : float
        Confidence sequence: all intervals so far, and those to come, hold together; NaN without spread.
    """

    value: float
    std_error: float
    e_value: float
    p: float
    low: float
    high: float


def always_valid(
    values: Sequence[float], std_errors: Sequence[float], *, tau: float, alpha: float = 0.05
) -> list[AlwaysValid]:
    """Monitor a difference by the mixture sequential probability ratio test.

    With the difference m and its variance s^2 at a moment, and effects thought of as normal with standard
    deviation tau: ``e = sqrt(s^2 / (s^2 + tau^2)) exp(tau^2 m^2 / (2 s^2 (s^2 + tau^2)))`` and
    ``p = min(1, min over moments so far of 1 / e)``. With ``s^2 = V / n`` this is the form with n and V. The
    interval is ``m +- sqrt(2 s^2 (s^2 + tau^2) / tau^2 ln(sqrt((s^2 + tau^2) / s^2) / alpha))``.

    Parameters
    ----------
    values, std_errors : sequence of float
        Of a difference of participant means, at each moment in order of time; NaN where it is not defined yet.
    tau : float
        Above 0, in the unit of the values; the smallest effect of interest is a good choice. It changes power,
        not validity.
    alpha : float
        1 minus the coverage of the confidence sequence.

    Returns
    -------
    list of AlwaysValid
        One for each moment; e is 1 while the difference is not defined.

    Raises
    ------
    ValueError
        When tau is not above 0, a standard error is not, or lengths differ.

    Notes
    -----
    The standard error is estimated: with few participants (below about 20 in each condition) the guarantee is
    approximate, so begin to look after that.

    References
    ----------
    .. [1] Johari, Koomen, Pekelis & Walsh (2022). Always valid inference: continuous monitoring of A/B tests.
       Oper. Res. 70, 1806-1821. https://doi.org/10.1287/opre.2021.2135
    .. [2] Howard, Ramdas, McAuliffe & Sekhon (2021). Time-uniform, nonparametric, nonasymptotic confidence
       sequences. Ann. Statist. 49, 1055-1080. https://doi.org/10.1214/20-AOS1991

    Examples
    --------
    >>> found = always_valid([0.06, 0.02], [0.02, 0.015], tau=0.05)
    >>> round(found[0].p, 4), found[1].p == found[0].p
    (0.0556, True)
    """
    if not tau > 0 or not math.isfinite(tau):
        raise ValueError(f"tau must be above 0, got {tau}.")
    if len(values) != len(std_errors):
        raise ValueError(f"values and std_errors differ in length: {len(values)} and {len(std_errors)}.")
    found: list[AlwaysValid] = []
    lowest = 1.0
    for value, std_error in zip(values, std_errors, strict=True):
        if math.isnan(value) or math.isnan(std_error):
            found.append(AlwaysValid(value, std_error, 1.0, lowest, math.nan, math.nan))
            continue
        if not std_error > 0:
            raise ValueError(f"A standard error must be above 0, got {std_error}.")
        variance, prior = std_error**2, tau**2
        log_e = 0.5 * math.log(variance / (variance + prior)) + prior * value**2 / (
            2 * variance * (variance + prior)
        )
        lowest = min(lowest, math.exp(-max(log_e, 0.0)))
        wide = 0.5 * math.log((variance + prior) / variance) - math.log(alpha)
        reach = math.sqrt(2 * variance * (variance + prior) / prior * wide)
        e_value = math.exp(min(log_e, 700.0))
        found.append(AlwaysValid(value, std_error, e_value, lowest, value - reach, value + reach))
    return found
