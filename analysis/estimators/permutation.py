"""Permutation test: how often the allocation alone would have made a difference this large."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Direction, Estimate, Estimator, check_direction
from analysis.estimators import registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from analysis.core.rerandomise import Redraw

_CHUNK = 1000
_TIE = 1e-9  # sums in another order differ in the last digits; equal statistics must count as equal


@registry.register
class Permutation(Estimator):
    """Design-based p value: conditions are exchanged as the allocation could have exchanged them."""

    name = "permutation"
    version = "1"
    label = "Permutation test (studentised)"
    assumptions = (
        "Conditions were allocated at random within the groups, as recorded.",
        "The null is that the condition changes nobody's value.",
    )
    returns = ("value", "statistic", "p", "n", "details")
    referee = "enumeration of all arrangements on small data"
    reference = "Chung & Romano 2013, https://doi.org/10.1214/13-AOS1090"

    @staticmethod
    def estimate(
        values: npt.ArrayLike,
        treated: npt.ArrayLike,
        groups: npt.ArrayLike,
        *,
        n: int = 10_000,
        seed: int = 1,
        direction: Direction = "two_sided",
        redraw: Redraw | None = None,
    ) -> Estimate:
        """Test a difference of two conditions by exchanging conditions within groups.

        ``p = (1 + #{|T*| >= |T|}) / (n + 1)`` where T is Welch's t; one-sided: ``T* >= T`` or ``T* <= T``.

        Parameters
        ----------
        values : array_like of float, shape (N,)
            One for each place; NaN (not defined, or nobody came) moves along and is counted in neither mean.
        treated : array_like of bool, shape (N,)
            Whether the place was given the treatment.
        groups : array_like of int, shape (N,)
            Conditions are exchanged within groups: blocks or strata of the allocation.
        n : int
            Arrangements drawn, at least 1.
        seed : int
            Of the generator (PCG64).
        direction : {"two_sided", "greater", "less"}
            Of the test.
        redraw : callable, optional
            Draws arrangements in place of exchanging within groups, as `analysis.core.rerandomise` makes it.

        Returns
        -------
        Estimate
            ``details`` holds ``n_permutations``, ``seed``, ``monte_carlo_error`` of p and ``n_groups``.

        Raises
        ------
        CannotEstimateError
            When a condition has fewer than two defined values, no value varies, or nothing can be exchanged.
        ValueError
            When the arrays differ in length or ``n`` is below 1.

        Notes
        -----
        The smallest p possible is 1 / (n + 1). An arrangement that leaves fewer than two values in a condition
        counts as extreme, so that p is never too small.

        References
        ----------
        .. [1] Chung & Romano (2013). Exact and asymptotically robust permutation tests. Ann. Statist. 41, 484-507.
           https://doi.org/10.1214/13-AOS1090
        .. [2] Phipson & Smyth (2010). Permutation p-values should never be zero. Stat. Appl. Genet. Mol. Biol.
           9:39.
           https://doi.org/10.2202/1544-6115.1585

        Examples
        --------
        >>> found = Permutation.estimate([3.0, 4.0, 5.0, 1.0, 2.0, 0.0], [1, 1, 1, 0, 0, 0], [0] * 6, n=2000)
        >>> abs(found.p - 2 / 20) < 0.03
        True
        """
        import numpy as np

        check_direction(direction)
        value, label, group = _arrays(values, treated, groups, n=n)
        defined = ~np.isnan(value)
        centred = np.where(defined, value - value[defined].mean(), 0.0)
        columns = np.column_stack([defined.astype(float), centred, centred**2])
        difference, observed = (float(found[0]) for found in _welch(label[None, :], columns))
        extreme = 0
        generator = np.random.Generator(np.random.PCG64(seed))
        for start in range(0, n, _CHUNK):
            drawn = _arrangements(
                label, group, rows=min(_CHUNK, n - start), generator=generator, redraw=redraw
            )
            extreme += _count(_welch(drawn, columns)[1], observed, direction=direction)
        p = (1 + extreme) / (n + 1)
        return Estimate(
            estimator=Permutation.name,
            version=Permutation.version,
            value=difference,
            statistic=observed,
            p=p,
            direction=direction,
            n={"treatment": int((label & defined).sum()), "control": int((~label & defined).sum())},
            details={
                "n_permutations": n,
                "seed": seed,
                "monte_carlo_error": math.sqrt(p * (1 - p) / n),
                "n_groups": len(np.unique(group)),
            },
        )


def _arrays(
    values: npt.ArrayLike, treated: npt.ArrayLike, groups: npt.ArrayLike, *, n: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    import numpy as np

    value = np.asarray(values, dtype=float)
    label = np.asarray(treated).astype(bool)
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    if not len(value) == len(label) == len(group) or n < 1:
        raise ValueError(
            f"values, treated and groups must have one length and n be at least 1, "
            f"got {len(value)}, {len(label)}, {len(group)} and n={n}."
        )
    defined = ~np.isnan(value)
    for name, side in (("treatment", label), ("control", ~label)):
        if (side & defined).sum() < 2:
            have = int((side & defined).sum())
            raise CannotEstimateError(
                f"The {name} has {have} participant(s) with a value; at least 2 are needed."
            )
    if np.ptp(value[defined]) == 0:
        raise CannotEstimateError("All participants have the same value: there is nothing to exchange.")
    if not any(len(np.unique(label[group == one])) == 2 for one in np.unique(group)):
        raise CannotEstimateError(
            "No group of the allocation holds both conditions: nothing can be exchanged."
        )
    return value, label, group.astype(np.int64)


def _arrangements(
    label: npt.NDArray[np.bool_],
    group: npt.NDArray[np.int64],
    *,
    rows: int,
    generator: np.random.Generator,
    redraw: Redraw | None = None,
) -> npt.NDArray[np.bool_]:
    """Draw rows of labels: those of each group in random order, or as the allocation draws them anew."""
    import numpy as np

    if redraw is not None:
        return redraw(rows, generator).astype(bool)

    # Sorting by group plus a random part keeps groups together and shuffles within: one sort for all rows.
    order = np.argsort(group + generator.random((rows, len(group))), axis=1)
    by_group = label[np.argsort(group, kind="stable")]
    drawn = np.empty((rows, len(group)), dtype=bool)
    np.put_along_axis(drawn, order, np.broadcast_to(by_group, drawn.shape), axis=1)
    return drawn


def _welch(
    labels: npt.NDArray[np.bool_], columns: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return difference and t of every row of labels; columns are count, value and square of each place."""
    import numpy as np

    one = labels.astype(float) @ columns
    other = columns.sum(axis=0) - one
    with np.errstate(divide="ignore", invalid="ignore"):
        means, errors = [], []
        for count, total, square in (one.T, other.T):
            means.append(total / count)
            errors.append(np.maximum(square - total**2 / count, 0.0) / (count - 1) / count)
        difference = means[0] - means[1]
        t = difference / np.sqrt(errors[0] + errors[1])
    t[np.isnan(t) | (one[:, 0] < 2) | (other[:, 0] < 2)] = np.inf
    return difference, t


def _count(drawn: npt.NDArray[np.float64], observed: float, *, direction: Direction) -> int:
    slack = _TIE * max(1.0, abs(observed)) if math.isfinite(observed) else 0.0
    if direction == "two_sided":
        return int((abs(drawn) >= abs(observed) - slack).sum())
    sign = 1.0 if direction == "greater" else -1.0
    return int(((sign * drawn >= sign * observed - slack) | (drawn == math.inf)).sum())
