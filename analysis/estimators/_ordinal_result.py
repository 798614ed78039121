"""What a cumulative logit model hands back, in the terms of the table."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analysis.core.estimate import NAN, CannotEstimateError, Estimate

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from analysis.estimators._mixed_design import MixedDesign
    from analysis.estimators._ordinal_fit import OrdinalOptimum

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OrdinalResult:
    """A fitted cumulative logit model.

    Attributes
    ----------
    formula : str
        As asked for.
    categories : tuple of str
        Of the answer, lowest first.
    coefficients : pandas.DataFrame
        By term: ``estimate, std_error, statistic, df, p_value, ci_low, ci_high`` (normal); log odds ratios, above 0
        towards higher answers.
    thresholds : pandas.DataFrame
        By "lower|higher": ``estimate, std_error``.
    covariance : pandas.DataFrame
        Of the coefficients.
    random_effects : pandas.DataFrame
        ``group, term, sd, corr``; empty without a random intercept.
    log_likelihood : float
        At the estimates.
    n_observations, n_missing, n_parameters : int
        Rows used; rows left out because something was missing; thresholds, effects and standard deviation.
    converged, singular : bool
        Whether a maximum was found; whether the standard deviation of the intercepts is 0.
    notes : tuple of str
        Sentences for the report.
    level : float
        Coverage of the intervals.
    """

    formula: str
    categories: tuple[str, ...]
    coefficients: pd.DataFrame
    thresholds: pd.DataFrame
    covariance: pd.DataFrame = field(repr=False)
    random_effects: pd.DataFrame
    log_likelihood: float
    n_observations: int
    n_missing: int
    n_parameters: int
    converged: bool
    singular: bool
    notes: tuple[str, ...]
    level: float

    def contrast(self, weights: Mapping[str, float]) -> Estimate:
        """Estimate a weighted sum of coefficients, a log odds ratio.

        Parameters
        ----------
        weights : mapping of str to float
            By term; terms that are not named weigh 0.

        Returns
        -------
        Estimate
            With a normal test.

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
        value = float(place @ self.coefficients["estimate"].to_numpy(float))
        row = _row(value, math.sqrt(float(place @ self.covariance.to_numpy(float) @ place)), level=self.level)
        return Estimate(
            estimator="ordinal",
            version="1",
            value=row["estimate"],
            std_error=row["std_error"],
            df=row["df"],
            statistic=row["statistic"],
            low=row["ci_low"],
            high=row["ci_high"],
            level=self.level,
            p=row["p_value"],
            details={"weights": dict(weights), "scale": "log odds ratio"},
            notes=self.notes,
        )


def assemble(
    formula: str,
    design: MixedDesign,
    categories: Sequence[str],
    names: Sequence[str],
    optimum: OrdinalOptimum,
    *,
    back: Floats,
    level: float,
) -> OrdinalResult:
    """Turn an optimum for standardised effects into a result; ``back`` is the matrix that undoes it."""
    import numpy as np
    import pandas as pd

    cuts = len(categories) - 1
    estimates, whole = back @ optimum.parameters, back @ optimum.covariance @ back.T
    errors = np.sqrt(np.maximum(np.diag(whole), 0.0))
    own = slice(cuts, cuts + len(names))
    rows = [_row(float(b), float(e), level=level) for b, e in zip(estimates[own], errors[own], strict=True)]
    sd = abs(float(estimates[-1]))
    spread = [{"group": term.group, "term": "Intercept", "sd": sd, "corr": NAN} for term in design.random]
    is_apart = bool((np.abs(optimum.parameters[own]) > 8).any())
    is_singular = bool(design.random) and sd < 1e-3
    return OrdinalResult(
        formula=formula,
        categories=tuple(categories),
        coefficients=pd.DataFrame(rows, index=pd.Index(list(names), name="term")),
        thresholds=pd.DataFrame(
            {"estimate": estimates[:cuts], "std_error": errors[:cuts]},
            index=pd.Index([f"{a}|{b}" for a, b in itertools.pairwise(categories)], name="threshold"),
        ),
        covariance=pd.DataFrame(whole[own, own], index=list(names), columns=list(names)),
        random_effects=pd.DataFrame(spread, columns=["group", "term", "sd", "corr"]),
        log_likelihood=optimum.value,
        n_observations=design.n,
        n_missing=design.n_missing,
        n_parameters=len(estimates),
        converged=optimum.is_converged and not is_apart,
        singular=is_singular,
        notes=_notes(design, optimum, is_apart=is_apart, is_singular=is_singular),
        level=level,
    )


def _row(value: float, error: float, *, level: float) -> dict[str, float]:
    from scipy import stats

    z = value / error if error > 0 else NAN
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    return {
        "estimate": value,
        "std_error": error,
        "statistic": z,
        "df": math.inf,
        "p_value": float(2 * stats.norm.sf(abs(z))),
        "ci_low": value - reach,
        "ci_high": value + reach,
    }


def _notes(
    design: MixedDesign, optimum: OrdinalOptimum, *, is_apart: bool, is_singular: bool
) -> tuple[str, ...]:
    notes = []
    if design.n_missing:
        notes.append(f"{design.n_missing} row(s) with missing values were left out.")
    if is_apart:
        notes.append("An effect has no finite estimate: the answers of its groups do not overlap.")
    elif not optimum.is_converged:
        notes.append("The fit did not converge: do not rest a claim on it.")
    if is_singular:
        notes.append("The fit is singular: the variance between participants is estimated as 0.")
    return tuple(notes)
