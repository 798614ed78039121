"""What is wrong with a fitted mixed model, in words: separation, singular variances, few levels, missing slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.estimators._mixed_formula import columns_of, factors_of, parts_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from analysis.estimators._glmm_optimum import Optimum
    from analysis.estimators._glmm_result import Fitted
    from analysis.estimators._laplace import Laplace
    from analysis.estimators._mixed_design import RandomTerm

    Floats = npt.NDArray[np.float64]

SINGULAR = 1e-3  # standard deviation, in units of the link, below which a direction of random effects is none
FEW_LEVELS = 20
HUGE_SD = 8.0
ROUGH_SD, ROUGH_ROWS = 2.0, 10
_SUSPICIOUS = 5.0
_MOST_ROWS = 20_000


def separated_terms(laplace: Laplace, optimum: Optimum) -> list[str]:
    """Name the fixed effects for which the outcome has no finite estimate (complete or quasi-separation).

    A direction d exists with ``x d >= 0`` wherever there was a success and ``x d <= 0`` wherever there was a failure,
    not 0 everywhere; found by linear programming on the distinct rows (Konis 2007). It is looked for when an estimate
    or its standard error is large.

    Parameters
    ----------
    laplace : Laplace
        The model.
    optimum : Optimum
        Where its search ended.

    Returns
    -------
    list of str
        Empty when there is none.
    """
    import numpy as np

    size = np.abs(optimum.point.psi[: laplace.p]).max()
    error = np.sqrt(np.maximum(np.diag(optimum.covariance)[: laplace.p], 0)).max()
    if size < _SUSPICIOUS and error < _SUSPICIOUS and optimum.converged and optimum.n_flat == 0:
        return []
    if laplace.family.name == "binomial":
        hit, miss = laplace.y > 0, laplace.y < laplace.trials
    else:
        hit, miss = laplace.y > 0, np.ones(len(laplace.y), dtype=bool)
    rows, inverse = np.unique(laplace.design.fixed, axis=0, return_inverse=True)
    if len(rows) > _MOST_ROWS:
        return []
    hits, misses = (np.bincount(inverse.ravel(), side, len(rows)) > 0 for side in (hit, miss))
    direction = _direction(rows, hits, misses, counts=laplace.family.name != "binomial")
    return [name for name, value in zip(laplace.design.names, direction, strict=True) if abs(value) > 1e-6]


def _direction(
    rows: Floats, hits: npt.NDArray[np.bool_], misses: npt.NDArray[np.bool_], *, counts: bool
) -> Floats:
    import numpy as np
    from scipy import optimize

    scaled = rows / np.maximum(np.abs(rows).max(axis=0), 1e-300)
    both = hits if counts else hits & misses
    one = ~both
    if not one.any():
        return np.zeros(rows.shape[1])
    signed = np.where(hits, 1.0, -1.0)[one, None] * scaled[one]
    fixed = {"A_eq": scaled[both], "b_eq": np.zeros(both.sum())} if both.any() else {}
    found = optimize.linprog(
        -signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1), method="highs", **fixed
    )
    if not found.success or float(found.fun or 0.0) > -1e-6:
        return np.zeros(rows.shape[1])
    return np.asarray(found.x, dtype=float)


def separation_note(terms: list[str], *, penalised: bool) -> str:
    """Say what separation means for the reader."""
    if not terms:
        return ""
    named = ", ".join(terms)
    if penalised:
        return f"Without the prior the estimate(s) of {named} would not be finite (separation)."
    return (
        f"The outcome is separated: some cells have only successes or only failures, and {named} have no finite "
        "estimate. Their standard errors and Wald tests mean nothing; use the design-based test, or prior_sd=2.5."
    )


def singular_notes(laplace: Laplace, covariances: tuple[pd.DataFrame, ...], psi: Floats) -> list[str]:
    """Say which random effects have no variance, or are tied to each other.

    Parameters
    ----------
    laplace : Laplace
        The model.
    covariances : tuple of pandas.DataFrame
        Of its random terms.
    psi : numpy.ndarray
        Its parameters.

    Returns
    -------
    list of str
        One sentence for each singular term.
    """
    import numpy as np

    notes = []
    for term, covariance, block in zip(laplace.design.random, covariances, laplace.blocks(psi), strict=True):
        if np.linalg.svd(block, compute_uv=False)[-1] >= SINGULAR:
            continue
        size = np.sqrt(np.mean(term.values**2, axis=0) * np.maximum(np.diag(covariance), 0))
        gone = [name for name, sd in zip(term.names, size, strict=True) if sd < SINGULAR]
        if gone:
            what = f"the variance of {', '.join(gone)} is estimated as 0"
        else:
            what = f"the random effects {', '.join(term.names)} are tied to each other (correlation 1 or -1)"
        notes.append(
            f"Singular fit: for {term.group} {what}; the data hold fewer random effects than the model. Estimates of "
            "fixed effects stay valid; a reduced model should give nearly the same."
        )
    return notes


def size_notes(laplace: Laplace, covariances: tuple[pd.DataFrame, ...], *, df: float) -> list[str]:
    """Say which groupings have few levels, and which variances the approximation overstates."""
    import math

    notes = []
    levels = {term.group: term.n_levels for term in laplace.design.random}
    few = [f"{n} levels of {group}" for group, n in levels.items() if n <= FEW_LEVELS]
    if few and math.isinf(df):
        notes.append(
            f"Only {' and '.join(few)}: normal tests are too sure of themselves. Give df= (such as participants - 1) "
            "or decide by the design-based test."
        )
    for term, covariance in zip(laplace.design.random, covariances, strict=True):
        sd, rows = _contribution(laplace, term, covariance), laplace.trials.sum() / term.n_levels
        if ROUGH_SD < sd <= HUGE_SD and rows < ROUGH_ROWS:
            notes.append(
                f"{rows:.0f} trials for each level of {term.group} and a standard deviation of {sd:.1f}: the Laplace "
                "approximation tends to overstate such variances, and conditional effects with them. Rely on the "
                "marginal difference and the design-based test."
            )
    return notes


def _contribution(laplace: Laplace, term: RandomTerm, covariance: pd.DataFrame) -> float:
    """Return the largest standard deviation that one of a term's effects adds to eta; 0 for counts."""
    import numpy as np

    if laplace.family.name != "binomial":
        return 0.0
    size = np.mean(term.values**2, axis=0) * np.diag(covariance)
    return float(np.sqrt(size.max()))


def runaway_note(laplace: Laplace, covariances: tuple[pd.DataFrame, ...]) -> str:
    """Say that the approximation has broken down: with few trials for each level it may rise without end.

    Parameters
    ----------
    laplace : Laplace
        The model.
    covariances : tuple of pandas.DataFrame
        Of its random terms.

    Returns
    -------
    str
        Empty unless a standard deviation on the scale of the link is above 8.
    """
    pairs = zip(laplace.design.random, covariances, strict=True)
    huge = [term.group for term, covariance in pairs if _contribution(laplace, term, covariance) > HUGE_SD]
    if not huge:
        return ""
    return (
        f"The fit ran away: random effects of {' and '.join(huge)} have a standard deviation above {HUGE_SD:g}, since "
        "most levels are always right or always wrong. Do not use these estimates; simplify the random effects or "
        "decide by the design-based test."
    )


def slope_notes(fitted: Fitted) -> list[str]:
    """Say which factors vary within the levels of a grouping that has no slope for them.

    Parameters
    ----------
    fitted : Fitted
        Model and table.

    Returns
    -------
    list of str
        At most one sentence.
    """
    design = fitted.laplace.design
    factors = factors_of(design.info)
    lacking = []
    for group, texts in fitted.random.items():
        sources = [texts] if isinstance(texts, str) else list(texts)
        present = {
            c for text in sources for code in parts_of(text, where="random")[1] for c in columns_of(code)
        }
        keys = [part.strip() for part in group.split(":")]
        for column in factors:
            if column in present or column in keys:
                continue
            if (fitted.table.groupby(keys, observed=True)[column].nunique() > 1).any():
                lacking.append(f"{column} within {group}")
    if not lacking:
        return []
    note = (
        f"No random slope for {', '.join(lacking)}: where effects differ between such levels, standard errors are too "
        "small (Barr et al. 2013)."
    )
    return [note]
