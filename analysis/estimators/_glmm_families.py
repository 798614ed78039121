"""Families of the generalised mixed model: log density of the outcome and its derivatives in eta, row by row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Slopes:
    """Derivatives in eta of the log density: ``score`` first, ``weight`` minus the second, ``bend`` minus the third."""

    score: Floats
    weight: Floats
    bend: Floats


@dataclass(frozen=True)
class DispersionSlopes:
    """Derivatives in the logarithm of the dispersion: of the log density, its score and its weight."""

    density: Floats
    score: Floats
    weight: Floats


class Family:
    """One family with one link.

    Attributes
    ----------
    name, link : str
        As asked for.
    has_dispersion : bool
        Whether a dispersion is estimated with the rest.
    """

    name: ClassVar[str]
    link: ClassVar[str]
    has_dispersion: ClassVar[bool] = False

    def constant(self, y: Floats, trials: Floats) -> float:
        """Return the part of the log likelihood that no parameter changes."""
        raise NotImplementedError

    def density(self, eta: Floats, y: Floats, trials: Floats, phi: float) -> float:
        """Return the log density, summed over rows, without `constant`."""
        raise NotImplementedError

    def slopes(self, eta: Floats, y: Floats, trials: Floats, phi: float) -> Slopes:
        """Return the derivatives in eta."""
        raise NotImplementedError

    def dispersion_slopes(self, eta: Floats, y: Floats, trials: Floats, phi: float) -> DispersionSlopes:
        """Return the derivatives in log phi."""
        raise NotImplementedError

    def mean(self, eta: Floats) -> Floats:
        """Return the mean of the outcome (of one trial) at eta."""
        raise NotImplementedError

    def mean_slope(self, eta: Floats) -> Floats:
        """Return the derivative of `mean`."""
        raise NotImplementedError

    def start(self, y: Floats, trials: Floats) -> Floats:
        """Return an eta near each outcome, to begin from."""
        raise NotImplementedError

    def draw(self, eta: Floats, trials: Floats, phi: float, rng: np.random.Generator) -> Floats:
        """Draw outcomes."""
        raise NotImplementedError


class _Binomial(Family):
    name = "binomial"

    def constant(self, y: Floats, trials: Floats) -> float:
        from scipy.special import gammaln

        several = trials != 1
        m, k = trials[several], y[several]
        return float((gammaln(m + 1) - gammaln(k + 1) - gammaln(m - k + 1)).sum())

    def draw(self, eta: Floats, trials: Floats, phi: float, rng: np.random.Generator) -> Floats:
        return rng.binomial(trials.astype(int), self.mean(eta)).astype(float)


class BinomialLogit(_Binomial):
    """Successes among trials, log odds linear."""

    link = "logit"

    def density(self, eta: Floats, y: Floats, trials: Floats, phi: float) -> float:
        import numpy as np

        softplus = np.maximum(eta, 0) + np.log1p(np.exp(-np.abs(eta)))
        return float(y @ eta - trials @ softplus)

    def slopes(self, eta: Floats, y: Floats, trials: Floats, phi: float) -> Slopes:
        mean = self.mean(eta)
        weight = trials * mean * (1 - mean)
        return Slopes(y - trials * mean, weight, weight * (1 - 2 * mean))

    def mean(self, eta: Floats) -> Floats:
        from scipy.special import expit

        return expit(eta)

    def mean_slope(self, eta: Floats) -> Floats:
        mean = self.mean(eta)
        return mean * (1 - mean)

    def start(self, y: Floats, trials: Floats) -> Floats:
        import numpy as np

        return np.log((y + 0.5) / (trials - y + 0.5))


class BinomialProbit(_Binomial):
    """Successes among trials, normal quantile linear (the form of signal detection)."""

    link = "probit"

    def density(self, eta: Floats, y: Floats, trials: Floats, phi: float) -> float:
        from scipy.special import log_ndtr

        return float(y @ log_ndtr(eta) + (trials - y) @ log_ndtr(-eta))

    def slopes(self, eta: Floats, y: Floats, trials: Floats, phi: float) -> Slopes:
        misses = trials - y
        (up, up1, up2), (down, down1, down2) = _mills(eta), _mills(-eta)
        return Slopes(y * up - misses * down, -(y * up1 + misses * down1), -(y * up2 - misses * down2))

    def mean(self, eta: Floats) -> Floats:
        from scipy.special import ndtr

        return ndtr(eta)

    def mean_slope(self, eta: Floats) -> Floats:
        import numpy as np

        return np.exp(-0.5 * eta**2) / math.sqrt(2 * math.pi)

    def start(self, y: Floats, trials: Floats) -> Floats:
        from scipy.special import ndtri

        return ndtri((y + 0.5) / (trials + 1))


def _mills(eta: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the first three derivatives of log Phi."""
    import numpy as np
    from scipy.special import log_ndtr

    ratio = np.exp(-0.5 * eta**2 - log_ndtr(eta)) / math.sqrt(2 * math.pi)
    second = -ratio * (eta + ratio)
    third = -second * (eta + ratio) - ratio * (1 + second)
    return ratio, second, third


class _Count(Family):
    link = "log"

    def mean(self, eta: Floats) -> Floats:
        import numpy as np

        return np.exp(np.minimum(eta, 700.0))

    def mean_slope(self, eta: Floats) -> Floats:
        return self.mean(eta)

    def start(self, y: Floats, trials: Floats) -> Floats:
        import numpy as np

        return np.log(y + 0.5)


class PoissonLog(_Count):
    """Counts whose variance is their mean."""

    name = "poisson"

    def constant(self, y: Floats, trials: Floats) -> float:
        from scipy.special import gammaln

        return -float(gammaln(y + 1).sum())

    def density(self, eta: Floats, y: Floats, trials: Floats, phi: float) -> float:
        return float(y @ eta - self.mean(eta).sum())

    def slopes(self, eta: Floats, y: Floats, trials: Floats, phi: float) -> Slopes:
        mean = self.mean(eta)
        return Slopes(y - mean, mean, mean)

    def draw(self, eta: Floats, trials: Floats, phi: float, rng: np.random.Generator) -> Floats:
        return rng.poisson(self.mean(eta)).astype(float)


class NegativeBinomialLog(_Count):
    """Counts of variance ``mu + mu^2 / phi`` (glmmTMB's nbinom2)."""

    name = "negative_binomial"
    has_dispersion = True

    def constant(self, y: Floats, trials: Floats) -> float:
        from scipy.special import gammaln

        return -float(gammaln(y + 1).sum())

    def density(self, eta: Floats, y: Floats, trials: Floats, phi: float) -> float:
        import numpy as np
        from scipy.special import gammaln

        # log(phi + mu) = log phi + log1p(mu / phi), so that a large phi loses no digits.
        grown = np.log1p(self.mean(eta) / phi)
        levels = gammaln(y + phi) - gammaln(phi) - y * math.log(phi)
        return float((levels + y * eta - (y + phi) * grown).sum())

    def slopes(self, eta: Floats, y: Floats, trials: Floats, phi: float) -> Slopes:
        mean = self.mean(eta)
        total = phi + mean
        weight = (y + phi) * phi * mean / total**2
        return Slopes(phi * (y - mean) / total, weight, weight * (phi - mean) / total)

    def dispersion_slopes(self, eta: Floats, y: Floats, trials: Floats, phi: float) -> DispersionSlopes:
        import numpy as np
        from scipy.special import digamma

        mean = self.mean(eta)
        total = phi + mean
        density = digamma(y + phi) - digamma(phi) - np.log1p(mean / phi) + (mean - y) / total
        weight = (y + phi) * phi * mean / total**2
        score = (y - mean) * mean / total**2
        change = 1 / (y + phi) + 1 / phi - 2 / total
        return DispersionSlopes(phi * density, phi * score, phi * weight * change)

    def draw(self, eta: Floats, trials: Floats, phi: float, rng: np.random.Generator) -> Floats:
        mean = self.mean(eta)
        return rng.poisson(mean * rng.gamma(phi, 1 / phi, size=mean.shape)).astype(float)


FAMILIES: dict[tuple[str, str], Family] = {
    (family.name, family.link): family
    for family in (BinomialLogit(), BinomialProbit(), PoissonLog(), NegativeBinomialLog())
}


def family_of(name: str, link: str | None) -> Family:
    """Return a family with its link; without a link, the usual one.

    Parameters
    ----------
    name : str
        ``binomial``, ``poisson`` or ``negative_binomial`` (also ``nbinom2``).
    link : str or None
        ``logit`` or ``probit`` for the first, ``log`` for the others.

    Raises
    ------
    ValueError
        Names what there is.

    Examples
    --------
    >>> family_of("binomial", None).link, family_of("poisson", None).link
    ('logit', 'log')
    >>> family_of("poisson", "probit")
    Traceback (most recent call last):
    ValueError: family 'poisson' with link 'probit' is not offered; there are binomial with logit, binomial with \
probit, poisson with log, negative_binomial with log.
    """
    name = "negative_binomial" if name == "nbinom2" else name
    wanted = next((f for (n, _), f in FAMILIES.items() if n == name), None) if link is None else None
    found = wanted or FAMILIES.get((name, link or ""))
    if found is None:
        there = ", ".join(f"{n} with {k}" for n, k in FAMILIES)
        raise ValueError(f"family '{name}' with link '{link}' is not offered; there are {there}.")
    return found


def outcome_faults(family: Family, y: Floats, trials: Floats) -> list[str]:
    """Say in sentences why the values of the outcome cannot come from the family.

    Parameters
    ----------
    family : Family
        The family.
    y, trials : numpy.ndarray
        Outcome and, for the binomial, number of trials of each row.

    Returns
    -------
    list of str
        Empty when nothing is wrong.
    """
    import numpy as np

    faults = []
    if (trials < 1).any() or (trials != np.round(trials)).any():
        faults.append("the numbers of trials must be whole and at least 1.")
    is_binomial = family.name == "binomial"
    wrong = (y < 0) | (y != np.round(y)) | ((y > trials) if is_binomial else False)
    if wrong.any():
        expected = "0 or 1 (or successes, with trials=)" if is_binomial else "a whole number, 0 or more"
        faults.append(
            f"the outcome must be {expected} in every row; {int(wrong.sum())} row(s) are not, such as {y[wrong][0]:g}."
        )
    elif is_binomial and (bool((y == 0).all()) or bool((y == trials).all())):
        faults.append("the outcome is the same in every row: there is nothing to explain.")
    elif not is_binomial and bool((y == 0).all()):
        faults.append("the outcome is 0 in every row: there is nothing to explain.")
    return faults
