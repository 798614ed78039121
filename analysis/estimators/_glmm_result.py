"""What a fitted generalised mixed model tells: frames, numbers and notes; computes nothing but their shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from analysis.estimators._glmm_compare import LikelihoodRatio
    from analysis.estimators._glmm_optimum import Optimum
    from analysis.estimators._laplace import Laplace

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """The parts of a fit that further questions are asked of."""

    laplace: Laplace
    optimum: Optimum
    table: pd.DataFrame
    random: dict[str, Any]


@dataclass(frozen=True)
class GlmmResult:
    """A generalised linear mixed model, fitted by maximum likelihood (Laplace).

    Attributes
    ----------
    formula, family, link : str
        The model.
    coefficients : pandas.DataFrame
        By term: ``estimate``, ``std_error``, ``statistic``, ``df`` (infinite: normal), ``p_value``, ``ci_low``,
        ``ci_high``; on the scale of the link, conditional on participant and case.
    covariance : pandas.DataFrame
        Of the estimates, variance parameters taken as estimated with them.
    random_effects : pandas.DataFrame
        ``group``, ``term``, ``sd``, ``corr`` (with the first term of its group; NaN for that one).
    random_covariances : tuple of pandas.DataFrame
        Whole covariance of each random term, in the order given.
    log_likelihood : float
        With all constants.
    n_parameters, n_observations, n_missing : int
        Parameters estimated; rows used; rows left out because a value was missing.
    n_levels : dict of str to int
        Levels of each grouping.
    dispersion : float
        Of the negative binomial (variance ``mu + mu^2 / dispersion``), else NaN.
    level : float
        Coverage of the intervals.
    converged, singular, separated : bool
        Whether the search ended at a maximum; whether a variance is 0 or a correlation 1; whether a fixed effect
        has no finite estimate.
    notes : tuple of str
        Sentences for the report.
    """

    formula: str
    family: str
    link: str
    coefficients: pd.DataFrame
    covariance: pd.DataFrame
    random_effects: pd.DataFrame
    random_covariances: tuple[pd.DataFrame, ...]
    log_likelihood: float
    n_parameters: int
    n_observations: int
    n_missing: int
    n_levels: dict[str, int]
    dispersion: float
    level: float
    converged: bool
    singular: bool
    separated: bool
    notes: tuple[str, ...]
    fitted: Fitted = field(repr=False, compare=False)

    @property
    def aic(self) -> float:
        return 2 * self.n_parameters - 2 * self.log_likelihood

    def likelihood_ratio(self, smaller: GlmmResult | str) -> LikelihoodRatio:
        """Test against a nested fit, or against the model without a term; see `_glmm_compare.likelihood_ratio`."""
        from analysis.estimators._glmm_compare import likelihood_ratio

        return likelihood_ratio(self, smaller)

    def profile_interval(self, term: str) -> tuple[float, float]:
        """Return the profile-likelihood interval of a coefficient; see `_glmm_compare.profile_interval`."""
        from analysis.estimators._glmm_compare import profile_interval

        return profile_interval(self, term)

    def bootstrap_intervals(self, *, n: int = 500, seed: int = 1) -> pd.DataFrame:
        """Return parametric-bootstrap intervals; see `_glmm_compare.bootstrap_intervals`."""
        from analysis.estimators._glmm_compare import bootstrap_intervals

        return bootstrap_intervals(self, n=n, seed=seed)

    def marginal_means(self, column: str) -> pd.DataFrame:
        """Return mean outcomes by level of a column; see `_glmm_marginal.marginal_means`."""
        from analysis.estimators._glmm_marginal import marginal_means

        return marginal_means(self, column)

    def marginal_differences(self, column: str, contrasts: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Return differences of marginal means, such as risk differences; see `_glmm_marginal.marginal_differences`."""
        from analysis.estimators._glmm_marginal import marginal_differences

        return marginal_differences(self, column, contrasts)


def coefficient_frame(
    *, names: tuple[str, ...], estimate: Floats, covariance: Floats, df: float, level: float
) -> pd.DataFrame:
    """Return the frame of coefficients, tested against 0.

    Parameters
    ----------
    names : tuple of str
        Terms.
    estimate : numpy.ndarray, shape (p,)
        Estimates.
    covariance : numpy.ndarray, shape (p, p)
        Their covariance.
    df : float
        Degrees of freedom of t; infinite for the normal.
    level : float
        Coverage.

    Returns
    -------
    pandas.DataFrame
        Index ``term``.
    """
    import numpy as np
    import pandas as pd
    from scipy import stats

    std_error = np.sqrt(np.maximum(np.diag(covariance), 0))
    std_error = np.where(std_error > 0, std_error, np.nan)
    statistic = estimate / std_error
    law = stats.norm() if math.isinf(df) else stats.t(df)
    reach = law.ppf((1 + level) / 2) * std_error
    return pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": std_error,
            "statistic": statistic,
            "df": df,
            "p_value": 2 * law.sf(np.abs(statistic)),
            "ci_low": estimate - reach,
            "ci_high": estimate + reach,
        },
        index=pd.Index(names, name="term"),
    )


def random_covariances(laplace: Laplace, psi: Floats) -> tuple[pd.DataFrame, ...]:
    """Return the covariance of each random term in the coordinates of the formula."""
    import pandas as pd

    found = []
    for term, change, block in zip(
        laplace.design.random, laplace.term_maps, laplace.blocks(psi), strict=True
    ):
        root = change @ block
        found.append(pd.DataFrame(root @ root.T, index=list(term.names), columns=list(term.names)))
    return tuple(found)


def random_frame(groups: list[str], covariances: tuple[pd.DataFrame, ...]) -> pd.DataFrame:
    """Return standard deviations and correlations, a row for each random effect."""
    rows = []
    for group, covariance in zip(groups, covariances, strict=True):
        values = covariance.to_numpy()
        for at, name in enumerate(covariance.columns):
            sd, first = math.sqrt(max(values[at, at], 0.0)), math.sqrt(max(values[0, 0], 0.0))
            known = at > 0 and sd > 0 and first > 0
            corr = min(1.0, max(-1.0, values[at, 0] / (sd * first))) if known else math.nan
            rows.append({"group": group, "term": name, "sd": sd, "corr": corr})
    import pandas as pd

    return pd.DataFrame(rows, columns=["group", "term", "sd", "corr"])
