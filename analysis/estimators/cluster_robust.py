"""Cluster-robust inference: least squares whose errors may depend on each other within participants and cases."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.core.estimate import NAN, CannotEstimateError, Estimate, Estimator
from analysis.estimators import registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from analysis.estimators._cluster_covariance import BiasReduced

    Floats = npt.NDArray[np.float64]

_FEW = 40


@dataclass(frozen=True)
class RobustResult:
    """A least-squares fit with cluster-robust errors.

    Attributes
    ----------
    formula, method : str
        Of the model; "CR2" (one kind of cluster) or "two-way CR1".
    coefficients : pandas.DataFrame
        By term: ``estimate, std_error, statistic, df, p_value, ci_low, ci_high``.
    covariance : pandas.DataFrame
        Of the coefficients.
    n_observations, n_missing : int
        Rows used; rows left out because something was missing.
    n_clusters : dict of str to int
        Of each kind.
    notes : tuple of str
        Sentences for the report.
    level : float
        Coverage of the intervals.
    """

    formula: str
    method: str
    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    n_observations: int
    n_missing: int
    n_clusters: dict[str, int]
    notes: tuple[str, ...]
    level: float
    reduced: BiasReduced | None = field(repr=False, compare=False)

    def contrast(self, weights: Mapping[str, float]) -> Estimate:
        """Estimate a weighted sum of coefficients.

        Parameters
        ----------
        weights : mapping of str to float
            By term; terms that are not named weigh 0.

        Returns
        -------
        Estimate
            t on Bell and McCaffrey's degrees of freedom (one kind of cluster), or on the smaller number of clusters
            less one.

        Raises
        ------
        CannotEstimateError
            When a term is unknown.
        """
        import numpy as np

        terms = [str(term) for term in self.coefficients.index]
        unknown = [term for term in weights if term not in terms]
        if unknown:
            raise CannotEstimateError(
                f"The model has no term {', '.join(unknown)}. There are: {', '.join(terms)}."
            )
        place = np.array([float(weights.get(term, 0.0)) for term in terms])
        beta = self.coefficients["estimate"].to_numpy(float)
        row = _row(
            float(place @ beta),
            place,
            self.covariance.to_numpy(float),
            self.reduced,
            fallback=min(self.n_clusters.values()) - 1,
            level=self.level,
        )
        return Estimate(
            estimator="cluster_robust",
            version="1",
            value=row["estimate"],
            std_error=row["std_error"],
            df=row["df"],
            statistic=row["statistic"],
            low=row["ci_low"],
            high=row["ci_high"],
            level=self.level,
            p=row["p_value"],
            n=dict(self.n_clusters),
            details={"method": self.method, "weights": dict(weights)},
            notes=self.notes,
        )


def fit_cluster_robust(
    formula: str, table: pd.DataFrame, *, clusters: Sequence[str], level: float = 0.95
) -> RobustResult:
    """Fit least squares; rows may depend on each other when they share a cluster of any kind.

    One kind of cluster: the bias-reduced covariance CR2 with Bell and McCaffrey's degrees of freedom. Two kinds,
    such as participants and cases: ``V = V_one + V_other - V_both`` with small-sample factors, and the smaller number
    of clusters less one as degrees of freedom. With an outcome of 0 and 1, coefficients are differences of
    proportions.

    Parameters
    ----------
    formula : str
        Outcome and fixed effects, ``"correct ~ C(condition)"``.
    table : pandas.DataFrame
        One row for each trial; rows in which something is missing are left out and counted.
    clusters : sequence of str
        One or two columns.
    level : float
        Coverage of the intervals.

    Returns
    -------
    RobustResult
        In the unit of the outcome.

    Raises
    ------
    CannotEstimateError
        When the table does not fit the formula, there are not one or two kinds of clusters, a kind has fewer than
        two clusters or fewer than there are coefficients, or the outcome does not vary.

    Notes
    -----
    The estimand weighs trials equally. With fewer than about 40 clusters of a kind the two-way errors are too small;
    the result says so.

    References
    ----------
    .. [1] Cameron, Gelbach & Miller (2011). J. Bus. Econ. Stat. 29, 238-249.
       https://doi.org/10.1198/jbes.2010.07136
    .. [2] Bell & McCaffrey (2002). Survey Methodology 28, 169-181.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"p": [1, 1, 2, 2, 3, 3, 4, 4], "arm": list("aaaabbbb"), "y": [1, 0, 1, 1, 0, 0, 1, 0]})
    >>> found = fit_cluster_robust("y ~ arm", table, clusters=["p"])
    >>> found.coefficients.loc["arm[T.b]", ["estimate", "df"]].round(6).tolist()
    [-0.5, 2.0]
    """
    import numpy as np
    import pandas as pd

    from analysis.estimators._cluster_covariance import bias_reduced, least_squares, two_way
    from analysis.estimators._mixed_design import mixed_design

    if len(clusters) not in (1, 2) or len(set(clusters)) != len(clusters) or not 0 < level < 1:
        raise CannotEstimateError(
            f"clusters must name one or two different columns and level lie between 0 and 1, got {list(clusters)} "
            f"and {level}."
        )
    design = mixed_design(formula, table, random=dict.fromkeys(clusters, "1"))
    codes = [term.codes.astype(np.int64) for term in design.random]
    counts = {term.group: term.n_levels for term in design.random}
    fit = least_squares(design.fixed, design.response)
    _refuse(fit.residuals, design.response, counts, n_terms=len(design.names))
    reduced = bias_reduced(fit, codes[0]) if len(codes) == 1 else None
    vcov, is_mended = (reduced.vcov, False) if reduced else two_way(fit, codes)
    rows = {
        name: _row(float(fit.beta[at]), place, vcov, reduced, fallback=min(counts.values()) - 1, level=level)
        for at, (name, place) in enumerate(zip(design.names, np.eye(len(design.names)), strict=True))
    }
    return RobustResult(
        formula=formula,
        method="CR2" if reduced else "two-way CR1",
        coefficients=pd.DataFrame.from_dict(rows, orient="index").rename_axis("term"),
        covariance=pd.DataFrame(vcov, index=list(design.names), columns=list(design.names)),
        n_observations=design.n,
        n_missing=design.n_missing,
        n_clusters=counts,
        notes=_notes(counts, n_missing=design.n_missing, is_mended=is_mended),
        level=level,
        reduced=reduced,
    )


@registry.register
class ClusterRobust(Estimator):
    """Least squares with errors that hold when trials of a participant, or of a case, depend on each other."""

    name = "cluster_robust"
    version = "1"
    label = "Cluster-robust least squares"
    assumptions = (
        "Rows that share neither participant nor case are independent.",
        "There are many participants and many cases (about 40 of each for two-way errors).",
    )
    returns = ("value", "std_error", "df", "statistic", "low", "high", "p", "n")
    referee = "statsmodels 0.15 (cov_type='cluster', two groups); Welch's t for CR2 of two groups"
    reference = "Cameron, Gelbach & Miller 2011, https://doi.org/10.1198/jbes.2010.07136"

    @staticmethod
    def estimate(result: RobustResult, weights: Mapping[str, float]) -> Estimate:
        """Return a weighted sum of the coefficients of a fit; see `RobustResult.contrast`.

        Parameters
        ----------
        result : RobustResult
            Of `fit_cluster_robust`.
        weights : mapping of str to float
            By term.

        Returns
        -------
        Estimate
            In the unit of the outcome.
        """
        return result.contrast(weights)


def _refuse(residuals: Floats, response: Floats, counts: Mapping[str, int], *, n_terms: int) -> None:
    faults = [
        f"There are {count} clusters of {name} and {n_terms} coefficients: at least {n_terms + 1} are needed."
        for name, count in counts.items()
        if count <= n_terms
    ]
    if float(abs(residuals).max()) <= 1e-10 * max(1e-300, float(abs(response).max())):
        faults.append(
            "The outcome does not vary beyond what the fixed effects say: there is no error to estimate."
        )
    if faults:
        raise CannotEstimateError(" ".join(faults))


def _row(
    value: float, place: Floats, vcov: Floats, reduced: BiasReduced | None, *, fallback: int, level: float
) -> dict[str, Any]:
    from scipy import stats

    error = math.sqrt(max(float(place @ vcov @ place), 0.0))
    df = reduced.df(place) if reduced else float(fallback)
    t = value / error if error > 0 else NAN
    reach = float(stats.t.ppf((1 + level) / 2, df)) * error
    return {
        "estimate": value,
        "std_error": error,
        "statistic": t,
        "df": df,
        "p_value": float(2 * stats.t.sf(abs(t), df)),
        "ci_low": value - reach,
        "ci_high": value + reach,
    }


def _notes(counts: Mapping[str, int], *, n_missing: int, is_mended: bool) -> tuple[str, ...]:
    notes = []
    if n_missing:
        notes.append(f"{n_missing} row(s) with missing values were left out.")
    few = [f"{name} ({count})" for name, count in counts.items() if count < _FEW]
    if few and len(counts) == 2:
        notes.append(
            f"Fewer than {_FEW} clusters of {', '.join(few)}: two-way errors tend to be too small. Decide by the mixed "
            "model or the permutation test."
        )
    if is_mended:
        notes.append("The two-way covariance had negative eigenvalues, which were set to 0.")
    return tuple(notes)
