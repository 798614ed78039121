"""Cumulative logit model (proportional odds) for answers on an ordered scale, such as a single questionnaire item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.core.estimate import CannotEstimateError, Estimate, Estimator
from analysis.estimators import registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from analysis.estimators._mixed_design import MixedDesign
    from analysis.estimators._ordinal_result import OrdinalResult

    Floats = npt.NDArray[np.float64]

_ANSWER = "_answer"


def fit_ordinal(
    formula: str,
    table: pd.DataFrame,
    *,
    random: Mapping[str, str] | None = None,
    nodes: int = 15,
    level: float = 0.95,
) -> OrdinalResult:
    """Fit ``logit P(y <= k) = threshold_k - (X beta + u)`` by maximum likelihood, ``u ~ N(0, sd^2)`` by group.

    Parameters
    ----------
    formula : str
        Answer and effects, ``"trust ~ C(condition)"``. The answer is an ordered category, or numbers whose order
        counts and whose distances do not.
    table : pandas.DataFrame
        One row for each answer; rows in which something is missing are left out and counted.
    random : mapping of str to str, optional
        One grouping with a random intercept: ``{"participant_id": "1"}``. Needed when somebody answers several times.
    nodes : int
        Of the adaptive Gauss-Hermite quadrature; 1 is Laplace's approximation.
    level : float
        Coverage of the intervals.

    Returns
    -------
    OrdinalResult
        Log odds ratios.

    Raises
    ------
    CannotEstimateError
        When the table does not fit the formula, the answer has fewer than two categories or as many as there are rows,
        the formula leaves out the intercept (the thresholds hold it), or more than one random intercept is asked for.

    Notes
    -----
    Effects are taken to be the same at every threshold (proportional odds). An effect whose answers do not overlap
    has no finite estimate; that is noted and ``converged`` is False. With the random intercept effects are those for
    one participant, larger than between populations.

    References
    ----------
    .. [1] McCullagh (1980). Regression models for ordinal data. J. R. Stat. Soc. B 42, 109-142.
       https://doi.org/10.1111/j.2517-6161.1980.tb01109.x
    .. [2] Christensen (2022). ordinal, regression models for ordinal data. R package 2022.11-16.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"arm": ["a"] * 6 + ["b"] * 6, "trust": [1, 1, 2, 2, 3, 3, 1, 2, 3, 3, 4, 4]})
    >>> found = fit_ordinal("trust ~ arm", table)
    >>> round(float(found.coefficients["estimate"]["arm[T.b]"]), 3), found.thresholds.index.tolist()
    (1.561, ['1|2', '2|3', '3|4'])
    """
    import numpy as np

    from analysis.estimators._glmm_optimum import one_blas_thread
    from analysis.estimators._ordinal_fit import maximise
    from analysis.estimators._ordinal_likelihood import OrdinalData
    from analysis.estimators._ordinal_result import assemble

    _check(random, nodes=nodes, level=level)
    design, answer, categories = _design(formula, table, random=random or {})
    effects = [at for at, name in enumerate(design.names) if name != "Intercept"]
    if len(effects) == len(design.names):
        raise CannotEstimateError(
            "The formula must not leave out the intercept: the thresholds take its place."
        )
    codes = design.random[0].codes if design.random else np.zeros(design.n, dtype=np.intp)
    order = np.argsort(codes, kind="stable")
    x = design.fixed[:, effects]
    center, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-300)
    data = OrdinalData(
        answer=answer[order],
        x=((x - center) / scale)[order],
        n_categories=len(categories),
        codes=codes[order].astype(np.int64) if design.random else None,
    )
    with one_blas_thread():
        optimum = maximise(data, nodes=nodes)
    names = [design.names[at] for at in effects]
    back = _back(len(categories) - 1, center, scale, data.size)
    return assemble(formula, design, categories, names, optimum, back=back, level=level)


@registry.register
class Ordinal(Estimator):
    """Proportional odds: one log odds ratio between conditions for an answer on an ordered scale."""

    name = "ordinal"
    version = "1"
    label = "Cumulative logit model (proportional odds)"
    assumptions = (
        "The odds ratio is the same at every threshold of the scale.",
        "Answers are independent given the participant; participants' intercepts are normal.",
    )
    returns = ("value", "std_error", "statistic", "low", "high", "p", "details")
    referee = "ordinal 2022.11-16 (R; clm and clmm); statsmodels 0.15 OrderedModel"
    reference = "McCullagh 1980, https://doi.org/10.1111/j.2517-6161.1980.tb01109.x"

    @staticmethod
    def estimate(result: OrdinalResult, weights: Mapping[str, float]) -> Estimate:
        """Return a weighted sum of the coefficients of a fit; see `OrdinalResult.contrast`.

        Parameters
        ----------
        result : OrdinalResult
            Of `fit_ordinal`.
        weights : mapping of str to float
            By term.

        Returns
        -------
        Estimate
            A log odds ratio.
        """
        return result.contrast(weights)


def _check(random: Mapping[str, str] | None, *, nodes: int, level: float) -> None:
    if random and (len(random) > 1 or [str(text).strip() for text in random.values()] != ["1"]):
        raise CannotEstimateError(
            "The ordinal model takes one random intercept, such as random={'participant_id': '1'}; got "
            f"{dict(random)}."
        )
    if nodes < 1 or not 0 < level < 1:
        raise ValueError(f"nodes must be at least 1 and level between 0 and 1, got {nodes} and {level}.")


def _design(
    formula: str, table: pd.DataFrame, *, random: Mapping[str, str]
) -> tuple[MixedDesign, npt.NDArray[np.int64], tuple[str, ...]]:
    """Return the design, the answers as 0 to K - 1 and the names of the categories that occur."""
    import numpy as np
    import pandas as pd

    from analysis.estimators._mixed_design import mixed_design

    name, _, effects = formula.partition("~")
    name = name.strip()
    if not effects or name not in table.columns:
        mixed_design(formula, table, random=random)  # says what is wrong with it
        raise CannotEstimateError(f"The answer must be one column of the table, got '{name}'.")
    answer = table[name]
    if isinstance(answer.dtype, pd.CategoricalDtype):
        if not answer.cat.ordered:
            raise CannotEstimateError(
                f"The categories of {name} have no order; declare it (an ordered category)."
            )
        levels: list[Any] = list(answer.cat.categories)
    elif pd.api.types.is_numeric_dtype(answer.dtype):
        levels = sorted(answer.dropna().unique().tolist())
    else:
        raise CannotEstimateError(f"{name} holds text: its order is not known. Make it an ordered category.")
    place = {level: float(at) for at, level in enumerate(levels)}
    numbered = table.assign(**{_ANSWER: answer.astype(object).map(place).astype(float)})
    design = mixed_design(f"{_ANSWER} ~ {effects}", numbered, random=random)
    there, place_there = np.unique(design.response.astype(np.int64), return_inverse=True)
    _refuse_categories(name, len(there), n=design.n)
    kept = [levels[at] for at in there]
    names = tuple(f"{level:g}" if isinstance(level, float) else str(level) for level in kept)
    return design, place_there.astype(np.int64), names


def _refuse_categories(name: str, count: int, *, n: int) -> None:
    if count < 2:
        raise CannotEstimateError(f"All answers of {name} are the same: there is nothing to compare.")
    if count > 2 and count >= n:
        raise CannotEstimateError(
            f"{name} has as many categories as there are rows ({n}): take it as a number, in a linear model."
        )


def _back(cuts: int, center: Floats, scale: Floats, size: int) -> Floats:
    """Return the matrix that turns parameters for standardised effects into those of the table."""
    import numpy as np

    found = np.eye(size)
    place = np.arange(len(scale)) + cuts
    found[place, place] = 1 / scale
    found[:cuts, place] = center / scale
    return found
