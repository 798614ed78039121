"""Linear mixed model with crossed random effects and slopes, REML or ML, Satterthwaite degrees of freedom."""

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

    from analysis.estimators._lmm_fit import Optimum
    from analysis.estimators._lmm_products import Products
    from analysis.estimators._lmm_result import LmmResult, Spread
    from analysis.estimators._mixed_design import MixedDesign

    Floats = npt.NDArray[np.float64]


def fit_lmm(
    formula: str,
    table: pd.DataFrame,
    *,
    random: Mapping[str, str | Sequence[str]],
    reml: bool = True,
    level: float = 0.95,
) -> LmmResult:
    """Fit ``y = X beta + Z b + e`` with ``b ~ N(0, sigma^2 Lambda Lambda')``, ``e ~ N(0, sigma^2)``.

    The deviance is profiled over beta and sigma and minimised over theta, the entries of Lambda, as in lme4; t tests
    take Satterthwaite's degrees of freedom, as in lmerTest.

    Parameters
    ----------
    formula : str
        Outcome and fixed effects, ``"log(rt_ms) ~ C(condition) + trial_index"``.
    table : pandas.DataFrame
        One row for each trial; rows in which something is missing are left out and counted.
    random : mapping of str to str or sequence of str
        Grouping column to its random effects: ``"1"``, ``"1 + condition"`` (correlated), ``["1", "0 + trial"]`` (not
        correlated). The first grouping is taken to be the people: effects that vary within them and have no random
        slope are noted.
    reml : bool
        Restricted maximum likelihood; False to compare models with different fixed effects.
    level : float
        Coverage of the intervals.

    Returns
    -------
    LmmResult
        In the unit of the outcome.

    Raises
    ------
    CannotEstimateError
        When the table does not fit the formulas (all faults at once), there are no random effects, a grouping has as
        many random effects as there are rows, or the outcome does not vary.

    Notes
    -----
    A singular fit (a variance of 0, a correlation of 1) is reported, not repaired: its coefficients are those at the
    edge. Without random effects for participants, trials of one person would count as independent.

    References
    ----------
    .. [1] Bates, Maechler, Bolker & Walker (2015). J. Stat. Softw. 67(1). https://doi.org/10.18637/jss.v067.i01
    .. [2] Kuznetsova, Brockhoff & Christensen (2017). J. Stat. Softw. 82(13).
       https://doi.org/10.18637/jss.v082.i13

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame([(p, c, "ab"[p % 2]) for p in range(20) for c in range(8)], columns=["p", "c", "arm"])
    >>> table["y"] = rng.normal(size=20)[table["p"]] + rng.normal(size=8)[table["c"]] + rng.normal(size=160)
    >>> found = fit_lmm("y ~ arm", table, random={"p": "1", "c": "1"})
    >>> found.converged, round(float(found.coefficients["df"]["arm[T.b]"]), 3)
    (True, 18.0)
    """
    import numpy as np

    from analysis.estimators._glmm_optimum import one_blas_thread
    from analysis.estimators._lmm_fit import optimise
    from analysis.estimators._lmm_products import form_products
    from analysis.estimators._mixed_design import mixed_design

    if not random:
        raise CannotEstimateError(
            "A mixed model needs random effects, such as random={'participant_id': '1'}: without them trials of one "
            "participant would count as independent."
        )
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level}.")
    design = mixed_design(formula, table, random=random)
    _refuse_unidentified(design)
    q, r = np.linalg.qr(design.fixed)
    flat = q.T @ design.response
    y = design.response - q @ flat
    scale = math.sqrt(float(y @ y) / len(y))
    if scale <= 1e-10 * max(1e-300, float(np.abs(design.response).max())):
        raise CannotEstimateError(
            "The outcome does not vary beyond what the fixed effects say: nothing to fit."
        )
    products, sizes = form_products(design, q=q, y=y / scale, is_reml=reml)
    with one_blas_thread():
        optimum = optimise(products)
        sigma = math.sqrt(optimum.point.rss / products.divisor)
        return _Assembly(design, products, optimum, r, scale, sizes, level).result(flat, sigma)


@registry.register
class Lmm(Estimator):
    """Linear mixed model: one contrast of its coefficients."""

    name = "lmm"
    version = "1"
    label = "Linear mixed model (REML, Satterthwaite)"
    assumptions = (
        "Participants and cases are random samples; their effects are normal.",
        "Residuals are independent and normal with one variance.",
        "Every effect that varies within participants has a random slope, unless it is the same for everybody.",
    )
    returns = ("value", "std_error", "df", "statistic", "low", "high", "p", "n", "details")
    referee = "lme4 1.1-31 with lmerTest 3.1-3 (R); statsmodels MixedLM 0.15"
    reference = "Bates et al. 2015, https://doi.org/10.18637/jss.v067.i01"

    @staticmethod
    def estimate(result: LmmResult, weights: Mapping[str, float]) -> Estimate:
        """Return a weighted sum of the coefficients of a fitted model; see `LmmResult.contrast`.

        Parameters
        ----------
        result : LmmResult
            Of `fit_lmm`.
        weights : mapping of str to float
            By term.

        Returns
        -------
        Estimate
            In the unit of the outcome.
        """
        return result.contrast(weights)


def _refuse_unidentified(design: MixedDesign) -> None:
    faults = [
        f"The grouping {term.group} asks for {term.n_levels * term.k} random effects, and there are {design.n} rows: "
        "they cannot be told from the residual. Leave out a random effect or the grouping."
        for term in design.random
        if term.n_levels * term.k >= design.n
    ]
    twice = [
        f"The grouping {term.group} has the random effect {name} twice."
        for at, term in enumerate(design.random)
        for name in term.names
        if any(name in other.names and other.group == term.group for other in design.random[:at])
    ]
    if faults or twice:
        raise CannotEstimateError(" ".join(faults + twice))


class _Assembly:
    """Turns an optimum in scaled, orthonormal terms back into the terms of the table."""

    def __init__(
        self,
        design: MixedDesign,
        products: Products,
        optimum: Optimum,
        r: Floats,
        scale: float,
        sizes: Floats,
        level: float,
    ) -> None:
        self.design, self.products, self.optimum = design, products, optimum
        self.r, self.scale, self.sizes, self.level = r, scale, sizes, level

    def result(self, flat: Floats, sigma: float) -> LmmResult:
        import numpy as np

        from analysis.estimators import _lmm_report as report
        from analysis.estimators._lmm_result import LmmResult

        design, optimum, theta = self.design, self.optimum, self.optimum.theta / self.sizes
        beta = np.asarray(
            np.linalg.solve(self.r, flat + self.scale * optimum.point.coefficients), dtype=np.float64
        )
        spread, sigma_y = self._spread(sigma), sigma * self.scale
        modes = self._modes()
        covariances = report.random_covariances(design, theta, sigma_y)
        fitted = design.fixed @ beta + sum(
            (term.values * found[term.codes]).sum(axis=1)
            for term, found in zip(design.random, modes, strict=True)
        )
        return LmmResult(
            formula=design.formula,
            method="REML" if self.products.is_reml else "ML",
            coefficients=report.coefficient_frame(design.names, beta, spread, level=self.level),
            random_effects=report.random_frame(design, covariances, sigma_y),
            random_covariances=covariances,
            log_likelihood=self._log_likelihood(),
            n_observations=design.n,
            n_missing=design.n_missing,
            n_levels={term.group: term.n_levels for term in design.random},
            n_parameters=len(beta) + len(theta) + 1,
            converged=optimum.is_converged,
            singular=optimum.is_singular,
            notes=report.notes(design, optimum),
            theta=theta,
            sigma=sigma_y,
            fitted=fitted,
            residuals=design.response - fitted,
            modes=report.mode_frames(design, modes),
            spread=spread,
            level=self.level,
        )

    def _log_likelihood(self) -> float:
        import numpy as np

        p = self.products
        value = self.optimum.deviance + 2 * p.divisor * math.log(self.scale)
        if p.is_reml:
            value += 2 * float(np.log(np.abs(np.diag(self.r))).sum())
        return -value / 2

    def _spread(self, sigma: float) -> Spread:
        import numpy as np

        from analysis.estimators._lmm_fit import hessian
        from analysis.estimators._lmm_result import Spread

        point = self.optimum.point
        back = self.scale * np.linalg.inv(self.r)
        plain = point.unscaled
        slopes = [-(sigma**2) * plain @ slope[:-1, :-1] @ plain for slope in point.gram_slopes]
        slopes.append(2 * sigma * plain)
        sizes, directions = np.linalg.eigh(hessian(self.products, self.optimum.theta, sigma))
        kept = sizes > max(1e-8, 1e-9 * float(sizes.max()))
        return Spread(
            vcov=sigma**2 * back @ plain @ back.T,
            slopes=np.array([back @ slope @ back.T for slope in slopes]),
            of_parameters=2 * (directions[:, kept] / sizes[kept]) @ directions[:, kept].T,
        )

    def _modes(self) -> list[Floats]:
        """Return the conditional modes of each term of the design, levels x coefficients."""
        import numpy as np

        found: list[Floats] = [np.zeros(0)] * len(self.design.random)
        for factor, modes in zip(
            (self.products.first, *self.products.rest), self.optimum.point.modes, strict=True
        ):
            corner = 0
            for at in factor.terms:
                term = self.design.random[at]
                own = modes[:, corner : corner + term.k]
                size = np.sqrt((term.values**2).mean(axis=0))
                found[at] = self.scale * own / np.where(size == 0, 1.0, size)
                corner += term.k
        return found
