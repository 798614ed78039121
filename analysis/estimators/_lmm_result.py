"""What a linear mixed model hands back, and contrasts of its coefficients with Satterthwaite's degrees of freedom."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analysis.core.estimate import NAN, CannotEstimateError, Estimate

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """How sure the coefficients are, and how sure that is.

    Attributes
    ----------
    vcov : ndarray, shape (p, p)
        Of the coefficients.
    slopes : ndarray, shape (n_theta + 1, p, p)
        Its derivatives over (theta, sigma).
    of_parameters : ndarray, shape (n_theta + 1, n_theta + 1)
        Variance of (theta, sigma), twice the inverse Hessian of the deviance.
    """

    vcov: Floats
    slopes: Floats
    of_parameters: Floats

    def df(self, weights: Floats) -> float:
        """Return Satterthwaite's degrees of freedom ``2 v^2 / (g' A g)`` of a contrast with variance v."""
        variance = float(weights @ self.vcov @ weights)
        slope = self.slopes @ weights @ weights
        spread = float(slope @ self.of_parameters @ slope)
        return 2 * variance**2 / spread if spread > 0 else math.inf


@dataclass(frozen=True)
class LmmResult:
    """A fitted linear mixed model.

    Attributes
    ----------
    formula, method : str
        Of the fixed effects; "REML" or "ML".
    coefficients : pandas.DataFrame
        By term: ``estimate, std_error, statistic, df, p_value, ci_low, ci_high`` (t, Satterthwaite).
    random_effects : pandas.DataFrame
        ``group, term, sd, corr``: a row for each random effect, corr with the first of its kind; last the residual.
    random_covariances : tuple of pandas.DataFrame
        Whole covariance of each random term, in the order given.
    log_likelihood : float
        Restricted or not, as ``method`` says.
    n_observations, n_missing : int
        Rows used; rows left out because something was missing.
    n_levels : dict of str to int
        Of each grouping.
    n_parameters : int
        Coefficients, variances and covariances.
    converged, singular : bool
        Whether a minimum was found; whether a variance is 0 or a correlation 1 at it.
    notes : tuple of str
        Sentences for the report.
    theta : ndarray
        Relative factors, in lme4's order.
    sigma : float
        Residual standard deviation.
    fitted, residuals : ndarray, shape (n_observations,)
        With the conditional modes of the random effects.
    modes : dict of str to pandas.DataFrame
        Conditional modes by level of each grouping.
    spread : Spread
        For further contrasts.
    level : float
        Coverage of the intervals.
    """

    formula: str
    method: str
    coefficients: pd.DataFrame
    random_effects: pd.DataFrame
    random_covariances: tuple[pd.DataFrame, ...]
    log_likelihood: float
    n_observations: int
    n_missing: int
    n_levels: dict[str, int]
    n_parameters: int
    converged: bool
    singular: bool
    notes: tuple[str, ...]
    theta: Floats = field(repr=False, compare=False)
    sigma: float
    fitted: Floats = field(repr=False, compare=False)
    residuals: Floats = field(repr=False, compare=False)
    modes: dict[str, pd.DataFrame] = field(repr=False, compare=False)
    spread: Spread = field(repr=False, compare=False)
    level: float

    @property
    def covariance(self) -> pd.DataFrame:
        """Return the covariance of the coefficients, by term."""
        import pandas as pd

        terms = list(self.coefficients.index)
        return pd.DataFrame(self.spread.vcov, index=terms, columns=terms)

    @property
    def aic(self) -> float:
        """Return ``-2 log L + 2 k``."""
        return -2 * self.log_likelihood + 2 * self.n_parameters

    def contrast(self, weights: Mapping[str, float], *, level: float | None = None) -> Estimate:
        """Estimate a weighted sum of coefficients.

        Parameters
        ----------
        weights : mapping of str to float
            By term; terms that are not named weigh 0.
        level : float, optional
            Coverage of the interval.

        Returns
        -------
        Estimate
            t on Satterthwaite's degrees of freedom.

        Raises
        ------
        CannotEstimateError
            When a term is unknown.
        """
        from scipy import stats

        place = self._weights(weights)
        level = self.level if level is None else level
        value = float(place @ self.coefficients["estimate"].to_numpy(float))
        error = math.sqrt(float(place @ self.spread.vcov @ place))
        df = self.spread.df(place)
        t = value / error if error > 0 else NAN
        reach = float(stats.t.ppf((1 + level) / 2, df)) * error
        return Estimate(
            estimator="lmm",
            version="1",
            value=value,
            std_error=error,
            df=df,
            statistic=t,
            low=value - reach,
            high=value + reach,
            level=level,
            p=float(2 * stats.t.sf(abs(t), df)),
            n=dict(self.n_levels),
            details={"method": self.method, "weights": dict(weights)},
            notes=self.notes,
        )

    def joint_test(self, terms: Sequence[str | Mapping[str, float]]) -> Estimate:
        """Test that several coefficients, or several contrasts, are all 0: F after Fai and Cornelius.

        Parameters
        ----------
        terms : sequence of str or mapping
            Names of terms, or contrasts as for `contrast`.

        Returns
        -------
        Estimate
            ``statistic`` is F on ``details["df_numerator"]`` and ``df``; there is no value.

        Raises
        ------
        CannotEstimateError
            When a term is unknown, or the contrasts depend on each other.

        References
        ----------
        .. [1] Fai & Cornelius (1996). J. Stat. Comput. Simul. 54, 363-378.
           https://doi.org/10.1080/00949659608811740
        """
        import numpy as np
        from scipy import stats

        rows = np.array([self._weights({one: 1.0} if isinstance(one, str) else one) for one in terms])
        sizes, directions = np.linalg.eigh(rows @ self.spread.vcov @ rows.T)
        if not len(rows) or sizes.min() <= 1e-10 * sizes.max():
            raise CannotEstimateError("The contrasts of a joint test must be independent of each other.")
        turned = directions.T @ rows
        t2 = (turned @ self.coefficients["estimate"].to_numpy(float)) ** 2 / sizes
        f, df = float(t2.mean()), _joint_df([self.spread.df(row) for row in turned])
        return Estimate(
            estimator="lmm",
            version="1",
            value=NAN,
            statistic=f,
            df=df,
            p=float(stats.f.sf(f, len(rows), df)),
            n=dict(self.n_levels),
            details={"method": self.method, "df_numerator": len(rows)},
            notes=self.notes,
        )

    def _weights(self, weights: Mapping[str, float]) -> Floats:
        import numpy as np

        terms = [str(term) for term in self.coefficients.index]
        unknown = [term for term in weights if term not in terms]
        if unknown:
            raise CannotEstimateError(
                f"The model has no term {', '.join(unknown)}. There are: {', '.join(terms)}."
            )
        return np.array([float(weights.get(term, 0.0)) for term in terms])


def _joint_df(found: list[float]) -> float:
    """Return the denominator degrees of freedom of a mean of squared t values."""
    if max(found) - min(found) < 1e-8:
        return sum(found) / len(found)
    if min(found) <= 2:
        return 2.0
    expected = sum(1.0 if math.isinf(df) else df / (df - 2) for df in found)
    return 2 * expected / (expected - len(found))
