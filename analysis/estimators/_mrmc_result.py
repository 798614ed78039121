"""What a multi-reader multi-case analysis hands back: tables of estimates, contrasts and components."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.core.estimate import NAN
from analysis.estimators import _mrmc_anova
from analysis.estimators.holm import Holm

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from analysis.estimators._mrmc_anova import Anova, Fixed
    from analysis.estimators._mrmc_cells import Metric, Readings
    from analysis.estimators._mrmc_covariance import Covariance

_REACH = {
    None: "readers and cases like these",
    "reader": "these readers only, and cases like these",
    "case": "these cases only, and readers like these",
}


@dataclass(frozen=True)
class MrmcResult:
    """What `mrmc` found.

    Attributes
    ----------
    metric, covariance, fixed : str, str, str or None
        As asked for.
    design : str
        Of readers and cases, in words.
    population : str
        Whom and what the claim reaches.
    estimates : pandas.DataFrame
        By condition: ``estimate, std_error, df, ci_low, ci_high, n_readers`` (each from its own readings only).
    contrasts : pandas.DataFrame
        By "a - b": ``estimate, std_error, df, statistic, p_value, ci_low, ci_high, p_holm``.
    f_statistic, df_numerator, df_denominator, p_value : float
        Global test that all conditions are equal; fixed readers: chi-square over its degrees of freedom, with
        ``df_denominator`` infinite.
    components : pandas.DataFrame
        By component: ``estimate`` (as estimated, may be negative) and ``correlation`` (of Cov1 to Cov3: over Error).
    mean_squares : dict of str to float
        See `analysis.estimators._mrmc_anova.Anova`.
    cells : pandas.DataFrame
        By condition and reader: ``estimate, n_positive, n_negative``, and for fixed readers ``std_error``.
    reader_contrasts : pandas.DataFrame or None
        For fixed readers: contrasts of each reader, columns as ``contrasts``.
    n_cases : int
        Cases of the study.
    level : float
        Coverage of the intervals, which are not cut to 0 and 1.
    notes : tuple of str
        Sentences for the report.
    """

    metric: str
    covariance: str
    fixed: str | None
    design: str
    population: str
    estimates: pd.DataFrame
    contrasts: pd.DataFrame
    f_statistic: float
    df_numerator: float
    df_denominator: float
    p_value: float
    components: pd.DataFrame
    mean_squares: dict[str, float]
    cells: pd.DataFrame
    reader_contrasts: pd.DataFrame | None
    n_cases: int
    level: float
    notes: tuple[str, ...]

    @property
    def power_components(self) -> dict[str, float]:
        """Return ``var_TR, Error, Cov1, Cov2, Cov3`` as `analysis.power.reader_study.mrmc_power` takes them."""
        names = {
            "var_TR": "condition:reader",
            "Error": "error",
            "Cov1": "cov1",
            "Cov2": "cov2",
            "Cov3": "cov3",
        }
        there = self.components["estimate"]
        return {name: float(there[own]) for name, own in names.items() if own in there.index}


def assemble(
    readings: Readings,
    theta: npt.NDArray[np.float64],
    s: npt.NDArray[np.float64],
    anova: Anova,
    *,
    asked: tuple[Metric, Covariance, Fixed],
    level: float,
) -> MrmcResult:
    """Return the result with its global test, tables and notes.

    Parameters
    ----------
    readings, theta, s, anova
        As of `_mrmc_anova.analyse`.
    asked : tuple
        Metric, covariance and fixed factor.
    level : float
        Coverage of the intervals.

    Returns
    -------
    MrmcResult
        Complete.
    """
    from scipy import stats

    metric, covariance, fixed = asked
    df1 = float(len(readings.conditions) - 1)
    f = anova.mean_squares["condition"] / anova.denominator
    tail = stats.chi2.sf(df1 * f, df1) if math.isinf(anova.df) else stats.f.sf(f, df1, anova.df)
    readers = "readers nested in conditions" if readings.readers_nested else "readers crossed with conditions"
    return MrmcResult(
        metric=metric,
        covariance=covariance,
        fixed=fixed,
        design=f"{readers}, cases {readings.cases}",
        population=_REACH[fixed],
        estimates=_estimates(readings, theta, s, anova, fixed=fixed, level=level),
        contrasts=_contrasts(readings, anova, level=level),
        f_statistic=f,
        df_numerator=df1,
        df_denominator=anova.df,
        p_value=float(tail),
        components=_components(anova),
        mean_squares=anova.mean_squares,
        cells=_cells(readings, theta, s, fixed=fixed),
        reader_contrasts=_reader_contrasts(readings, theta, s, level=level) if fixed == "reader" else None,
        n_cases=len(readings.positive),
        level=level,
        notes=readings.notes + _notes(readings, theta, fixed=fixed),
    )


def _estimates(
    readings: Readings,
    theta: npt.NDArray[np.float64],
    s: npt.NDArray[np.float64],
    anova: Anova,
    *,
    fixed: Fixed,
    level: float,
) -> pd.DataFrame:
    import pandas as pd

    rows = {}
    for at, name in enumerate(readings.conditions):
        error, df = _mrmc_anova.condition_error(readings, theta, s, at=at, fixed=fixed)
        mean, reach = float(anova.means[at]), _quantile(df, level=level) * error
        rows[name] = {
            "estimate": mean,
            "std_error": error,
            "df": df,
            "ci_low": mean - reach,
            "ci_high": mean + reach,
            "n_readers": int(anova.counts[at]),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("condition")


def _contrasts(readings: Readings, anova: Anova, *, level: float) -> pd.DataFrame:
    import pandas as pd

    rows = {}
    for one, other in itertools.combinations(range(len(readings.conditions)), 2):
        error = math.sqrt((1 / anova.counts[one] + 1 / anova.counts[other]) * anova.denominator)
        name = f"{readings.conditions[one]} - {readings.conditions[other]}"
        rows[name] = _difference(float(anova.means[one] - anova.means[other]), error, anova.df, level=level)
    found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("contrast")
    found["p_holm"] = Holm.estimate(found["p_value"].tolist())
    return found


def _difference(value: float, error: float, df: float, *, level: float) -> dict[str, float]:
    from scipy import stats

    statistic = value / error if error > 0 else NAN
    tail = stats.norm.sf(abs(statistic)) if math.isinf(df) else stats.t.sf(abs(statistic), df)
    reach = _quantile(df, level=level) * error
    return {
        "estimate": value,
        "std_error": error,
        "df": df,
        "statistic": statistic,
        "p_value": float(2 * tail),
        "ci_low": value - reach,
        "ci_high": value + reach,
    }


def _reader_contrasts(
    readings: Readings, theta: npt.NDArray[np.float64], s: npt.NDArray[np.float64], *, level: float
) -> pd.DataFrame:
    """Compare conditions within each reader, over cases like these."""
    import pandas as pd

    r = len(readings.readers)
    rows = {}
    for at, name in enumerate(readings.readers):
        for one, other in itertools.combinations(range(len(readings.conditions)), 2):
            a, b = one * r + at, other * r + at
            error = math.sqrt(max(float(s[a, a] + s[b, b] - 2 * s[a, b]), 0.0))
            pair = f"{readings.conditions[one]} - {readings.conditions[other]}"
            rows[name, pair] = _difference(float(theta[a] - theta[b]), error, math.inf, level=level)
    return pd.DataFrame(
        list(rows.values()), index=pd.MultiIndex.from_tuples(list(rows), names=["reader", "contrast"])
    )


def _components(anova: Anova) -> pd.DataFrame:
    import pandas as pd

    error = anova.components["error"]
    rows = {
        name: {
            "estimate": value,
            "correlation": value / error if name.startswith("cov") and error > 0 else NAN,
        }
        for name, value in anova.components.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("component")


def _cells(
    readings: Readings, theta: npt.NDArray[np.float64], s: npt.NDArray[np.float64], *, fixed: Fixed
) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    read = ~np.isnan(readings.scores)
    index = pd.MultiIndex.from_arrays(
        [
            [readings.conditions[at] for at in readings.cell_condition],
            [readings.readers[at] for at in readings.cell_reader],
        ],
        names=["condition", "reader"],
    )
    columns = {
        "estimate": theta,
        "n_positive": read[:, readings.positive].sum(axis=1),
        "n_negative": read[:, ~readings.positive].sum(axis=1),
    }
    if fixed == "reader":
        columns["std_error"] = np.sqrt(np.maximum(np.diag(s), 0.0))
    return pd.DataFrame(columns, index=index)


def _notes(readings: Readings, theta: npt.NDArray[np.float64], *, fixed: Fixed) -> tuple[str, ...]:
    notes = []
    perfect = [
        f"{readings.readers[readings.cell_reader[at]]} in {readings.conditions[readings.cell_condition[at]]}"
        for at in range(len(theta))
        if theta[at] in (0.0, 1.0)
    ]
    if perfect and fixed == "reader":
        notes.append(f"Without error, so that an interval of their own means nothing: {', '.join(perfect)}.")
    if len(readings.readers) < 5 and fixed != "reader":
        notes.append(
            f"{len(readings.readers)} readers: intervals that reach other readers are very wide with fewer than 5."
        )
    return tuple(notes)


def _quantile(df: float, *, level: float) -> float:
    from scipy import stats

    at = (1 + level) / 2
    return float(stats.norm.ppf(at) if math.isinf(df) else stats.t.ppf(at, df))
