"""Bayesian mixed models by way of bambi (an extra: ``pip install assay[bayes]``): weak priors, stated probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Estimate, Estimator
from analysis.estimators import registry
from analysis.estimators._bayes_draws import (
    FAMILIES,
    by_prior,
    complete,
    moved,
    sampled,
    split_rhat,
    summary,
)

if TYPE_CHECKING:
    import pandas as pd

LINKS = {"binomial": ("logit", "probit"), "gaussian": ("identity",), "poisson": ("log",)}
SCALES = (0.5, 1.0, 2.0)  # of the prior, for its sensitivity
MOST_RHAT = 1.01


@dataclass(frozen=True)
class BayesResult:
    """What `fit_bayes` found.

    Attributes
    ----------
    coefficients : pandas.DataFrame
        By term: ``mean, sd, ci_low, ci_high`` (equal tails), ``p_positive`` (probability of an effect above 0),
        ``in_rope`` (probability of one inside the region of effects too small to matter; NaN without one), ``rhat``.
    sensitivity : pandas.DataFrame
        By term and factor on the width of the prior: ``mean, ci_low, ci_high, p_positive``.
    formula : str
        As bambi got it.
    n_observations, divergences : int
        Rows, and draws whose path broke off.
    converged : bool
        No R-hat above 1.01 and no divergence.
    level : float
        Of the intervals.
    notes : tuple of str
        Sentences for the report.
    """

    coefficients: pd.DataFrame
    sensitivity: pd.DataFrame
    formula: str
    n_observations: int
    divergences: int
    converged: bool
    level: float
    notes: tuple[str, ...]


def fit_bayes(  # noqa: PLR0913 - the settings of one model
    formula: str,
    table: pd.DataFrame,
    *,
    random: Mapping[str, str | Sequence[str]],
    family: str = "binomial",
    link: str = "",
    rope: tuple[float, float] | None = None,
    prior_sd: float = 1.0,
    draws: int = 2000,
    tune: int = 1000,
    chains: int = 4,
    seed: int = 1,
    level: float = 0.95,
    sensitivity: bool = True,
) -> BayesResult:
    """Fit a mixed model by NUTS with weak priors, and say how much the answer owes to them.

    Effects have the prior ``normal(0, prior_sd)`` on the scale of the link, the intercept (at the mean of the
    predictors) ``normal(0, 2.5)``, standard deviations of random effects ``half-normal(1)``. Covariates in large units
    should be divided first: the prior is on the effect of one unit.

    Parameters
    ----------
    formula : str
        Fixed part, such as ``correct ~ condition``.
    table : pandas.DataFrame
        One row for each trial; rows with a missing value are left out and counted.
    random : mapping
        Grouping column to its terms, as for `analysis.estimators.glmm.fit_glmm`.
    family : {"binomial", "gaussian", "poisson"}
        Of the outcome; binomial takes 0 and 1.
    link : str
        Empty: the usual one; binomial also "probit".
    rope : tuple of float, optional
        Region of practical equivalence on the scale of the link.
    prior_sd : float
        Of the effects; 1 on log odds is weak.
    draws, tune, chains, seed : int
        Of the sampler. The same seed, machine and versions give the same draws.
    level : float
        Of the intervals.
    sensitivity : bool
        Fit twice more, with half and with twice ``prior_sd``.

    Returns
    -------
    BayesResult
        With notes where the draws cannot be trusted or the prior decides.

    Raises
    ------
    CannotEstimateError
        When bambi is not installed, a column is missing or the outcome does not vary.
    ValueError
        When an argument cannot be used.

    Notes
    -----
    This is never the decisive test of a plan: it stands beside. A probability of an effect is no p value.

    References
    ----------
    .. [1] Capretto et al. (2022). Bambi: a simple interface for fitting Bayesian linear models in Python. J. Stat.
       Softw. 103(15). https://doi.org/10.18637/jss.v103.i15
    .. [2] Kruschke (2018). Rejecting or accepting parameter values in Bayesian estimation. Adv. Methods Pract. Psychol.
       Sci. 1, 270-280. https://doi.org/10.1177/2515245918771304

    Examples
    --------
    >>> whole_formula("correct ~ condition", {"participant_id": "1 + condition", "case_id": "1"})
    'correct ~ condition + (1 + condition|participant_id) + (1|case_id)'
    """
    _check(family=family, link=link, rope=rope, prior_sd=prior_sd, level=level)
    whole = whole_formula(formula, random)
    rows, notes = complete(table, whole)
    used = link or LINKS[family][0]
    widths = SCALES if sensitivity else (1.0,)
    fits = {
        scale: sampled(
            whole, rows, family=family, link=used, prior_sd=scale * prior_sd,
            sampler={"draws": draws, "tune": tune, "chains": chains, "random_seed": seed},
        )
        for scale in widths
    }  # fmt: skip
    main = fits[1.0]
    frame = summary(main.draws, level=level, rope=rope)
    frame["rhat"] = [split_rhat(values) for values in main.draws.values()]
    worst = float(frame["rhat"].max())
    told = by_prior({scale: summary(fit.draws, level=level, rope=rope) for scale, fit in fits.items()})
    converged = main.divergences == 0 and worst <= MOST_RHAT
    if not converged:
        why = f"largest R-hat {worst:.3f}, {main.divergences} divergences"
        notes += (f"The chains do not agree ({why}): draw more, and do not read the numbers yet.",)
    return BayesResult(
        coefficients=frame,
        sensitivity=told,
        formula=whole,
        n_observations=len(rows),
        divergences=main.divergences,
        converged=converged,
        level=level,
        notes=notes + moved(told),
    )


def whole_formula(formula: str, random: Mapping[str, str | Sequence[str]]) -> str:
    """Write fixed and random parts as one formula.

    Parameters
    ----------
    formula : str
        Fixed part.
    random : mapping
        Grouping column to terms; several for uncorrelated parts.

    Returns
    -------
    str
        With a bar for each part.

    Examples
    --------
    >>> whole_formula("y ~ x", {"p": ["1", "0 + x"]})
    'y ~ x + (1|p) + (0 + x|p)'
    """
    parts = [
        f"({one}|{group})"
        for group, terms in random.items()
        for one in ([terms] if isinstance(terms, str) else terms)
    ]
    return " + ".join([formula, *parts])


def _check(
    *, family: str, link: str, rope: tuple[float, float] | None, prior_sd: float, level: float
) -> None:
    faults = []
    if family not in FAMILIES:
        faults.append(f"family must be one of {', '.join(FAMILIES)}, got {family!r}.")
    elif link and link not in LINKS[family]:
        faults.append(f"link must be one of {', '.join(LINKS[family])}, got {link!r}.")
    if rope is not None and not rope[0] < rope[1]:
        faults.append(f"rope must rise, got {rope}.")
    if not prior_sd > 0:
        faults.append(f"prior_sd must be above 0, got {prior_sd}.")
    if not 0 < level < 1:
        faults.append(f"level must be between 0 and 1, got {level}.")
    if faults:
        raise ValueError(" ".join(faults))


@registry.register
class Bayes(Estimator):
    """One coefficient of a Bayesian mixed model."""

    name = "bayes"
    version = "1"
    label = "Bayesian mixed model (NUTS, weak priors)"
    assumptions = (
        "Random effects are normal; effects have a normal prior around 0 whose width is stated.",
        "The chains have converged: R-hat at most 1.01 and no divergence.",
    )
    returns = ("value", "std_error", "low", "high", "level", "details", "notes")
    referee = "a sum over a grid for two coefficients; analysis.estimators.glmm on large samples"
    reference = "Capretto et al. 2022, https://doi.org/10.18637/jss.v103.i15"

    @staticmethod
    def estimate(result: BayesResult, term: str) -> Estimate:
        """Return one coefficient; there is no p, ``details`` has the probabilities.

        Parameters
        ----------
        result : BayesResult
            Of `fit_bayes`.
        term : str
            Row of its coefficients.

        Returns
        -------
        Estimate
            ``details``: ``p_positive, in_rope, rhat``.

        Raises
        ------
        CannotEstimateError
            When there is no such term.
        """
        if term not in result.coefficients.index:
            there = ", ".join(map(str, result.coefficients.index))
            raise CannotEstimateError(f"There is no term {term!r}. There are: {there}.")
        frame = result.coefficients
        row = dict(zip(frame.columns, frame.loc[term].to_numpy(dtype=float), strict=True))
        return Estimate(
            estimator=Bayes.name,
            version=Bayes.version,
            value=float(row["mean"]),
            std_error=float(row["sd"]),
            low=float(row["ci_low"]),
            high=float(row["ci_high"]),
            level=result.level,
            n={"observations": result.n_observations},
            details={name: float(row[name]) for name in ("p_positive", "in_rope", "rhat")},
            notes=result.notes,
        )
