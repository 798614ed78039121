"""Generalised linear mixed model with crossed random effects: logistic, probit, Poisson, negative binomial."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError, Estimate, Estimator
from analysis.estimators import registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from analysis.estimators._glmm_families import Family
    from analysis.estimators._glmm_optimum import Optimum
    from analysis.estimators._glmm_result import Fitted, GlmmResult
    from analysis.estimators._mixed_design import MixedDesign

    Floats = npt.NDArray[np.float64]


@registry.register
class Glmm(Estimator):
    """Mixed model of single trials, participants and cases both random, by maximum likelihood (Laplace)."""

    name = "glmm"
    version = "1"
    label = "Generalised linear mixed model"
    assumptions = (
        "Given participant and case, trials are independent; effects add on the scale of the link.",
        "Random effects are normal; participants and cases are draws from many.",
        "There are enough levels of each grouping for normal tests (about 30), or df is given.",
    )
    returns = ("value", "std_error", "df", "statistic", "low", "high", "level", "p", "n")
    referee = (
        "glmmTMB 1.1.5 (Laplace, exact derivatives) on eighteen simulated data sets and two published ones"
    )
    reference = "Brooks et al. 2017, https://doi.org/10.32614/RJ-2017-066"

    @staticmethod
    def estimate(
        formula: str,
        table: pd.DataFrame,
        *,
        term: str,
        random: Mapping[str, str | Sequence[str]],
        family: str = "binomial",
        link: str | None = None,
        level: float = 0.95,
    ) -> Estimate:
        """Return one coefficient of a fitted model; see `fit_glmm`.

        Raises
        ------
        CannotEstimateError
            When the model cannot be set up, did not converge or is separated, or has no such term.
        """
        fit = fit_glmm(formula, table, random=random, family=family, link=link, level=level)
        if term not in fit.coefficients.index:
            raise CannotEstimateError(
                f"The model has no term '{term}'; it has {', '.join(fit.coefficients.index)}."
            )
        if not fit.converged:
            raise CannotEstimateError(" ".join(fit.notes))
        row = {name: float(value) for name, value in fit.coefficients.to_dict("index")[term].items()}
        return Estimate(
            estimator=Glmm.name,
            version=Glmm.version,
            value=row["estimate"],
            std_error=row["std_error"],
            df=row["df"],
            statistic=row["statistic"],
            low=row["ci_low"],
            high=row["ci_high"],
            level=level,
            p=row["p_value"],
            n=fit.n_levels,
            notes=fit.notes,
        )


def fit_glmm(  # noqa: PLR0913 - a model is said in one call
    formula: str,
    table: pd.DataFrame,
    *,
    random: Mapping[str, str | Sequence[str]],
    family: str = "binomial",
    link: str | None = None,
    trials: str | None = None,
    offset: str | None = None,
    df: float = math.inf,
    level: float = 0.95,
    prior_sd: float | None = None,
) -> GlmmResult:
    """Fit a generalised linear mixed model by maximum likelihood, integrals by Laplace.

    ``g(E[y | b]) = X beta + Z b``, ``b ~ N(0, Sigma)`` for each level of each grouping. Standard errors come from the
    Hessian over fixed effects and variance parameters together, as in glmmTMB.

    Parameters
    ----------
    formula : str
        Outcome and fixed effects, such as ``"correct ~ C(condition)"``. Columns, arithmetic, ``C(x)``,
        ``C(x, Treatment('ai'))``, ``log``, ``center`` and the like; nothing else is run.
    table : pandas.DataFrame
        One row for each trial. Rows with a missing value are left out and counted.
    random : mapping of str to str or sequence of str
        Random effects by grouping column: ``{"participant_id": "1 + condition", "case_id": "1"}``; correlated within
        one text, independent between texts of a list; ``"condition:case_id"`` groups by both.
    family : str
        ``binomial``, ``poisson`` or ``negative_binomial`` (variance ``mu + mu^2 / dispersion``).
    link : str, optional
        ``logit`` or ``probit`` for the binomial, ``log`` for counts; without it the first of these.
    trials : str, optional
        Column with the number of trials when the outcome counts successes.
    offset : str, optional
        Column added to the linear predictor, such as the logarithm of exposure.
    df : float
        Degrees of freedom of the tests; infinite for normal ones. With few participants give participants - 1.
    level : float
        Coverage of the intervals.
    prior_sd : float, optional
        Penalise fixed effects but the intercept by a normal prior of this standard deviation: an answer, of known
        shrinkage, where separation leaves none.

    Returns
    -------
    GlmmResult
        Also when the search did not converge: ``converged`` is False and ``notes`` say why.

    Raises
    ------
    MixedDesignError
        Lists everything that is wrong with formula and table.
    ValueError
        For an unknown family or link, or a level outside 0 to 1.

    Notes
    -----
    Coefficients are conditional on participant and case; the difference of marginal risks (which is what a
    participant-mean test sees) comes from `marginal_differences`. Time and memory grow with the square of the number
    of random effects outside the largest grouping. The linear algebra keeps to one thread.

    References
    ----------
    .. [1] Brooks et al. (2017). glmmTMB. R Journal 9, 378-400. https://doi.org/10.32614/RJ-2017-066
    .. [2] Bates, Maechler, Bolker & Walker (2015). lme4. J. Stat. Softw. 67. https://doi.org/10.18637/jss.v067.i01

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> trials = pd.DataFrame([(p, k, "ig" if p % 2 else "ai") for p in range(60) for k in range(20)])
    >>> trials.columns = ["participant_id", "case_id", "condition"]
    >>> person, case = rng.normal(0, 0.5, 60), rng.normal(0, 1, 20)
    >>> eta = 0.5 + person[trials.participant_id] + case[trials.case_id] + 0.8 * (trials.condition == "ig")
    >>> trials["correct"] = rng.random(len(trials)) < 1 / (1 + np.exp(-eta))
    >>> fit = fit_glmm("correct ~ condition", trials, random={"participant_id": "1", "case_id": "1"})
    >>> fit.converged, fit.n_observations, fit.coefficients.loc["condition[T.ig]", "p_value"] < 0.001
    (True, 1200, np.True_)
    """
    from analysis.estimators._glmm_families import family_of, outcome_faults
    from analysis.estimators._glmm_optimum import maximise, one_blas_thread
    from analysis.estimators._glmm_result import Fitted
    from analysis.estimators._laplace import Laplace, NoModeError
    from analysis.estimators._mixed_design import mixed_design
    from analysis.estimators._mixed_formula import MixedDesignError

    chosen = family_of(family, link)
    _refuse_settings(random, level=level, df=df, trials=trials, family=family, prior_sd=prior_sd)
    design = mixed_design(formula, table, random=random, extra=[c for c in (trials, offset) if c])
    counts, shift = _extras(design, trials, offset)
    if faults := outcome_faults(chosen, design.response, counts) + _level_faults(design, counts):
        raise MixedDesignError(faults)
    with one_blas_thread():
        laplace = Laplace(design, family=chosen, trials=counts, offset=shift, prior_sd=prior_sd)
        try:
            optimum = maximise(laplace)
        except NoModeError as problem:
            raise CannotEstimateError(f"The mixed model could not be fitted: {problem}.") from None
    kept = table.iloc[design.rows]
    return _result(Fitted(laplace, optimum, kept, dict(random)), df=df, level=level, prior_sd=prior_sd)


def _refuse_settings(
    random: Mapping[str, str | Sequence[str]],
    *,
    level: float,
    df: float,
    trials: str | None,
    family: str,
    prior_sd: float | None,
) -> None:
    faults = []
    if not random:
        faults.append("random must name at least one grouping, such as {'participant_id': '1'}.")
    if not 0 < level < 1:
        faults.append(f"level must lie between 0 and 1, got {level}.")
    if not df > 0:
        faults.append(f"df must be above 0, got {df}.")
    if trials and family != "binomial":
        faults.append(f"trials= belongs to the binomial family, not to {family}; use offset=.")
    if prior_sd is not None and not prior_sd > 0:
        faults.append(f"prior_sd must be above 0, got {prior_sd}.")
    if faults:
        raise ValueError(" ".join(faults))


def _extras(design: MixedDesign, trials: str | None, offset: str | None) -> tuple[Floats, Floats]:
    import numpy as np

    counts = design.extra[trials] if trials else np.ones(design.n)
    return counts, design.extra[offset] if offset else np.zeros(design.n)


def _level_faults(design: MixedDesign, counts: Floats) -> list[str]:
    """A level for each row: nothing tells its effect from the outcome itself."""
    if not bool((counts == 1).all()):
        return []
    return [
        f"every row is a level of its own in '{term.group}'; its variance cannot be estimated."
        for term in design.random
        if term.n_levels == design.n
    ]


def _result(fitted: Fitted, *, df: float, level: float, prior_sd: float | None) -> GlmmResult:
    import pandas as pd

    from analysis.estimators import _glmm_diagnosis as diagnosis
    from analysis.estimators import _glmm_result as result

    laplace, optimum = fitted.laplace, fitted.optimum
    design, psi = laplace.design, optimum.point.psi
    p, change = laplace.p, laplace.beta_map
    covariance = change @ optimum.covariance[:p, :p] @ change.T
    random = result.random_covariances(laplace, psi)
    separated = diagnosis.separated_terms(laplace, optimum)
    singular = diagnosis.singular_notes(laplace, random, psi)
    runaway = diagnosis.runaway_note(laplace, random)
    notes = [
        _missing_note(design),
        _search_note(optimum),
        diagnosis.separation_note(separated, penalised=prior_sd is not None),
        runaway,
        *singular,
        *diagnosis.size_notes(laplace, random, df=df),
        *diagnosis.slope_notes(fitted),
        _dispersion_note(laplace.family, laplace.phi(psi)),
        f"Fixed effects are penalised by a normal prior of standard deviation {prior_sd:g}."
        if prior_sd
        else "",
    ]
    return result.GlmmResult(
        formula=design.formula,
        family=laplace.family.name,
        link=laplace.family.link,
        coefficients=result.coefficient_frame(
            names=design.names, estimate=change @ psi[:p], covariance=covariance, df=df, level=level
        ),
        covariance=pd.DataFrame(covariance, index=list(design.names), columns=list(design.names)),
        random_effects=result.random_frame([term.group for term in design.random], random),
        random_covariances=random,
        log_likelihood=optimum.point.value + laplace.penalty(psi),
        n_parameters=laplace.size,
        n_observations=design.n,
        n_missing=design.n_missing,
        n_levels={term.group: term.n_levels for term in design.random},
        dispersion=laplace.phi(psi) if laplace.family.has_dispersion else math.nan,
        level=level,
        converged=optimum.converged and not runaway and (not separated or prior_sd is not None),
        singular=bool(singular),
        separated=bool(separated),
        notes=tuple(note for note in notes if note),
        fitted=fitted,
    )


def _missing_note(design: MixedDesign) -> str:
    if not design.n_missing:
        return ""
    where = ", ".join(f"{name} {n}" for name, n in design.missing_by_column.items())
    return f"{design.n_missing} of {design.n_missing + design.n} rows left out for missing values ({where})."


def _search_note(optimum: Optimum) -> str:
    if not optimum.converged:
        return f"The fit did not converge: {optimum.why}. Do not use these estimates; simplify the model."
    if optimum.n_flat:
        return (
            f"The likelihood is flat in {optimum.n_flat} direction(s), which the standard errors leave out."
        )
    return ""


def _dispersion_note(family: Family, phi: float) -> str:
    if family.has_dispersion and phi > 1e4:
        return "The counts are not more dispersed than Poisson ones; the dispersion has no finite estimate."
    return ""
