"""Alpha spending after Lan and DeMets: how far a statistic must go at each look, so that all looks cost alpha."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Kind = Literal["obrien_fleming", "pocock"]
_FARTHEST = 9.0
_NODES = 160


def alpha_spent(fraction: float, *, alpha: float, kind: Kind) -> float:
    """Return how much of alpha is spent when a share of the information is in.

    O'Brien-Fleming type ``2 - 2 Phi(z_{1 - alpha/2} / sqrt(t))``; Pocock type ``alpha ln(1 + (e - 1) t)``.

    Parameters
    ----------
    fraction : float
        Information fraction t, above 0, at most 1.
    alpha : float
        To be spent in all, on this side.
    kind : {"obrien_fleming", "pocock"}
        Spending function.

    Returns
    -------
    float
        ``alpha`` at t = 1.

    Raises
    ------
    ValueError
        When the fraction or the kind cannot be.

    References
    ----------
    .. [1] Lan & DeMets (1983). Discrete sequential boundaries for clinical trials. Biometrika 70, 659-663.
       https://doi.org/10.1093/biomet/70.3.659

    Examples
    --------
    >>> round(alpha_spent(0.5, alpha=0.05, kind="obrien_fleming"), 5)
    0.00557
    >>> round(alpha_spent(0.5, alpha=0.05, kind="pocock"), 5)
    0.03101
    """
    from scipy import stats

    if not 0 < fraction <= 1 or not 0 < alpha < 1:
        raise ValueError(f"fraction and alpha must lie between 0 and 1, got {fraction} and {alpha}.")
    if kind == "obrien_fleming":
        return float(2 * stats.norm.sf(stats.norm.isf(alpha / 2) / math.sqrt(fraction)))
    if kind == "pocock":
        return alpha * math.log1p((math.e - 1) * fraction)
    raise ValueError(f"kind must be obrien_fleming or pocock, got {kind!r}.")


def boundaries(
    fractions: Sequence[float],
    *,
    alpha: float = 0.05,
    kind: Kind = "obrien_fleming",
    sides: Literal[1, 2] = 2,
    complete: bool = False,
) -> list[float]:
    """Return the boundary of the standardised statistic at every look.

    The statistic times ``sqrt(t)`` is a Brownian motion at the looks; the boundary ``z_k`` is solved so that the
    probability to cross first at look k is what the spending function gives to it (recursive integration after
    Armitage, McPherson and Rowe).

    Parameters
    ----------
    fractions : sequence of float
        Information fractions of the looks, rising, above 0, at most 1. Those that were in fact reached: the
        spending function needs no plan of the looks.
    alpha : float
        Of the whole study. A two-sided test spends half of it on each side, by the function of alpha / 2.
    kind : {"obrien_fleming", "pocock"}
        Spending function.
    sides : {1, 2}
        Of the test.
    complete : bool
        The last look is the last there will be, though fewer came than planned: all that is left is spent there.

    Returns
    -------
    list of float
        ``z_k``: stop when the statistic (its absolute value, two-sided) reaches it.

    Raises
    ------
    ValueError
        When the fractions do not rise or lie outside 0 to 1.

    References
    ----------
    .. [1] Lan & DeMets (1983). https://doi.org/10.1093/biomet/70.3.659
    .. [2] Armitage, McPherson & Rowe (1969). Repeated significance tests on accumulating data. J. R. Statist. Soc. A
       132, 235-244. https://doi.org/10.2307/2343787

    Examples
    --------
    >>> [round(z, 3) for z in boundaries([0.25, 0.5, 0.75, 1.0])]
    [4.333, 2.963, 2.359, 2.014]
    >>> [round(z, 3) for z in boundaries([0.5, 1.0], kind="pocock")]
    [2.157, 2.201]
    """
    from scipy import optimize

    times = [float(one) for one in fractions]
    rising = all(one < other for one, other in pairwise(times))
    if not times or not rising or times[0] <= 0 or times[-1] > 1 + 1e-12:
        raise ValueError(f"fractions must rise from above 0 to at most 1, got {list(fractions)}.")
    side = alpha / sides
    walk = _Walk(sides)
    found: list[float] = []
    before = 0.0
    for at, time in enumerate(times):
        is_end = complete and at == len(times) - 1
        spent = alpha_spent(1.0 if is_end else min(time, 1.0), alpha=side, kind=kind)
        increment = spent - before
        if increment < walk.crossing(time, _FARTHEST):
            bound = _FARTHEST  # so little is spent that no number of use would cross
        else:
            bound = float(
                optimize.brentq(
                    lambda z, at=time, share=increment: walk.crossing(at, z) - share,
                    0.0,
                    _FARTHEST,
                    xtol=1e-10,
                )
            )
        walk.step(time, bound)
        found.append(bound)
        before = spent
    return found


def nominal_alphas(
    fractions: Sequence[float],
    *,
    alpha: float = 0.05,
    kind: Kind = "obrien_fleming",
    sides: Literal[1, 2] = 2,
    complete: bool = False,
) -> list[float]:
    """Return the level at which each look is tested: p below it stops the study.

    Parameters
    ----------
    fractions, alpha, kind, sides, complete
        As for `boundaries`.

    Returns
    -------
    list of float
        To be compared with a p value of as many sides.

    Examples
    --------
    >>> [round(level, 4) for level in nominal_alphas([0.5, 1.0])]
    [0.0031, 0.049]
    """
    from scipy import stats

    found = boundaries(fractions, alpha=alpha, kind=kind, sides=sides, complete=complete)
    return [float(sides * stats.norm.sf(z)) for z in found]


class _Walk:
    """The density of a Brownian motion that has crossed no boundary so far."""

    def __init__(self, sides: int) -> None:
        self.sides = sides
        self.time = 0.0
        self.nodes: npt.NDArray[np.float64] | None = None
        self.mass: npt.NDArray[np.float64] | None = None

    def crossing(self, time: float, z: float) -> float:
        """Return the probability to cross the upper boundary first at this time."""
        from scipy import special

        spread, bound = math.sqrt(time - self.time), z * math.sqrt(time)
        if self.nodes is None or self.mass is None:
            return float(special.ndtr(-bound / spread))
        return float(self.mass @ special.ndtr((self.nodes - bound) / spread))

    def step(self, time: float, z: float) -> None:
        """Go on to a time, keeping what has not crossed."""
        import numpy as np
        from scipy import stats

        spread, high = math.sqrt(time - self.time), z * math.sqrt(time)
        low = -high if self.sides == 2 else -_FARTHEST * math.sqrt(time)
        # As many nodes as the narrowest step needs: the density is smooth on the scale of the step.
        count = max(_NODES, math.ceil(8 * (high - low) / spread))
        share, weights = np.polynomial.legendre.leggauss(min(count, 2000))
        nodes = (high - low) / 2 * share + (high + low) / 2
        if self.nodes is None or self.mass is None:
            density = stats.norm.pdf(nodes, scale=spread)
        else:
            density = stats.norm.pdf(nodes[:, None] - self.nodes[None, :], scale=spread) @ self.mass
        self.time, self.nodes, self.mass = time, nodes, (high - low) / 2 * weights * density
