"""Interval of a difference by inverting the studentised permutation test: the shifts that the allocation allows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Estimate, Estimator
from analysis.estimators import registry
from analysis.estimators.permutation import _arrangements, _arrays

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_CHUNK = 1000
_TIE = 1e-9
_STEPS = 60


@registry.register
class PermutationInterval(Estimator):
    """All shifts between two conditions that exchanging conditions as they were allocated does not reject."""

    name = "permutation_interval"
    version = "1"
    label = "Permutation interval (studentised, inverted)"
    assumptions = (
        "Conditions were allocated at random within the groups, as recorded.",
        "The condition shifts everybody's value by the same amount (in large samples not needed: T is studentised).",
    )
    returns = ("value", "std_error", "statistic", "low", "high", "n", "details")
    referee = (
        "the permutation test at its limits, by enumeration on small data; Welch's interval on large data"
    )
    reference = "Chung & Romano 2013, https://doi.org/10.1214/13-AOS1090"

    @staticmethod
    def estimate(
        values: npt.ArrayLike,
        treated: npt.ArrayLike,
        groups: npt.ArrayLike,
        *,
        n: int = 10_000,
        seed: int = 1,
        level: float = 0.95,
    ) -> Estimate:
        """Invert the two one-sided permutation tests of a shift.

        The interval holds every ``d`` for which, with the treatment's values less d, neither ``p(T* >= T)`` nor
        ``p(T* <= T)`` is below ``(1 - level) / 2``; T is Welch's t and ``p = (1 + #) / (n + 1)``, with the same
        arrangements for every d.

        Parameters
        ----------
        values, treated, groups : array_like, shape (N,)
            As for `analysis.estimators.permutation.Permutation`.
        n : int
            Arrangements drawn.
        seed : int
            Of the generator (PCG64): with the same n and seed these are the arrangements of the test.
        level : float
            Coverage of the interval.

        Returns
        -------
        Estimate
            In the unit of the values. A limit is infinite when the groups have so few arrangements that no shift can
            be rejected.

        Raises
        ------
        CannotEstimateError
            As for the test.
        ValueError
            When the arrays differ in length, ``n`` is below 1 or ``level`` is not between 0 and 1.

        References
        ----------
        .. [1] Chung & Romano (2013). Ann. Statist. 41, 484-507. https://doi.org/10.1214/13-AOS1090
        .. [2] Garthwaite (1996). Confidence intervals from randomization tests. Biometrics 52, 1387-1393.
           https://doi.org/10.2307/2532852

        Examples
        --------
        >>> found = PermutationInterval.estimate([3.0, 4.0, 6.0, 5.0, 1.0, 2.0, 0.0, 1.5], [1] * 4 + [0] * 4, [0] * 8)
        >>> found.low < found.value < found.high
        True
        """
        import numpy as np

        if not 0 < level < 1:
            raise ValueError(f"level must be between 0 and 1, got {level}.")
        value, label, group = _arrays(values, treated, groups, n=n)
        sums = _Sums.draw(value, label, group, n=n, seed=seed)
        difference, error = sums.observed()
        if not error > 0:
            raise CannotEstimateError(
                "The values do not vary within the conditions: a t test has nothing to go by."
            )
        tail = (1 - level) / 2
        defined = ~np.isnan(value)
        return Estimate(
            estimator=PermutationInterval.name,
            version=PermutationInterval.version,
            value=difference,
            std_error=error,
            statistic=difference / error,
            low=_limit(sums, difference, error, side=-1, tail=tail),
            high=_limit(sums, difference, error, side=1, tail=tail),
            level=level,
            n={"treatment": int((label & defined).sum()), "control": int((~label & defined).sum())},
            details={"n_permutations": n, "seed": seed, "n_groups": len(np.unique(group))},
        )


class _Sums:
    """Sums of every arrangement from which Welch's t follows at any shift; row 0 is the arrangement that was used."""

    def __init__(self, drawn: Floats, totals: Floats) -> None:
        self.drawn, self.totals = drawn, totals

    @classmethod
    def draw(
        cls,
        value: Floats,
        label: npt.NDArray[np.bool_],
        group: npt.NDArray[np.int64],
        *,
        n: int,
        seed: int,
    ) -> _Sums:
        """Draw arrangements; keep for each, inside its treatment: count, sum, square, truly treated, their sum."""
        import numpy as np

        defined = ~np.isnan(value)
        centred = np.where(defined, value - value[defined].mean(), 0.0)
        given = (label & defined).astype(float)
        columns = np.column_stack([defined.astype(float), centred, centred**2, given, given * centred])
        generator = np.random.Generator(np.random.PCG64(seed))
        found = [label[None, :].astype(float) @ columns]
        for start in range(0, n, _CHUNK):
            drawn = _arrangements(label, group, rows=min(_CHUNK, n - start), generator=generator)
            found.append(drawn.astype(float) @ columns)
        return cls(np.vstack(found), columns.sum(axis=0))

    def observed(self) -> tuple[float, float]:
        """Return the difference and its standard error as allocated."""
        means, errors = self._moments(0.0)
        return float(means[0]), math.sqrt(float(errors[0]))

    def p(self, shift: float, *, side: int) -> float:
        """Return the one-sided p of a shift: side -1 asks how often T* >= T, side 1 how often T* <= T."""
        import numpy as np

        difference, variance = self._moments(shift)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = -side * difference / np.sqrt(variance)
        t[np.isnan(t)] = np.inf
        slack = _TIE * max(1.0, abs(float(t[0])))
        return float(1 + (t[1:] >= t[0] - slack).sum()) / len(t)

    def _moments(self, shift: float) -> tuple[Floats, Floats]:
        """Return differences of means and their variances when the treatment's values are less by a shift."""
        import numpy as np

        found = []
        for part in (self.drawn, self.totals - self.drawn):
            count, total, square, given, both = part.T
            moved = total - shift * given
            moved_square = square - 2 * shift * both + shift**2 * given
            with np.errstate(divide="ignore", invalid="ignore"):
                mean = moved / count
                variance = np.maximum(moved_square - moved * mean, 0.0) / (count - 1) / count
            variance[count < 2] = np.nan
            found.append((mean, variance))
        return found[0][0] - found[1][0], found[0][1] + found[1][1]


def _limit(sums: _Sums, difference: float, error: float, *, side: int, tail: float) -> float:
    """Return the shift at which the p of one side crosses the tail, by bisection from a bracket that grows."""
    inside, reach = difference, 2.0 * error
    outside = difference + side * reach
    for _ in range(12):
        if sums.p(outside, side=side) <= tail:
            break
        inside, reach = outside, reach * 2
        outside = difference + side * reach
    else:
        return side * math.inf
    for _ in range(_STEPS):
        middle = (inside + outside) / 2
        if sums.p(middle, side=side) > tail:
            inside = middle
        else:
            outside = middle
    return inside
