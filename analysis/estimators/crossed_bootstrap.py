"""Bootstrap over participants and cases: both are drawn anew, every trial goes along with its two owners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from analysis.core.estimate import CannotEstimateError, Estimate, Estimator
from analysis.estimators import registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]

Weigh = Literal["participants", "trials"]
_BATCH = 250


@registry.register
class CrossedBootstrap(Estimator):
    """Percentile interval of a difference of two conditions, over participants and cases like these."""

    name = "crossed_bootstrap"
    version = "1"
    label = "Bootstrap over participants and cases"
    assumptions = (
        "Participants and cases are random samples, drawn independently of each other.",
        "There are enough of both (about 20) for their distribution to stand for the population.",
    )
    returns = ("value", "std_error", "low", "high", "p", "n", "details", "notes")
    referee = "replicates written out row by row; the variance of a crossed mean in closed form"
    reference = "Owen 2007, https://doi.org/10.1214/07-AOAS122"

    @staticmethod
    def estimate(  # noqa: PLR0913 - columns have names
        table: pd.DataFrame,
        *,
        value: str,
        contrast: tuple[str, str],
        participant: str = "participant_id",
        case: str = "case_id",
        condition: str = "condition",
        weigh: Weigh = "participants",
        fixed_cases: bool = False,
        n: int = 2000,
        seed: int = 1,
        level: float = 0.95,
    ) -> Estimate:
        """Draw participants and cases with replacement; a trial counts as often as its participant times its case.

        The statistic is the mean of the first condition less that of the second; participants are drawn within groups
        of those who saw the same conditions. The interval holds the middle ``level`` of the replicates;
        ``p = 2 (1 + min(#{T* <= 0}, #{T* >= 0})) / (n + 1)``.

        Parameters
        ----------
        table : pandas.DataFrame
            One row for each trial; rows without a value are left out and counted.
        value : str
            Column of numbers or truth values.
        contrast : tuple of str
            Two conditions; the value is the first less the second.
        participant, case, condition : str
            Columns.
        weigh : {"participants", "trials"}
            Whether a condition's mean is that of its participants' means, or of its trials.
        fixed_cases : bool
            Draw participants only: the claim is about these cases.
        n : int
            Replicates, at least 100.
        seed : int
            Of the generator (PCG64).
        level : float
            Coverage of the interval.

        Returns
        -------
        Estimate
            In the unit of the value. ``details`` holds ``std_error_participants`` and ``std_error_cases`` (one of the
            two drawn, the other kept), ``n_replicates`` and ``n_undefined``.

        Raises
        ------
        CannotEstimateError
            When columns are missing, a condition has fewer than two participants or cases, or nothing varies.
        ValueError
            When an argument is not one of those named.

        Notes
        -----
        The interval errs on the safe side: the part of the variance that belongs to single trials is counted up to
        three times, which matters little once each participant has many trials.

        References
        ----------
        .. [1] Owen (2007). The pigeonhole bootstrap. Ann. Appl. Stat. 1, 386-411.
           https://doi.org/10.1214/07-AOAS122

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> rng = np.random.default_rng(1)
        >>> rows = [(p, k, "ab"[p % 2], rng.normal() + (p % 2)) for p in range(30) for k in range(12)]
        >>> table = pd.DataFrame(rows, columns=["participant_id", "case_id", "condition", "y"])
        >>> found = CrossedBootstrap.estimate(table, value="y", contrast=("b", "a"), n=500)
        >>> found.low < 1 < found.high
        True
        """
        import numpy as np

        _check(weigh, n=n, level=level)
        names = {"value": value, "participant": participant, "case": case, "condition": condition}
        sums, n_missing = _sums(table, names=names, contrast=contrast)
        draws = _Draws(sums, weigh=weigh, fixed_cases=fixed_cases, seed=seed)
        replicates = draws.run(n)
        both = replicates["both"][~np.isnan(replicates["both"])]
        if len(both) < 0.9 * n or np.ptp(both) == 0:
            raise CannotEstimateError(
                "The difference does not vary between replicates, or most of them miss a condition: there are too few "
                "participants or cases."
            )
        low, high = np.quantile(both, [(1 - level) / 2, (1 + level) / 2])
        tail = 1 + min(int((both <= 0).sum()), int((both >= 0).sum()))
        notes = [f"{n_missing} row(s) without a value were left out."] if n_missing else []
        if min(len(sums.strata), sums.counts[0].shape[1]) < 20 and not fixed_cases:
            notes.append("Fewer than 20 participants or cases: a bootstrap over them is coarse.")
        return Estimate(
            estimator=CrossedBootstrap.name,
            version=CrossedBootstrap.version,
            value=draws.statistic(np.ones((len(sums.strata), 1)), np.ones((sums.counts[0].shape[1], 1)))[0],
            std_error=float(both.std(ddof=1)),
            low=float(low),
            high=float(high),
            level=level,
            p=min(1.0, 2 * tail / (len(both) + 1)),
            n={
                name: int((count.sum(axis=1) > 0).sum())
                for name, count in zip(contrast, sums.counts, strict=True)
            },
            details={
                "std_error_participants": float(np.nanstd(replicates["participants"], ddof=1)),
                "std_error_cases": float("nan")
                if fixed_cases
                else float(np.nanstd(replicates["cases"], ddof=1)),
                "n_replicates": n,
                "n_undefined": n - len(both),
                "n_cases": int(sums.counts[0].shape[1]),
                "weigh": weigh,
                "fixed_cases": fixed_cases,
                "seed": seed,
            },
            notes=tuple(notes),
        )


@dataclass(frozen=True)
class _Sums:
    """Sums of values and numbers of trials by participant and case, sparse, for both conditions; strata of people."""

    values: tuple[Any, Any]
    counts: tuple[Any, Any]
    strata: npt.NDArray[np.int64]


def _check(weigh: str, *, n: int, level: float) -> None:
    if weigh not in ("participants", "trials") or n < 100 or not 0 < level < 1:
        raise ValueError(
            f"weigh must be participants or trials, n at least 100 and level between 0 and 1, got {weigh!r}, {n}, "
            f"{level}."
        )


def _sums(table: pd.DataFrame, *, names: dict[str, str], contrast: tuple[str, str]) -> tuple[_Sums, int]:
    import numpy as np
    import pandas as pd
    from scipy import sparse

    absent = [name for name in names.values() if name not in table.columns]
    if absent:
        raise CannotEstimateError(f"The table lacks the column(s) {', '.join(absent)}.")
    mine = table[table[names["condition"]].astype(object).isin(contrast)]
    numbers = pd.to_numeric(mine[names["value"]], errors="coerce")
    if (numbers.isna() & mine[names["value"]].notna()).any():
        raise CannotEstimateError(f"The column {names['value']} must hold numbers or truth values.")
    kept = mine[numbers.notna()]
    y = numbers[numbers.notna()].to_numpy(float)
    people, persons = pd.factorize(kept[names["participant"]].astype(object), sort=True)
    places, cases = pd.factorize(kept[names["case"]].astype(object), sort=True)
    if (people < 0).any() or (places < 0).any():
        raise CannotEstimateError(f"Some rows have nothing in {names['participant']} or {names['case']}.")
    shape = (len(persons), len(cases))
    values: list[Any] = []
    counts: list[Any] = []
    for name in contrast:
        own = (kept[names["condition"]].astype(object) == name).to_numpy()
        at = (people[own], places[own])
        for found, data in ((values, y[own]), (counts, np.ones(int(own.sum())))):
            found.append(sparse.coo_array((data, at), shape=shape).tocsr())
        seen, read = len(np.unique(at[0])), len(np.unique(at[1]))
        if min(seen, read) < 2:
            raise CannotEstimateError(
                f"Condition {name} has {seen} participant(s) and {read} case(s) with a value; at least 2 of each are "
                "needed."
            )
    saw = np.column_stack([np.asarray(count.sum(axis=1)).ravel() > 0 for count in counts])
    found_sums = _Sums(
        (values[0], values[1]), (counts[0], counts[1]), (saw @ np.array([1, 2])).astype(np.int64)
    )
    return found_sums, int(numbers.isna().sum())


class _Draws:
    """Draws weights of participants and cases and computes the statistic under them."""

    def __init__(self, sums: _Sums, *, weigh: Weigh, fixed_cases: bool, seed: int) -> None:
        import numpy as np

        self.sums, self.weigh, self.fixed_cases = sums, weigh, fixed_cases
        self.generator = np.random.Generator(np.random.PCG64(seed))

    def run(self, n: int) -> dict[str, Floats]:
        """Return n replicates with both drawn, with participants only and with cases only."""
        import numpy as np

        found: dict[str, list[Floats]] = {"both": [], "participants": [], "cases": []}
        people, cases = self.sums.counts[0].shape
        for start in range(0, n, _BATCH):
            size = min(_BATCH, n - start)
            one, other = self._people(size), np.ones((cases, size))
            if not self.fixed_cases:
                other = self.generator.multinomial(cases, np.full(cases, 1 / cases), size=size).T.astype(
                    float
                )
            found["both"].append(self.statistic(one, other))
            found["participants"].append(self.statistic(one, np.ones((cases, size))))
            found["cases"].append(self.statistic(np.ones((people, size)), other))
        return {name: np.concatenate(parts) for name, parts in found.items()}

    def _people(self, size: int) -> Floats:
        """Draw weights of participants, each stratum of those who saw the same conditions by itself."""
        import numpy as np

        weights = np.zeros((len(self.sums.strata), size))
        for stratum in np.unique(self.sums.strata):
            inside = np.flatnonzero(self.sums.strata == stratum)
            share = np.full(len(inside), 1 / len(inside))
            weights[inside] = self.generator.multinomial(len(inside), share, size=size).T
        return weights

    def statistic(self, people: Floats, cases: Floats) -> Floats:
        """Return the difference of the conditions for each column of weights; NaN where one of them is empty."""
        import numpy as np

        means = []
        with np.errstate(invalid="ignore", divide="ignore"):
            for values, counts in zip(self.sums.values, self.sums.counts, strict=True):
                total, size = values @ cases, counts @ cases
                if self.weigh == "participants":
                    there = people * (size > 0)
                    means.append(
                        (there * np.where(size > 0, total / size, 0.0)).sum(axis=0) / there.sum(axis=0)
                    )
                else:
                    means.append((people * total).sum(axis=0) / (people * size).sum(axis=0))
        return np.asarray(means[0] - means[1])
