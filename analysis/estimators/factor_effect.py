"""Effect of a factor: a weighted sum of condition means on participant scores, and the allocation replayed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Estimate, Estimator
from analysis.estimators import registry
from analysis.estimators.max_t import _shuffled

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

_CHUNK = 500
_TIE = 1e-9


@registry.register
class FactorEffect(Estimator):
    """Main effect, simple effect or interaction of factors that lie between or within participants, or both."""

    name = "factor_effect"
    version = "1"
    label = "Effect of a factor on participant scores"
    assumptions = (
        "Participants are independent of each other; scores of an arm have a mean and a variance of their own.",
        "Arms were allocated at random within the groups, as recorded.",
        "The null of the replay is that no condition changes anybody's value; in large samples, that the effect is 0.",
    )
    returns = ("value", "std_error", "df", "statistic", "low", "high", "p", "n", "details")
    referee = "Welch's t (two arms), the paired t (one arm), a linear contrast of statsmodels' OLS with equal variances"
    reference = "Welch 1951, https://doi.org/10.1093/biomet/38.3-4.330; Pauly, Brunner & Konietschke 2015, https://doi.org/10.1111/rssb.12073"

    @staticmethod
    def estimate(
        values: npt.ArrayLike,
        arms: npt.ArrayLike,
        groups: npt.ArrayLike,
        *,
        weights: npt.ArrayLike,
        n: int = 10_000,
        seed: int = 1,
        level: float = 0.95,
    ) -> Estimate:
        """Estimate a weighted sum of condition means and test it.

        Each participant has a score ``y_i = sum over l of w[arm_i, l] v[i, l]``; the effect is the sum over arms of the
        mean score, its variance ``sum over g of s_g^2 / n_g``, with Satterthwaite's degrees of freedom. The allocation
        is replayed by shuffling arms within groups and weighing everybody's values anew; where all arms have the same
        weights (the effect lies within participants) the signs of scores are flipped instead.

        Parameters
        ----------
        values : array_like of float, shape (N, L)
            Value of each participant under each of L levels that are met within participants (L is 1 where none are);
            NaN where it is not defined.
        arms : array_like of int, shape (N,)
            Arm of each participant, from 0.
        groups : array_like of int, shape (N,)
            Arms are exchanged within groups.
        weights : array_like of float, shape (G, L)
            Weight of each level in each arm.
        n : int
            Arrangements drawn; 0 where shuffling arms is not what the allocation did.
        seed : int
            Of the generator (PCG64).
        level : float
            Coverage of the interval.

        Returns
        -------
        Estimate
            ``p`` is that of the t statistic, two-sided; ``details`` holds ``p_allocation`` (None without arrangements),
            ``replayed`` ("arms" or "signs") and ``n_undefined`` (participants of these arms without all values).

        Raises
        ------
        CannotEstimateError
            When an arm with weights has fewer than two participants with all values, or no score varies.

        References
        ----------
        .. [1] Welch (1951). On the comparison of several mean values. Biometrika 38, 330-336.
           https://doi.org/10.1093/biomet/38.3-4.330
        .. [2] Pauly, Brunner & Konietschke (2015). Asymptotic permutation tests in general factorial designs. J. R.
           Statist. Soc. B 77, 461-473. https://doi.org/10.1111/rssb.12073

        Examples
        --------
        >>> values = [[3.0], [4.0], [5.0], [1.0], [2.0], [3.0]]
        >>> found = FactorEffect.estimate(values, [1, 1, 1, 0, 0, 0], [0] * 6, weights=[[-1.0], [1.0]], n=999)
        >>> found.value, round(found.df, 3), round(found.p, 4)
        (2.0, 4.0, 0.0705)
        """
        import numpy as np
        from scipy import stats

        value = np.asarray(values, dtype=float)
        arm, group = np.asarray(arms, dtype=np.int64), np.asarray(groups, dtype=np.int64)
        weight = np.asarray(weights, dtype=float)
        counted = np.any(weight != 0, axis=1)
        kept = counted[arm]
        value, arm, group = value[kept], arm[kept], group[kept]
        effect, error, df, n_scores = _observed(value, arm, weight=weight, counted=counted)
        statistic = effect / error
        reach = float(stats.t(df).ppf((1 + level) / 2)) * error
        within = bool(np.all(weight[counted] == weight[counted][0]))
        generator = np.random.Generator(np.random.PCG64(seed))
        extreme = 0
        for start in range(0, n, _CHUNK):
            drawn = _flipped if within else _replayed
            scores, arms_drawn = drawn(
                value, arm, group, weight=weight, rows=min(_CHUNK, n - start), generator=generator
            )
            extreme += _beyond(scores, arms_drawn, counted, limit=abs(statistic))
        return Estimate(
            estimator=FactorEffect.name,
            version=FactorEffect.version,
            value=effect,
            std_error=error,
            df=df,
            statistic=statistic,
            low=effect - reach,
            high=effect + reach,
            level=level,
            p=float(2 * stats.t(df).sf(abs(statistic))),
            n={"participants": n_scores},
            details={
                "p_allocation": (1 + extreme) / (n + 1) if n else None,
                "replayed": "signs" if within else "arms",
                "n_permutations": n,
                "seed": seed,
                "n_undefined": len(arm) - n_scores,
            },
        )


def _observed(
    value: Floats, arm: Integers, *, weight: Floats, counted: npt.NDArray[np.bool_]
) -> tuple[float, float, float, int]:
    """Return effect, standard error, degrees of freedom and number of scores, or refuse."""
    import numpy as np

    scores = _scores(value, arm[None, :], weight)
    effect, variance, parts, counts = (part[0] for part in _moments(scores, arm[None, :], counted))
    if np.any(counts[counted] < 2):
        told = ", ".join(str(int(count)) for count in counts[counted])
        raise CannotEstimateError(
            f"An effect needs two participants with all values in each arm; there are {told}."
        )
    if not variance > 0:
        raise CannotEstimateError("The scores do not vary within the arms: a t test has nothing to go by.")
    pooled = sum(part**2 / (count - 1) for part, count in zip(parts, counts, strict=True) if count)
    return float(effect), math.sqrt(variance), float(variance**2 / pooled), int(counts[counted].sum())


def _scores(value: Floats, arms: Integers, weight: Floats) -> Floats:
    """Return the score of everybody (columns) under each row of arms; NaN where a value that counts is missing."""
    import numpy as np

    filled, missing = np.nan_to_num(value), np.isnan(value).astype(float)
    lacking = np.einsum("rnl,nl->rn", (weight != 0)[arms].astype(float), missing) > 0
    found = np.einsum("rnl,nl->rn", weight[arms], filled)
    return np.where(lacking, np.nan, found)


def _moments(
    scores: Floats, arms: Integers, counted: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return effect, variance, its part from each arm, and how many scores each arm has, row by row."""
    import numpy as np

    defined = ~np.isnan(scores)
    filled = np.where(defined, scores, 0.0)
    effect, parts, counts = 0.0, [], []
    for arm in range(len(counted)):
        there = defined & (arms == arm)
        count = there.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = (filled * there).sum(axis=1) / count
            spread = (((filled - mean[:, None]) * there) ** 2).sum(axis=1) / (count - 1) / count
        effect = effect + (mean if counted[arm] else 0.0)
        parts.append(spread if counted[arm] else np.zeros(len(scores)))
        counts.append(count if counted[arm] else np.zeros(len(scores)))
    part = np.stack(parts, axis=1)
    return np.asarray(effect), part.sum(axis=1), part, np.stack(counts, axis=1)


def _beyond(scores: Floats, arms: Integers, counted: npt.NDArray[np.bool_], *, limit: float) -> int:
    import numpy as np

    effect, variance, _, _ = _moments(scores, arms, counted)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.abs(effect) / np.sqrt(variance)
    statistic[np.isnan(statistic)] = np.inf  # an arrangement without a t counts as extreme
    return int((statistic >= limit - _TIE * max(1.0, limit)).sum())


def _replayed(
    value: Floats,
    arm: Integers,
    group: Integers,
    *,
    weight: Floats,
    rows: int,
    generator: np.random.Generator,
) -> tuple[Floats, Integers]:
    """Draw arms within groups, and return the scores under them."""
    arms = _shuffled(arm, group, rows=rows, generator=generator)
    return _scores(value, arms, weight), arms


def _flipped(
    value: Floats,
    arm: Integers,
    _group: Integers,
    *,
    weight: Floats,
    rows: int,
    generator: np.random.Generator,
) -> tuple[Floats, Integers]:
    """Draw the signs of scores; arms stay."""
    import numpy as np

    signs = np.where(generator.random((rows, len(arm))) < 0.5, -1.0, 1.0)
    return _scores(value, arm[None, :], weight) * signs, np.broadcast_to(arm, signs.shape)
