"""One simulated study: logistic (or log-normal) trials with crossed effects of participants and cases."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from analysis.power.scenario import Scenario

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

NOBODY = -1
_NODES = 80


@dataclass(frozen=True)
class Draw:
    """The trials of one simulated study.

    Attributes
    ----------
    participant, case, condition : numpy.ndarray of int, shape (T,)
        Of each trial that was answered and counts for the measure.
    outcome : numpy.ndarray of float, shape (T,)
        1 or 0; or the logarithm of a time.
    allocated : numpy.ndarray of int, shape (N,)
        Condition of each participant (between), else all 0.
    """

    participant: npt.NDArray[np.int64]
    case: npt.NDArray[np.int64]
    condition: npt.NDArray[np.int64]
    outcome: npt.NDArray[np.float64]
    allocated: npt.NDArray[np.int64]

    def first(self, participants: int) -> Draw:
        """Return the study as it was when so many participants had come."""
        import numpy as np

        seen = self.participant < participants
        allocated = self.allocated.copy()
        allocated[participants:] = NOBODY
        return Draw(
            self.participant[seen],
            self.case[seen],
            self.condition[seen],
            self.outcome[seen],
            np.asarray(allocated),
        )


def draw_study(scenario: Scenario, rng: np.random.Generator) -> Draw:
    """Draw one study.

    ``logit P(1) = b_x + u_i + w_j + [x is a treatment] (s_i + t_j)`` with independent normal effects of
    participant i and case j; for times the same sum is the mean of the logarithm. ``b_x`` is solved so that the
    share of 1 over all participants and cases is what the scenario says.

    Parameters
    ----------
    scenario : Scenario
        What is true.
    rng : numpy.random.Generator
        Of this study alone.

    Returns
    -------
    Draw
        Participants and cases are drawn anew each time.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis.core.plan import plan_from
    >>> from analysis.power.scenario import scenario_of
    >>> outcome = {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.05}
    >>> study = draw_study(scenario_of(plan_from({"primary": outcome})), np.random.default_rng(1))
    >>> len(study.outcome), len(study.allocated)
    (4800, 200)
    """
    import numpy as np

    n, k = scenario.participants, scenario.trials
    allocated = _allocate(scenario, rng)
    case = _cases(scenario, rng)
    condition = (
        allocated[:, None].repeat(k, axis=1) if scenario.placed == "between" else _within(scenario, rng)
    )
    treated = np.isin(condition, [treatment for treatment, _ in scenario.contrasts])
    person, item = (rng.normal(0.0, 1.0, (2, size)) for size in (n, scenario.cases))
    mean = np.asarray(intercepts(scenario))[condition]
    mean = mean + scenario.participant_sd * person[0][:, None] + scenario.case_sd * item[0][case]
    mean = mean + treated * (scenario.slope_sd * person[1][:, None] + scenario.case_slope_sd * item[1][case])
    if scenario.family == "binary":
        outcome = (rng.random((n, k)) < 1 / (1 + np.exp(-mean))).astype(float)
    else:
        outcome = mean + rng.normal(0.0, scenario.residual_sd, (n, k))
    kept = _kept(scenario, case, rng)
    person_index = np.arange(n)[:, None].repeat(k, axis=1)
    return Draw(person_index[kept], case[kept], condition[kept], outcome[kept], allocated)


@lru_cache(maxsize=64)
def intercepts(scenario: Scenario) -> tuple[float, ...]:
    """Return the intercept of every condition, so that marginal shares are what the scenario says.

    Parameters
    ----------
    scenario : Scenario
        What is true.

    Returns
    -------
    tuple of float
        On the logit or logarithmic scale, by condition. On the odds-ratio scale the treatments are the control's
        intercept plus the logarithm of the odds ratio.
    """
    if scenario.family == "log_time":
        return tuple(math.log(scenario.baseline) + math.log1p(effect) for effect in scenario.effects)
    base = scenario.participant_sd**2 + scenario.case_sd**2
    slopes = scenario.slope_sd**2 + scenario.case_slope_sd**2
    treated = {treatment for treatment, _ in scenario.contrasts}
    if scenario.effect_scale == "odds_ratio":
        low = marginal_intercept(scenario.baseline, sd=math.sqrt(base))
        return tuple(low + math.log(effect) for effect in scenario.effects)
    return tuple(
        marginal_intercept(
            scenario.baseline + effect, sd=math.sqrt(base + (slopes if at in treated else 0.0))
        )
        for at, effect in enumerate(scenario.effects)
    )


def marginal_intercept(share: float, *, sd: float) -> float:
    """Solve ``E[expit(b + sd Z)] = share`` for b.

    Parameters
    ----------
    share : float
        Between 0 and 1.
    sd : float
        Of all random effects together.

    Returns
    -------
    float
        On the logit scale.

    Examples
    --------
    >>> round(marginal_intercept(0.7, sd=0.0), 6), round(marginal_intercept(0.5, sd=2.0), 6)
    (0.847298, 0.0)
    """
    import numpy as np
    from scipy import optimize

    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()
    if sd == 0:
        return math.log(share / (1 - share))
    reach = 5 + 3 * sd + abs(math.log(share / (1 - share)))

    def over(b: float) -> float:
        return float(weights @ (1 / (1 + np.exp(-(b + sd * nodes))))) - share

    return float(optimize.brentq(over, -reach * 3, reach * 3, xtol=1e-10))


def _allocate(scenario: Scenario, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    import numpy as np

    n = scenario.participants
    if scenario.placed == "within":
        return np.zeros(n, dtype=np.int64)
    block = np.repeat(np.arange(len(scenario.conditions)), scenario.ratio or (1,) * len(scenario.conditions))
    blocks = [rng.permutation(block) for _ in range(-(-n // len(block)))]
    return np.concatenate(blocks)[:n].astype(np.int64)


def _cases(scenario: Scenario, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    import numpy as np

    shape = (scenario.participants, scenario.cases)
    if scenario.trials == scenario.cases and scenario.attrition == 0:
        return np.broadcast_to(np.arange(scenario.cases), shape).astype(np.int64)
    return np.argsort(rng.random(shape), axis=1)[:, : scenario.trials].astype(np.int64)


def _within(scenario: Scenario, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    import numpy as np

    row = np.resize(np.arange(len(scenario.conditions)), scenario.trials)
    return rng.permuted(np.tile(row, (scenario.participants, 1)), axis=1).astype(np.int64)


def _kept(scenario: Scenario, case: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    import numpy as np

    n, k = scenario.participants, scenario.trials
    kept = np.ones((n, k), dtype=bool)
    if scenario.attrition > 0:
        left = np.where(rng.random(n) < scenario.attrition, rng.integers(0, k, n), k)
        kept &= np.arange(k)[None, :] < left[:, None]
    if scenario.opportunities < 1:
        counts = rng.permutation(scenario.cases)[: max(1, round(scenario.opportunities * scenario.cases))]
        kept &= np.isin(case, counts)
    return kept
