"""The Laplace approximation of a mixed model's log likelihood, with its gradient; maximised elsewhere.

``l(psi) = log f(y | u) - u'u / 2 - log|H| / 2`` at the mode of u, where ``H = A'WA + I``, W is minus the second
derivative of the log density (observed, as in glmmTMB) and psi is (beta, theta, log phi). The gradient is exact: it
follows the mode (implicit function theorem) and the determinant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.estimators._laplace_system import Effects, Factor, Layout, Rows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from analysis.estimators._glmm_families import Family, Slopes
    from analysis.estimators._mixed_design import MixedDesign

    Floats = npt.NDArray[np.float64]

_PRECISE = 1e-17  # squared distance of the mode, in its own metric, that is left
_CAREFUL = 0.1  # squared distance above which a step is checked to lead uphill


class NoModeError(ArithmeticError):
    """The random effects have no mode that can be found at these parameters."""


@dataclass(frozen=True)
class Point:
    """The approximation at one psi: value, gradient, mode, linear predictor, factor of H."""

    psi: Floats
    value: float
    gradient: Floats
    mode: Effects
    eta: Floats
    factor: Factor


class Laplace:
    """Laplace approximation of one model on one table, in coordinates that suit an optimiser.

    The columns of X and of every term's model matrix are made orthogonal with mean square 1; ``beta_map`` and
    ``term_maps`` lead back: ``beta = beta_map @ psi[:p]``, covariance of a term ``M L L' M'`` with M its map.

    Parameters
    ----------
    design : MixedDesign
        The matrices.
    family : Family
        Of the outcome.
    trials, offset : numpy.ndarray, shape (n,)
        Number of trials of each row (binomial), known part of eta.
    y : numpy.ndarray, shape (n,), optional
        Outcome, when it is not that of the design.
    prior_sd : float, optional
        Standard deviation of a normal prior on the fixed effects but the intercept; plain maximum likelihood without.
    """

    def __init__(
        self,
        design: MixedDesign,
        *,
        family: Family,
        trials: Floats,
        offset: Floats,
        y: Floats | None = None,
        prior_sd: float | None = None,
    ) -> None:
        import numpy as np

        self.design, self.family, self.trials, self.offset = design, family, trials, offset
        self.y = design.response if y is None else y
        self.x, self.beta_map = _orthogonal(design.fixed)
        made = [_orthogonal(term.values) for term in design.random]
        self.term_maps = [change for _, change in made]
        terms = [replace(term, values=values) for term, (values, _) in zip(design.random, made, strict=True)]
        self.layout = Layout(terms)
        self.constant = family.constant(self.y, trials)
        self.p, self.n_theta = design.fixed.shape[1], design.n_theta
        self.size = self.p + self.n_theta + family.has_dispersion
        is_held = np.array([prior_sd is not None and name != "Intercept" for name in design.names])
        self.precision = (self.beta_map.T * is_held) @ self.beta_map / (prior_sd or 1.0) ** 2
        self.n_evaluations = 0
        self._mode = self.layout.zero()
        self._factor: Factor | None = None
        self._lower = [np.triu_indices(term.k) for term in terms]

    def blocks(self, psi: Floats) -> list[Floats]:
        """Return the lower-triangular block of each term."""
        return self.design.blocks(psi[self.p : self.p + self.n_theta])

    def penalty(self, psi: Floats) -> float:
        """Return what the prior takes from the log likelihood."""
        return 0.5 * float(psi[: self.p] @ self.precision @ psi[: self.p])

    def phi(self, psi: Floats) -> float:
        """Return the dispersion, 1 where the family has none."""
        import math

        return math.exp(min(max(psi[-1], -30.0), 30.0)) if self.family.has_dispersion else 1.0

    def at(self, psi: Floats) -> Point:
        """Return value and gradient at psi.

        Raises
        ------
        NoModeError
            When the mode of the random effects cannot be found.
        """
        self.n_evaluations += 1
        rows = self.layout.scaled(self.blocks(psi))
        fixed = self.x @ psi[: self.p] + self.offset
        phi = self.phi(psi)
        mode, eta, slopes = self._find_mode(rows, fixed, phi)
        factor = self._new_factor(rows, slopes)
        self._mode, self._factor = mode, factor
        density = self.family.density(eta, self.y, self.trials, phi)
        value = self.constant + density - 0.5 * mode.dot(mode) - 0.5 * factor.log_det
        gradient = self._gradient(mode=mode, eta=eta, slopes=slopes, factor=factor, phi=phi)
        value -= self.penalty(psi)
        gradient[: self.p] -= self.precision @ psi[: self.p]
        return Point(psi.copy(), value, gradient, mode, eta, factor)

    def _new_factor(self, rows: Rows, slopes: Slopes) -> Factor:
        import numpy as np

        if not np.isfinite(slopes.weight).all():
            raise NoModeError("the weights are not finite")
        try:
            return Factor(rows, slopes.weight)
        except np.linalg.LinAlgError as problem:
            raise NoModeError(str(problem)) from None

    def _find_mode(self, rows: Rows, fixed: Floats, phi: float) -> tuple[Effects, Floats, Slopes]:
        """Newton steps in u; a factorisation is kept as long as steps with it shrink fast."""
        mode, factor, before = self._mode, self._factor, float("inf")
        is_fresh = False
        for _ in range(200):
            eta = fixed + rows.times(mode)
            slopes = self.family.slopes(eta, self.y, self.trials, phi)
            uphill = rows.transposed_times(slopes.score) - mode
            if factor is None:
                factor, is_fresh = self._new_factor(rows, slopes), True
            step = factor.solve(uphill)
            left = uphill.dot(step)
            if not left < (1e6 if is_fresh else 10.0) or (left > 0.3 * before and not is_fresh):
                factor, is_fresh = self._new_factor(rows, slopes), True
                step = factor.solve(uphill)
                left = uphill.dot(step)
            if left <= _PRECISE * (1 + self.layout.n * 1e-4):
                return mode, eta, slopes
            if left > _CAREFUL:
                step = self._uphill(mode, step, rows=rows, fixed=fixed, phi=phi)
                factor = None
            mode, before, is_fresh = mode + step, left, False
        raise NoModeError("the mode of the random effects was not found in 200 steps")

    def _uphill(self, mode: Effects, step: Effects, *, rows: Rows, fixed: Floats, phi: float) -> Effects:
        def height(effects: Effects) -> float:
            eta = fixed + rows.times(effects)
            return self.family.density(eta, self.y, self.trials, phi) - 0.5 * effects.dot(effects)

        here = height(mode)
        for _ in range(40):
            if height(mode + step) >= here - 1e-9 * abs(here):
                return step
            step = step * 0.5
        raise NoModeError("no step leads uphill")

    def _gradient(self, *, mode: Effects, eta: Floats, slopes: Slopes, factor: Factor, phi: float) -> Floats:
        import numpy as np

        rows, lay = factor.rows, self.layout
        products = factor.row_products()
        leverage = (products.big * rows.big).sum(axis=1) + (products.small * rows.small).sum(axis=1)
        pull = leverage * slopes.bend
        s = factor.solve(rows.transposed_times(pull))
        s_rows = rows.times(s)
        net = slopes.score - 0.5 * (pull - slopes.weight * s_rows)
        pieces = [self.x.T @ net]
        for at, (slot, is_big) in enumerate(zip(lay.slots, lay.is_big, strict=True)):
            product = (products.big if is_big else products.small)[:, slot]
            each = (
                net[:, None] * lay.at(mode, at)
                - slopes.weight[:, None] * product
                - 0.5 * slopes.score[:, None] * lay.at(s, at)
            )
            # theta runs down the columns of the lower triangle: that is the upper triangle of the transpose.
            pieces.append((each.T @ lay.z_of(at))[self._lower[at]])
        if self.family.has_dispersion:
            change = self.family.dispersion_slopes(eta, self.y, self.trials, phi)
            total = change.density.sum() - 0.5 * leverage @ change.weight - 0.5 * s_rows @ change.score
            pieces.append(np.array([total]))
        return np.concatenate(pieces)

    def simulated(self, psi: Floats, rng: np.random.Generator) -> Floats:
        """Draw an outcome from the model at psi, with new random effects."""
        drawn = Effects(
            rng.standard_normal((self.layout.n_big, self.layout.k)), rng.standard_normal(self.layout.q_small)
        )
        eta = self.x @ psi[: self.p] + self.offset + self.layout.scaled(self.blocks(psi)).times(drawn)
        return self.family.draw(eta, self.trials, self.phi(psi), rng)

    def reset(self, y: Floats) -> None:
        """Take another outcome."""
        self.y, self.constant = y, self.family.constant(y, self.trials)
        self._mode, self._factor = self.layout.zero(), None

    def start(self) -> Floats:
        """Return a psi to begin from: fixed effects of a model without random ones, moderate variances."""
        import numpy as np

        beta = np.linalg.lstsq(self.x, self.family.start(self.y, self.trials) - self.offset, rcond=None)[0]
        phi = 1.0
        for _ in range(8):
            eta = np.clip(self.x @ beta + self.offset, -12.0, 12.0)
            slopes = self.family.slopes(eta, self.y, self.trials, phi)
            information = self.x.T @ (slopes.weight[:, None] * self.x) + 1e-3 * np.eye(self.p)
            step = np.linalg.solve(information, self.x.T @ slopes.score)
            beta = beta + step * min(1.0, 2.0 / max(1e-9, float(np.abs(step).max())))
        theta = np.where(self.design.is_diagonal(), 0.6, 0.0)
        return np.concatenate([beta, theta, np.zeros(int(self.family.has_dispersion))])

    def rough_curvature(self, point: Point) -> Floats:
        """Return a guess of minus the Hessian at a point, for an optimiser to begin with."""
        import numpy as np

        rows, weight = point.factor.rows, _weight(self, point)
        guess = np.zeros((self.size, self.size))
        for j in range(self.p):
            weighted = weight * self.x[:, j]
            met = point.factor.solve(rows.transposed_times(weighted))
            guess[: self.p, j] = self.x.T @ (weighted - weight * rows.times(met))
        big, _, small = point.factor.inverse
        place = self.p
        for at, (slot, is_big) in enumerate(zip(self.layout.slots, self.layout.is_big, strict=True)):
            term = self.design.random[at]
            if is_big:
                kept = np.diagonal(big, axis1=1, axis2=2)[:, slot]
            else:
                start = sum(
                    t.n_levels * t.k
                    for t, b in zip(self.design.random[:at], self.layout.is_big[:at], strict=True)
                    if not b
                )
                kept = np.diagonal(small)[start : start + term.n_levels * term.k].reshape(-1, term.k)
            told = ((1 - kept) ** 2).sum(axis=0) / np.maximum(np.diag(self.blocks(point.psi)[at]), 0.1) ** 2
            for s, r in zip(*self._lower[at], strict=True):
                guess[place, place] = max(1.0, (2.0 if r == s else 1.0) * float(np.sqrt(told[r] * told[s])))
                place += 1
        if self.family.has_dispersion:
            guess[-1, -1] = max(1.0, 0.1 * self.layout.n)
        return 0.5 * (guess + guess.T) + 1e-6 * np.eye(self.size)


def _weight(laplace: Laplace, point: Point) -> Floats:
    return laplace.family.slopes(point.eta, laplace.y, laplace.trials, laplace.phi(point.psi)).weight


def _orthogonal(values: Floats) -> tuple[Floats, Floats]:
    """Return columns that are orthogonal with mean square 1, and the matrix that leads back to the coefficients."""
    import numpy as np

    if values.shape[1] == 0:
        return values, np.zeros((0, 0))
    root = np.sqrt(len(values))
    upper = np.linalg.qr(values, mode="r") / root
    upper = upper * np.where(np.diag(upper) < 0, -1.0, 1.0)[:, None]
    change = np.linalg.inv(upper)
    return values @ change, change
