"""Max-T: several contrasts tested together by replaying the allocation, with the correlation of the tests kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Direction, Estimate, Estimator, check_direction
from analysis.core.rerandomise import Redraw
from analysis.estimators import registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Question = tuple[int, int, int]
_CHUNK = 500
_TIE = 1e-9  # sums in another order differ in the last digits; equal statistics must count as equal


@registry.register
class MaxT(Estimator):
    """Family-wise corrected permutation p values (Westfall and Young, step-down)."""

    name = "max_t"
    version = "1"
    label = "Max-T (Westfall-Young, step-down)"
    assumptions = (
        "Conditions were allocated at random within the groups, as recorded.",
        "The null is that no condition changes anybody's value; with true differences it holds in large samples.",
    )
    returns = ("value", "statistic", "p", "n", "details")
    referee = (
        "enumeration of all arrangements on small data; analysis.estimators.permutation for one question"
    )
    reference = (
        "Westfall & Young 1993, ISBN 978-0-471-55761-6; Ge et al. 2003, https://doi.org/10.1007/BF02595811"
    )

    @staticmethod
    def estimate(
        values: npt.ArrayLike,
        conditions: npt.ArrayLike,
        groups: npt.ArrayLike,
        *,
        questions: Sequence[Question],
        n: int = 10_000,
        seed: int = 1,
        direction: Direction = "two_sided",
        redraw: Redraw | None = None,
    ) -> list[Estimate]:
        """Test several contrasts of one or more measures together.

        With the observed statistics ordered ``|t_1| >= ... >= |t_k|``, an arrangement counts against question i
        when ``max over j >= i of |t*_j|`` reaches ``|t_i|``; ``p_i = (1 + count) / (n + 1)``, made monotone from the
        first on. All labels of a group are shuffled together, and every question sees the same arrangement.

        Parameters
        ----------
        values : array_like of float, shape (N,) or (N, M)
            M measures of N places; NaN (not defined, or nobody came) moves along and is counted in no mean.
        conditions : array_like of int, shape (N,)
            Condition of each place.
        groups : array_like of int, shape (N,)
            Conditions are exchanged within groups: blocks or strata of the allocation.
        questions : sequence of (int, int, int)
            Measure, treatment and control of each question.
        n : int
            Arrangements drawn, at least 1.
        seed : int
            Of the generator (PCG64).
        direction : {"two_sided", "greater", "less"}
            Of all tests.
        redraw : callable, optional
            Draws arrangements where exchanging within groups is not what the allocation did (minimisation).

        Returns
        -------
        list of Estimate
            In the order asked; ``p`` is corrected, ``details["p_single"]`` is the permutation p of the question
            alone, ``details["p_single_step"]`` the correction without stepping down.

        Raises
        ------
        CannotEstimateError
            When a condition has fewer than two defined values of a measure, no value varies, or nothing can be
            exchanged.
        ValueError
            When arrays differ in length, a question names what is not there, or ``n`` is below 1.

        Notes
        -----
        An arrangement that leaves fewer than two values in a condition counts as extreme. The p alone is not that
        of `permutation`, which exchanges the two conditions of its contrast only.

        References
        ----------
        .. [1] Westfall & Young (1993). Resampling-Based Multiple Testing. Wiley.
        .. [2] Ge, Dudoit & Speed (2003). Resampling-based multiple testing for microarray data analysis. Test 12,
           1-77. https://doi.org/10.1007/BF02595811

        Examples
        --------
        >>> values, conditions = [5.0, 6.0, 7.0, 1.0, 2.0, 3.0, 1.5, 2.5, 0.5], [2, 2, 2, 1, 1, 1, 0, 0, 0]
        >>> found = MaxT.estimate(values, conditions, [0] * 9, questions=[(0, 2, 0), (0, 1, 0)], n=999)
        >>> found[0].p < 0.05 < found[1].p
        True
        """
        import numpy as np

        check_direction(direction)
        table, label, group = _arrays(values, conditions, groups, questions=questions, n=n)
        stats = _Statistics(table, questions)
        difference, observed = (one[0] for one in stats.of(label[None, :]))
        if not np.all(np.isfinite(observed)):
            raise CannotEstimateError("The values do not vary within two of the conditions: there is no t.")
        order = np.argsort(-_side(observed, direction), kind="stable")
        limits = _side(observed, direction)[order]
        slack = _TIE * np.maximum(1.0, abs(limits))
        down = np.zeros(len(order), dtype=np.int64)
        single, alone = down.copy(), down.copy()
        generator = np.random.Generator(np.random.PCG64(seed))
        for start in range(0, n, _CHUNK):
            rows = min(_CHUNK, n - start)
            drawn = (
                _shuffled(label, group, rows=rows, generator=generator)
                if redraw is None
                else redraw(rows, generator)
            )
            found = _side(stats.of(drawn)[1], direction)[:, order]
            successive = np.maximum.accumulate(found[:, ::-1], axis=1)[:, ::-1]
            down += (successive >= limits - slack).sum(axis=0)
            single += (found.max(axis=1)[:, None] >= limits - slack).sum(axis=0)
            alone += (found >= limits - slack).sum(axis=0)
        place = np.argsort(order)
        corrected = np.maximum.accumulate((1 + down) / (n + 1))[place]
        return [
            Estimate(
                estimator=MaxT.name,
                version=MaxT.version,
                value=float(difference[at]),
                statistic=float(observed[at]),
                p=float(corrected[at]),
                direction=direction,
                n=stats.counts(label, question),
                details={
                    "p_single": float((1 + alone[place[at]]) / (n + 1)),
                    "p_single_step": float((1 + single[place[at]]) / (n + 1)),
                    "n_permutations": n,
                    "seed": seed,
                    "monte_carlo_error": math.sqrt(corrected[at] * (1 - corrected[at]) / n),
                },
            )
            for at, question in enumerate(questions)
        ]


class _Statistics:
    """Difference and Welch's t of every question, for many rows of labels at once."""

    def __init__(self, values: npt.NDArray[np.float64], questions: Sequence[Question]) -> None:
        import numpy as np

        defined = ~np.isnan(values)
        self.defined = defined
        centre = np.array([column[mask].mean() for column, mask in zip(values.T, defined.T, strict=True)])
        centred = np.where(defined, values - centre, 0.0)
        self.columns = np.concatenate([defined.astype(float), centred, centred**2], axis=1)
        self.measures = values.shape[1]
        self.questions = list(questions)

    def counts(self, label: npt.NDArray[np.int64], question: Question) -> dict[str, int]:
        measure, treatment, control = question
        mask = self.defined[:, measure]
        return {
            "treatment": int((mask & (label == treatment)).sum()),
            "control": int((mask & (label == control)).sum()),
        }

    def of(self, labels: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        import numpy as np

        sums = {
            condition: (labels == condition).astype(float) @ self.columns
            for condition in {side for _, *sides in self.questions for side in sides}
        }
        differences, ts = [], []
        with np.errstate(divide="ignore", invalid="ignore"):
            for measure, treatment, control in self.questions:
                (mean1, error1), (mean0, error0) = (
                    self._moments(sums[side], measure) for side in (treatment, control)
                )
                differences.append(mean1 - mean0)
                ts.append((mean1 - mean0) / np.sqrt(error1 + error0))
        t = np.stack(ts, axis=1)
        t[np.isnan(t)] = np.inf
        return np.stack(differences, axis=1), t

    def _moments(
        self, sums: npt.NDArray[np.float64], measure: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        import numpy as np

        count, total, square = (sums[:, measure + part * self.measures] for part in range(3))
        variance = np.where(count < 2, np.nan, np.maximum(square - total**2 / count, 0.0) / (count - 1))
        return total / count, variance / count


def _side(t: npt.NDArray[np.float64], direction: Direction) -> npt.NDArray[np.float64]:
    import numpy as np

    # An arrangement without a t (inf) counts as extreme on either side.
    return abs(t) if direction == "two_sided" else np.where(np.isposinf(t) | (direction == "greater"), t, -t)


def _arrays(
    values: npt.ArrayLike,
    conditions: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    questions: Sequence[Question],
    n: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    import numpy as np

    table = np.asarray(values, dtype=float)
    table = table[:, None] if table.ndim == 1 else table
    label = np.asarray(conditions).astype(np.int64)
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    if not len(table) == len(label) == len(group) or n < 1 or not questions:
        raise ValueError(
            f"values, conditions and groups must have one length, n be at least 1 and a question be asked, "
            f"got {len(table)}, {len(label)}, {len(group)}, n={n} and {len(questions)} question(s)."
        )
    for measure, *sides in questions:
        if not 0 <= measure < table.shape[1] or sides[0] == sides[1]:
            raise ValueError(f"There is no question {(measure, *sides)}: measure, treatment, control.")
        for side in sides:
            have = int((~np.isnan(table[:, measure]) & (label == side)).sum())
            if have < 2:
                raise CannotEstimateError(
                    f"Condition {side} has {have} participant(s) with a value of measure {measure}; "
                    "at least 2 are needed."
                )
    if not any(len(np.unique(label[group == one])) > 1 for one in np.unique(group)):
        raise CannotEstimateError(
            "No group of the allocation holds two conditions: nothing can be exchanged."
        )
    return table, label, group.astype(np.int64)


def _shuffled(
    label: npt.NDArray[np.int64], group: npt.NDArray[np.int64], *, rows: int, generator: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Draw rows of labels in which the labels of each group are in random order."""
    import numpy as np

    order = np.argsort(group + generator.random((rows, len(group))), axis=1)
    by_group = label[np.argsort(group, kind="stable")]
    drawn = np.empty((rows, len(group)), dtype=np.int64)
    np.put_along_axis(drawn, order, np.broadcast_to(by_group, drawn.shape), axis=1)
    return drawn
