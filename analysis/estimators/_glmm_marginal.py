"""From a fitted mixed model to marginal means and their differences, by g-computation over participants and cases."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.core.estimate import CannotEstimateError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from analysis.estimators._glmm_families import Family
    from analysis.estimators._glmm_result import GlmmResult

    Floats = npt.NDArray[np.float64]

_NODES = 31
_MOST_LEVELS = 50


def marginal_means(fit: GlmmResult, column: str) -> pd.DataFrame:
    """Return the mean outcome if every row had each level of a column; see `marginal_differences`."""
    import numpy as np

    means, slopes = _means(fit, column, levels := _levels(fit, column))
    errors = np.sqrt(np.einsum("ij,jk,ik->i", slopes, fit.fitted.optimum.covariance, slopes))
    return _frame(fit, [str(level) for level in levels], means, errors, name=column)[
        ["estimate", "std_error", "ci_low", "ci_high"]
    ]


def marginal_differences(
    fit: GlmmResult, column: str, contrasts: str | Sequence[str] | None = None
) -> pd.DataFrame:
    """Return differences of marginal means (risks, for the binomial) between levels of a column.

    For each level the column is set to it in every row; the mean of the outcome is then taken over the rows (fixed
    effects) and over new participants and cases, ``E[g^-1(x beta + z b)]`` with ``b ~ N(0, Sigma)``, by Gauss-Hermite
    quadrature (closed form for probit and log). Standard errors by the delta method over fixed effects and variance
    parameters together.

    Parameters
    ----------
    fit : GlmmResult
        A converged fit.
    column : str
        A column of the formula with few levels, such as ``condition``.
    contrasts : str or sequence of str, optional
        Such as ``"ig - ai"``; without it, every level against the first.

    Returns
    -------
    pandas.DataFrame
        By contrast: ``estimate``, ``std_error``, ``statistic``, ``df``, ``p_value``, ``ci_low``, ``ci_high``; on the
        scale of the outcome (0 to 1 for the binomial, per trial).

    Raises
    ------
    CannotEstimateError
        When the fit did not converge, or column, level or contrast are unknown.

    Notes
    -----
    The rows stand for themselves: their covariates are taken as given.

    References
    ----------
    .. [1] Robins (1986). Math. Model. 7, 1393-1512. https://doi.org/10.1016/0270-0255(86)90088-6

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from analysis.estimators.glmm import fit_glmm
    >>> rng = np.random.default_rng(2)
    >>> trials = pd.DataFrame({"who": np.repeat(np.arange(40), 15), "condition": np.tile(list("aab"), 200)})
    >>> chance = 0.5 + rng.normal(0, 0.1, 40)[trials.who] + 0.2 * (trials.condition == "b")
    >>> trials["correct"] = rng.random(600) < chance
    >>> fit = fit_glmm("correct ~ condition", trials, random={"who": "1"})
    >>> found = marginal_differences(fit, "condition", "b - a")
    >>> plain = trials.groupby("condition")["correct"].mean().diff()["b"]
    >>> bool(abs(found["estimate"]["b - a"] - plain) < 0.005)
    True
    """
    import numpy as np

    levels = _levels(fit, column)
    names = [str(level) for level in levels]
    wanted = [contrasts] if isinstance(contrasts, str) else list(contrasts or _all_against_first(names))
    pairs = [_pair(contrast, names, column=column) for contrast in wanted]
    means, slopes = _means(fit, column, levels)
    difference = np.array([means[one] - means[other] for one, other in pairs])
    change = np.array([slopes[one] - slopes[other] for one, other in pairs])
    errors = np.sqrt(np.einsum("ij,jk,ik->i", change, fit.fitted.optimum.covariance, change))
    return _frame(fit, wanted, difference, errors, name="contrast")


def marginal_combination(fit: GlmmResult, column: str, weights: Mapping[str, float]) -> pd.Series[float]:
    """Return a weighted sum of marginal means, such as a main effect or an interaction; see `marginal_differences`.

    Parameters
    ----------
    fit : GlmmResult
        A converged fit.
    column : str
        As for `marginal_differences`.
    weights : mapping
        By level; levels that are not named count nothing.

    Returns
    -------
    pandas.Series
        ``estimate, std_error, statistic, df, p_value, ci_low, ci_high``.

    Raises
    ------
    CannotEstimateError
        As for `marginal_differences`.
    """
    import numpy as np

    levels = _levels(fit, column)
    if unknown := sorted(set(weights) - {str(level) for level in levels}):
        raise CannotEstimateError(f"'{column}' has no level {unknown[0]}.")
    means, slopes = _means(fit, column, levels)
    weight = np.array([weights.get(str(level), 0.0) for level in levels])
    change = weight @ slopes
    error = np.sqrt([change @ fit.fitted.optimum.covariance @ change])
    return _frame(fit, ["effect"], np.array([weight @ means]), error, name="contrast").iloc[0]


def _all_against_first(names: list[str]) -> list[str]:
    return [f"{name} - {names[0]}" for name in names[1:]]


def _pair(contrast: str, names: list[str], *, column: str) -> tuple[int, int]:
    one, separator, other = (part.strip() for part in contrast.partition(" - "))
    if not separator or one not in names or other not in names:
        raise CannotEstimateError(
            f"The contrast '{contrast}' must be two levels of '{column}' with ' - ' between; it has {', '.join(names)}."
        )
    return names.index(one), names.index(other)


def _levels(fit: GlmmResult, column: str) -> list[Any]:
    if not fit.converged:
        raise CannotEstimateError("Marginal means need a fit that converged. " + " ".join(fit.notes[:1]))
    categories = fit.fitted.laplace.design.categories
    if column not in categories:
        raise CannotEstimateError(f"The model has no column '{column}'; it has {', '.join(categories)}.")
    found = categories[column] or sorted(fit.fitted.table[column].unique())
    if not 2 <= len(found) <= _MOST_LEVELS:
        raise CannotEstimateError(f"'{column}' has {len(found)} levels; 2 to {_MOST_LEVELS} can be compared.")
    return list(found)


def _frame(fit: GlmmResult, index: list[str], estimate: Floats, errors: Floats, *, name: str) -> pd.DataFrame:
    import numpy as np

    from analysis.estimators._glmm_result import coefficient_frame

    found = coefficient_frame(
        names=tuple(index),
        estimate=estimate,
        covariance=np.diag(errors**2),
        df=float(fit.coefficients["df"].iloc[0]),
        level=fit.level,
    )
    return found.rename_axis(index=name)


def _means(fit: GlmmResult, column: str, levels: list[Any]) -> tuple[Floats, Floats]:
    """Return the marginal mean at each level and its gradient in psi."""
    import numpy as np

    laplace, table = fit.fitted.laplace, fit.fitted.table
    weight, offset = laplace.trials / laplace.trials.sum(), laplace.offset
    if not _differing(fit, column) and not np.any(offset):  # all rows are alike then: one stands for all
        table, weight, offset = table.iloc[:1], np.ones(1), np.zeros(1)
    means, slopes = [], []
    for level in levels:
        fixed, others = laplace.design.remade(table.assign(**{column: level}))
        mean, slope = _mean(fit, fixed @ laplace.beta_map, others, weight, offset)
        means.append(mean)
        slopes.append(slope)
    return np.array(means), np.array(slopes)


def _differing(fit: GlmmResult, column: str) -> set[str]:
    """Return the columns besides the given one by which rows of the design differ."""
    design = fit.fitted.laplace.design
    apart = {column, fit.formula.partition("~")[0].strip(), *(term.group for term in design.random)}
    return set(design.categories) - apart


def _mean(
    fit: GlmmResult, x: Floats, others: list[Floats], weight: Floats, offset: Floats
) -> tuple[float, Floats]:
    import numpy as np

    laplace = fit.fitted.laplace
    psi = fit.fitted.optimum.point.psi
    rows = [z @ change for z, change in zip(others, laplace.term_maps, strict=True)]
    scores = [z @ block for z, block in zip(rows, laplace.blocks(psi), strict=True)]
    variance = np.sum([(a * a).sum(axis=1) for a in scores], axis=0)
    eta = x @ psi[: laplace.p] + offset
    value, by_eta, by_variance = averaged(laplace.family, eta, variance)
    slope = np.zeros(laplace.size)
    slope[: laplace.p] = x.T @ (weight * by_eta)
    place = laplace.p
    for z, a in zip(rows, scores, strict=True):
        k = z.shape[1]
        full = 2 * (a * (weight * by_variance)[:, None]).T @ z
        slope[place : place + k * (k + 1) // 2] = full[np.triu_indices(k)]
        place += k * (k + 1) // 2
    return float(weight @ value), slope


def averaged(family: Family, eta: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
    """Average the mean of the outcome over a normal deviation of eta.

    Parameters
    ----------
    family : Family
        Family with its link.
    eta, variance : numpy.ndarray, shape (n,)
        Mean and variance of the linear predictor.

    Returns
    -------
    tuple of numpy.ndarray
        The averages and their derivatives in eta and in the variance.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis.estimators._glmm_families import family_of
    >>> [round(float(part[0]), 6) for part in averaged(family_of("poisson", None), np.zeros(1), np.array([2.0]))]
    [2.718282, 2.718282, 1.359141]
    """
    import numpy as np

    if family.link == "log":
        value = np.exp(eta + variance / 2)
        return value, value, value / 2
    if family.link == "probit":
        root = np.sqrt(1 + variance)
        density = family.mean_slope(eta / root)
        return family.mean(eta / root), density / root, -density * eta / (2 * root**3)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    sd = np.sqrt(variance)
    value, by_eta, by_sd = (np.zeros_like(eta) for _ in range(3))
    for node, share in zip(nodes, weights / math.sqrt(2 * math.pi), strict=True):
        slope = share * family.mean_slope(eta + sd * node)
        value += share * family.mean(eta + sd * node)
        by_eta += slope
        by_sd += node * slope
    return value, by_eta, np.where(sd > 1e-8, by_sd / np.maximum(2 * sd, 1e-8), 0.0)
