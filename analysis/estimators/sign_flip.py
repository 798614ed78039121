"""Sign-flip test: within participants, which of two conditions came first is all that chance decided."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Direction, Estimate, Estimator, check_direction
from analysis.estimators import registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

EXACT_UP_TO = 20
_CHUNK = 1 << 14
_TIE = 1e-9  # sums in another order differ in the last digits; equal statistics must count as equal


@registry.register
class SignFlip(Estimator):
    """Design-based p value and interval for one difference per participant; exact up to 20 participants."""

    name = "sign_flip"
    version = "1"
    label = "Sign-flip test"
    assumptions = (
        "Each participant had both conditions, in an order drawn at random.",
        "The null is that a participant's difference is as likely to have the opposite sign.",
        "The interval takes the effect to be the same shift for everybody.",
    )
    returns = ("value", "std_error", "df", "statistic", "low", "high", "p", "n", "details")
    referee = "scipy.stats.permutation_test(permutation_type='samples'); enumeration by itertools"
    reference = "Hartigan 1969, https://doi.org/10.1080/01621459.1969.10501057"

    @staticmethod
    def estimate(
        differences: npt.ArrayLike,
        *,
        n: int = 10_000,
        seed: int = 1,
        direction: Direction = "two_sided",
        level: float = 0.95,
    ) -> Estimate:
        """Test whether differences within participants centre on 0, by flipping their signs.

        Under the null every one of the ``2^m`` patterns of signs is equally likely. ``p = #{T* >= T} / 2^m`` with
        the mean as T (its studentised form orders the patterns in the same way), two-sided by absolute value.
        With more than 20 participants ``n`` patterns are drawn: ``p = (1 + #) / (n + 1)``.
        The interval inverts the one-sided tests: its limits are order statistics of the means of subsets (typical
        values after Hartigan).

        Parameters
        ----------
        differences : array_like of float, shape (m,)
            One for each participant: treatment less control; NaN (not defined) is left out and counted.
        n : int
            Patterns drawn when there are too many to list, at least 1.
        seed : int
            Of the generator (PCG64).
        direction : {"two_sided", "greater", "less"}
            Of the test; the interval is two-sided in any case.
        level : float
            Coverage of the interval.

        Returns
        -------
        Estimate
            ``value`` is the mean, ``std_error``, ``df`` and ``statistic`` those of the paired t. ``details`` holds
            ``exact``, ``n_patterns``, ``n_undefined``. A limit is NaN where so few patterns cannot reach the level.

        Raises
        ------
        CannotEstimateError
            When fewer than two differences are defined, or all are 0.
        ValueError
            When ``n`` is below 1.

        Notes
        -----
        With m participants the smallest two-sided p is ``2 / 2^m``: five participants cannot reach 0.05.

        References
        ----------
        .. [1] Hartigan (1969). Using subsample values as typical values. J. Amer. Statist. Assoc. 64, 1303-1317.
           https://doi.org/10.1080/01621459.1969.10501057

        Examples
        --------
        >>> found = SignFlip.estimate([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        >>> found.p == 2 / 2**6, found.low, found.high
        (True, 1.0, 6.0)
        """
        import numpy as np

        check_direction(direction)
        given = np.asarray(differences, dtype=float)
        values = np.sort(given[~np.isnan(given)])
        m = len(values)
        if n < 1:
            raise ValueError(f"n must be at least 1, got {n}.")
        if m < 2:
            raise CannotEstimateError(f"{m} participant(s) have a difference; at least 2 are needed.")
        if not np.any(values):
            raise CannotEstimateError("Every difference is 0: there are no signs to flip.")
        exact = m <= EXACT_UP_TO
        patterns = 2**m if exact else n + 1
        # The pattern without any flip is the data; the others are known by the sum and size of what is flipped.
        sums, sizes = _subsets(values) if exact else _drawn(values, n=n, seed=seed)
        p = (1 + _extreme(values.sum(), sums, direction=direction)) / patterns
        low, high = _limits(sums / np.maximum(sizes, 1), sizes > 0, patterns=patterns, level=level)
        mean, std_error = float(values.mean()), float(values.std(ddof=1) / math.sqrt(m))
        return Estimate(
            estimator=SignFlip.name,
            version=SignFlip.version,
            value=mean,
            std_error=std_error,
            df=m - 1,
            statistic=mean / std_error if std_error > 0 else math.inf,
            low=low,
            high=high,
            level=level,
            p=p,
            direction=direction,
            n={"participants": m},
            details={
                "exact": exact,
                "n_patterns": patterns,
                "seed": None if exact else seed,
                "monte_carlo_error": 0.0 if exact else math.sqrt(p * (1 - p) / n),
                "n_undefined": len(given) - m,
            },
        )


def _subsets(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return sum and size of every subset but the empty one."""
    import numpy as np

    sums, sizes = np.zeros(1), np.zeros(1, dtype=np.int64)
    for value in values:
        sums, sizes = np.concatenate([sums, sums + value]), np.concatenate([sizes, sizes + 1])
    return sums[1:], sizes[1:]


def _drawn(
    values: npt.NDArray[np.float64], *, n: int, seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return sum and size of n subsets drawn at random, the empty one among the possible."""
    import numpy as np

    generator = np.random.Generator(np.random.PCG64(seed))
    sums, sizes = [], []
    for start in range(0, n, _CHUNK):
        flipped = generator.random((min(_CHUNK, n - start), len(values))) < 0.5
        sums.append(flipped @ values)
        sizes.append(flipped.sum(axis=1))
    return np.concatenate(sums), np.concatenate(sizes)


def _extreme(total: float, sums: npt.NDArray[np.float64], *, direction: Direction) -> int:
    drawn = total - 2 * sums
    slack = _TIE * max(1.0, abs(total))
    if direction == "two_sided":
        return int((abs(drawn) >= abs(total) - slack).sum())
    sign = 1.0 if direction == "greater" else -1.0
    return int((sign * drawn >= sign * total - slack).sum())


def _limits(
    means: npt.NDArray[np.float64], filled: npt.NDArray[np.bool_], *, patterns: int, level: float
) -> tuple[float, float]:
    """Invert the one-sided tests: theta is kept when more than (1 - level) / 2 of the patterns are as extreme."""
    import numpy as np

    # An empty subset leaves the data as they are, which is as extreme as the data for every theta.
    empty = int((~filled).sum())
    rank = math.floor((1 - level) / 2 * patterns + 1e-9) - empty
    ordered = np.sort(means[filled])
    if rank < 1 or rank > len(ordered):
        return math.nan, math.nan
    return float(ordered[rank - 1]), float(ordered[len(ordered) - rank])
