"""Likelihood-ratio tests, profile intervals and the parametric bootstrap of a fitted mixed model."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from analysis.estimators._glmm_result import GlmmResult
    from analysis.estimators._laplace import Laplace

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LikelihoodRatio:
    """A likelihood-ratio test.

    Attributes
    ----------
    statistic : float
        Twice the difference of log likelihoods.
    df : int
        Parameters that the smaller model lacks.
    p_value : float
        From chi-squared with ``df`` degrees of freedom.
    notes : tuple of str
        Sentences for the report.
    """

    statistic: float
    df: int
    p_value: float
    notes: tuple[str, ...] = ()


def likelihood_ratio(larger: GlmmResult, smaller: GlmmResult | str) -> LikelihoodRatio:
    """Compare two nested models, or a model with the one that lacks a term.

    Parameters
    ----------
    larger : GlmmResult
        A converged fit.
    smaller : GlmmResult or str
        A fit nested in it on the same rows; or a term of its formula (``"C(condition)"``) or one coefficient, which
        is left out and the rest fitted again.

    Returns
    -------
    LikelihoodRatio
        The test.

    Raises
    ------
    CannotEstimateError
        When the models are not nested, not on the same rows, penalised, or did not converge.

    Notes
    -----
    A variance tested against 0 lies on the edge of its range; the p value is then too large (at most twofold for one
    variance), and a note says so.

    References
    ----------
    .. [1] Self & Liang (1987). J. Am. Stat. Assoc. 82, 605-610. https://doi.org/10.1080/01621459.1987.10478472

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from analysis.estimators.glmm import fit_glmm
    >>> rng = np.random.default_rng(2)
    >>> trials = pd.DataFrame({"who": np.repeat(np.arange(40), 15), "condition": np.tile(list("aab"), 200)})
    >>> chance = 0.5 + rng.normal(0, 0.1, 40)[trials.who] + 0.2 * (trials.condition == "b")
    >>> trials["correct"] = rng.random(600) < chance
    >>> fit = fit_glmm("correct ~ condition", trials, random={"who": "1"})
    >>> test = likelihood_ratio(fit, "condition")
    >>> test.df, test.p_value < 0.05
    (1, True)
    """
    from scipy import stats

    if isinstance(smaller, str):
        value, lost = _without(larger, smaller)
        notes: tuple[str, ...] = ()
    else:
        _refuse_unnested(larger, smaller)
        value, lost = smaller.log_likelihood, larger.n_parameters - smaller.n_parameters
        fewer = sum(len(c) for c in smaller.random_covariances) < sum(
            len(c) for c in larger.random_covariances
        )
        edge = "The test of a variance is conservative: 0 lies on the edge of its range."
        notes = (edge,) if fewer else ()
    _refuse_unfit(larger)
    statistic = max(0.0, 2 * (larger.log_likelihood - value))
    return LikelihoodRatio(statistic, lost, float(stats.chi2.sf(statistic, lost)), notes)


def _refuse_unfit(fit: GlmmResult) -> None:
    if not fit.converged:
        raise CannotEstimateError(
            "A fit that did not converge cannot be compared. " + " ".join(fit.notes[:1])
        )
    if fit.fitted.laplace.precision.any():
        raise CannotEstimateError("A penalised fit has no likelihood-ratio test; fit without prior_sd.")


def _refuse_unnested(larger: GlmmResult, smaller: GlmmResult) -> None:
    import numpy as np

    for fit in (larger, smaller):
        _refuse_unfit(fit)
    one, other = larger.fitted.laplace, smaller.fitted.laplace
    if (larger.family, larger.link) != (smaller.family, smaller.link):
        raise CannotEstimateError("The two models have different families or links.")
    if one.y.shape != other.y.shape or not np.array_equal(one.y, other.y):
        raise CannotEstimateError(
            f"The two models are not on the same rows ({larger.n_observations} and {smaller.n_observations})."
        )
    rest = other.x - one.x @ (one.x.T @ other.x) / len(one.x)
    groups = set(larger.random_effects["group"] + " " + larger.random_effects["term"])
    inner = set(smaller.random_effects["group"] + " " + smaller.random_effects["term"])
    if np.abs(rest).max() > 1e-6 or not inner <= groups or smaller.n_parameters >= larger.n_parameters:
        raise CannotEstimateError(
            f"'{smaller.formula}' is not nested in '{larger.formula}' with fewer parameters: its fixed and random "
            "effects must all be in the larger model."
        )


def _without(fit: GlmmResult, term: str) -> tuple[float, int]:
    """Fit again without the columns of a term: the log likelihood, and how many columns they are."""
    import numpy as np

    design = fit.fitted.laplace.design
    slices = dict(design.info.term_name_slices)
    dropped = np.zeros(len(design.names), dtype=bool)
    if term in slices:
        dropped[slices[term]] = True
    elif term in design.names:
        dropped[design.names.index(term)] = True
    else:
        raise CannotEstimateError(
            f"The model has no term '{term}'; it has {', '.join([*slices, *design.names[1:]])}."
        )
    laplace, start = _reduced(fit, ~dropped)
    return _climbed(laplace, start), int(dropped.sum())


def _reduced(fit: GlmmResult, kept: npt.NDArray[np.bool_]) -> tuple[Laplace, Floats]:
    import numpy as np

    from analysis.estimators._laplace import Laplace

    old = fit.fitted.laplace
    names = tuple(name for name, stays in zip(old.design.names, kept, strict=True) if stays)
    design = replace(old.design, fixed=old.design.fixed[:, kept], names=names)
    laplace = Laplace(design, family=old.family, trials=old.trials, offset=old.offset, y=old.y)
    psi = fit.fitted.optimum.point.psi
    beta = (old.beta_map @ psi[: old.p])[kept]
    return laplace, np.concatenate([np.linalg.solve(laplace.beta_map, beta), psi[old.p :]])


def _climbed(laplace: Laplace, start: Floats) -> float:
    from analysis.estimators._glmm_optimum import maximise, one_blas_thread

    with one_blas_thread():
        return maximise(laplace, start).point.value


def profile_interval(fit: GlmmResult, term: str) -> tuple[float, float]:
    """Return the profile-likelihood interval of one coefficient.

    The values b for which ``2 (l_max - l(b)) <= chi2_{1; level}``, l(b) being the log likelihood maximised over
    everything else.

    Parameters
    ----------
    fit : GlmmResult
        A converged fit without penalty.
    term : str
        Name of the coefficient.

    Returns
    -------
    tuple of float
        Low and high; infinite where the profile never falls that far.

    Raises
    ------
    CannotEstimateError
        When the fit did not converge, is penalised or has no such coefficient.

    References
    ----------
    .. [1] Venzon & Moolgavkar (1988). Appl. Stat. 37, 87-94. https://doi.org/10.2307/2347496

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from analysis.estimators.glmm import fit_glmm
    >>> rng = np.random.default_rng(2)
    >>> trials = pd.DataFrame({"who": np.repeat(np.arange(40), 15), "condition": np.tile(list("aab"), 200)})
    >>> chance = 0.5 + rng.normal(0, 0.1, 40)[trials.who] + 0.2 * (trials.condition == "b")
    >>> trials["correct"] = rng.random(600) < chance
    >>> fit = fit_glmm("correct ~ condition", trials, random={"who": "1"})
    >>> low, high = profile_interval(fit, "condition[T.b]")
    >>> bool(low < fit.coefficients["estimate"]["condition[T.b]"] < high)
    True
    """
    import numpy as np
    from scipy import stats

    from analysis.estimators._glmm_optimum import climbed, one_blas_thread

    _refuse_unfit(fit)
    design = fit.fitted.laplace.design
    if term not in design.names:
        raise CannotEstimateError(f"The model has no coefficient '{term}'; it has {', '.join(design.names)}.")
    at = design.names.index(term)
    laplace, psi = _reduced(fit, np.arange(len(design.names)) != at)
    offset, column = laplace.offset, design.fixed[:, at]
    estimate, error = (float(fit.coefficients[name].iloc[at]) for name in ("estimate", "std_error"))
    target = math.sqrt(float(stats.chi2.ppf(fit.level, 1)))
    starts = {"psi": psi}

    def root(value: float) -> float:
        laplace.offset = offset + value * column
        point = climbed(laplace, starts["psi"])
        starts["psi"] = point.psi
        return math.sqrt(max(0.0, 2 * (fit.log_likelihood - point.value)))

    with one_blas_thread():
        low = _crossing(root, estimate, -error, target)
        starts["psi"] = psi
        return low, _crossing(root, estimate, error, target)


def _crossing(root: Callable[[float], float], estimate: float, unit: float, target: float) -> float:
    """Find where the root of the deviance reaches the target on one side; it is nearly a straight line."""
    near, far, height = 0.0, target, 0.0
    for _ in range(25):
        found = root(estimate + far * unit)
        if abs(found - target) < 1e-4:
            return estimate + far * unit
        slope = (found - height) / (far - near)
        if slope <= 0 or far > 50 * target:
            return math.copysign(math.inf, unit)
        near, height, far = far, found, far + max(-0.5 * far, min(far, (target - found) / slope))
    return math.copysign(math.inf, unit)


def bootstrap_intervals(fit: GlmmResult, *, n: int = 500, seed: int = 1) -> pd.DataFrame:
    """Return percentile intervals of the coefficients from a parametric bootstrap.

    New participants, cases and outcomes are drawn from the fitted model and it is fitted again, n times.

    Parameters
    ----------
    fit : GlmmResult
        A converged fit.
    n : int
        Draws.
    seed : int
        Of the draws.

    Returns
    -------
    pandas.DataFrame
        By term: ``estimate``, ``std_error``, ``ci_low``, ``ci_high``; ``n_failed`` draws could not be fitted and are
        left out.

    Raises
    ------
    CannotEstimateError
        When the fit did not converge, or more than a tenth of the draws fail.

    References
    ----------
    .. [1] Efron & Tibshirani (1993). An Introduction to the Bootstrap, chapter 6.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from analysis.estimators.glmm import fit_glmm
    >>> rng = np.random.default_rng(2)
    >>> trials = pd.DataFrame({"who": np.repeat(np.arange(40), 15), "condition": np.tile(list("aab"), 200)})
    >>> chance = 0.5 + rng.normal(0, 0.1, 40)[trials.who] + 0.2 * (trials.condition == "b")
    >>> trials["correct"] = rng.random(600) < chance
    >>> fit = fit_glmm("correct ~ condition", trials, random={"who": "1"})
    >>> bootstrap_intervals(fit, n=3).columns.tolist()
    ['estimate', 'std_error', 'ci_low', 'ci_high', 'n_failed']
    """
    import numpy as np
    import pandas as pd

    from analysis.estimators._glmm_optimum import climbed, one_blas_thread
    from analysis.estimators._laplace import NoModeError

    _refuse_unfit(fit)
    rng = np.random.default_rng(seed)
    laplace, psi = fit.fitted.laplace, fit.fitted.optimum.point.psi
    found, n_failed = [], 0
    with one_blas_thread():
        for _ in range(n):
            drawn = copy.copy(laplace)
            drawn.reset(laplace.simulated(psi, rng))
            try:
                found.append(laplace.beta_map @ climbed(drawn, psi).psi[: laplace.p])
            except NoModeError:
                n_failed += 1
    if n_failed > 0.1 * n:
        raise CannotEstimateError(f"{n_failed} of {n} bootstrap draws could not be fitted.")
    low, high = np.quantile(found, [(1 - fit.level) / 2, (1 + fit.level) / 2], axis=0)
    columns = {
        "estimate": fit.coefficients["estimate"].to_numpy(),
        "std_error": np.std(found, axis=0, ddof=1),
        "ci_low": low,
        "ci_high": high,
        "n_failed": n_failed,
    }
    return pd.DataFrame(columns, index=fit.coefficients.index)
