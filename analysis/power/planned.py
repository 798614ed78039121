"""The planned test on a simulated study: one p value for each contrast, by the estimator that the plan names."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from analysis.core.estimate import CannotEstimateError, Direction, Estimate
from analysis.power.generate import Draw
from analysis.power.scenario import CannotSimulateError, Scenario

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SIMULATED = ("participant_contrast", "permutation", "sign_flip", "glmm", "lmm")


def check_simulated(scenario: Scenario) -> None:
    """Refuse a question whose planned test cannot be simulated here.

    Parameters
    ----------
    scenario : Scenario
        As planned.

    Raises
    ------
    CannotSimulateError
        With what to do instead.
    """
    if scenario.estimator == "mrmc":
        raise CannotSimulateError(
            "The power of a reader study is computed, not simulated: use analysis.power.mrmc_power with the variance "
            "components of a pilot."
        )
    if scenario.estimator == "lmm" and scenario.family != "log_time":
        raise CannotSimulateError(
            "A linear mixed model is simulated for times only; plan a glmm for right and wrong."
        )
    if scenario.estimator == "glmm" and scenario.family != "binary":
        raise CannotSimulateError(
            "A logistic mixed model needs trials that are right or wrong; plan an lmm for times."
        )
    if scenario.claim != "difference" and scenario.estimator not in ("participant_contrast", "sign_flip"):
        raise CannotSimulateError(
            f"{scenario.claim} is simulated with participant_contrast, whose estimate is in the unit of the smallest "
            f"effect; {scenario.estimator} is not."
        )


def p_values(scenario: Scenario, study: Draw, *, seed: int) -> tuple[list[float], list[float]]:
    """Test every contrast of a simulated study as planned.

    Parameters
    ----------
    scenario : Scenario
        With the planned test.
    study : Draw
        Trials.
    seed : int
        Of permutations.

    Returns
    -------
    tuple of list of float
        p value and estimate of each contrast; NaN where the study allows no test.
    """
    ps, values = [], []
    for treatment, control in scenario.contrasts:
        try:
            found = _TESTS[scenario.estimator](scenario, study, treatment, control, seed)
        except CannotEstimateError:
            ps.append(math.nan)
            values.append(math.nan)
            continue
        ps.append(_claimed(scenario, found))
        values.append(found.value)
    return ps, values


def means(study: Draw, *, condition: int, participants: int) -> npt.NDArray[np.float64]:
    """Return the mean outcome of every participant in one condition, NaN without a trial.

    Parameters
    ----------
    study : Draw
        Trials.
    condition : int
        Which.
    participants : int
        How many there are.

    Returns
    -------
    numpy.ndarray of float, shape (participants,)
        Means.
    """
    import numpy as np

    mine = study.condition == condition
    who = study.participant[mine]
    count = np.bincount(who, minlength=participants)
    total = np.bincount(who, weights=study.outcome[mine], minlength=participants)
    with np.errstate(invalid="ignore"):
        found: npt.NDArray[np.float64] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return found


def _claimed(scenario: Scenario, found: Estimate) -> float:
    if scenario.claim == "difference":
        return found.p
    from analysis.estimators.equivalence import Equivalence
    from analysis.estimators.non_inferiority import NonInferiority

    bound = scenario.smallest_effect or math.nan
    if scenario.family == "log_time":
        bound = math.log1p(bound)
    if scenario.claim == "equivalence":
        return Equivalence.estimate(found.value, found.std_error, found.df, low=-bound, high=bound).p
    side: Any = scenario.direction
    return NonInferiority.estimate(found.value, found.std_error, found.df, margin=bound, direction=side).p


def _side(scenario: Scenario) -> Direction:
    side: Any = scenario.direction if scenario.claim == "difference" else "two_sided"
    found: Direction = side
    return found


def _by_participant(scenario: Scenario, study: Draw, treatment: int, control: int, seed: int) -> Estimate:
    from analysis.estimators.participant_contrast import ParticipantContrast

    one, other = (
        means(study, condition=at, participants=scenario.participants) for at in (treatment, control)
    )
    if scenario.placed == "within":
        return _paired(one - other, direction=_side(scenario))
    return ParticipantContrast.estimate(one, other, direction=_side(scenario))


def _paired(differences: npt.NDArray[np.float64], *, direction: Direction) -> Estimate:
    import numpy as np
    from scipy import stats

    known = differences[~np.isnan(differences)]
    if len(known) < 2 or np.ptp(known) == 0:
        raise CannotEstimateError("Differences within participants do not vary.")
    mean, std_error = float(known.mean()), float(known.std(ddof=1) / math.sqrt(len(known)))
    df, t = len(known) - 1, mean / std_error
    tails = {
        "two_sided": 2 * stats.t.sf(abs(t), df),
        "greater": stats.t.sf(t, df),
        "less": stats.t.cdf(t, df),
    }
    return Estimate("paired_t", "1", mean, std_error=std_error, df=df, statistic=t, p=float(tails[direction]))


def _permuted(scenario: Scenario, study: Draw, treatment: int, control: int, seed: int) -> Estimate:
    from analysis.estimators.permutation import Permutation

    if scenario.placed == "within":
        return _flipped(scenario, study, treatment, control, seed)
    import numpy as np

    mine = np.isin(study.allocated, (treatment, control))
    values = np.where(
        study.allocated == treatment,
        means(study, condition=treatment, participants=scenario.participants),
        means(study, condition=control, participants=scenario.participants),
    )
    return Permutation.estimate(
        values[mine], study.allocated[mine] == treatment, np.zeros(int(mine.sum())), n=scenario.permutations,
        seed=seed, direction=_side(scenario),
    )  # fmt: skip


def _flipped(scenario: Scenario, study: Draw, treatment: int, control: int, seed: int) -> Estimate:
    from analysis.estimators.sign_flip import SignFlip

    one, other = (
        means(study, condition=at, participants=scenario.participants) for at in (treatment, control)
    )
    return SignFlip.estimate(one - other, n=scenario.permutations, seed=seed, direction=_side(scenario))


def _mixed(scenario: Scenario, study: Draw, treatment: int, control: int, seed: int) -> Estimate:
    import numpy as np
    import pandas as pd

    mine = np.isin(study.condition, (treatment, control))
    table = pd.DataFrame(
        {
            "participant_id": study.participant[mine],
            "case_id": study.case[mine],
            "treated": (study.condition[mine] == treatment).astype(float),
            "outcome": study.outcome[mine],
        }
    )
    participant = "1 + treated" if scenario.placed == "within" and scenario.slope_sd > 0 else "1"
    random = {"participant_id": participant, "case_id": "1"}
    for group, terms in scenario.random:
        random[group] = terms.replace("condition", "treated")
    if scenario.estimator == "glmm":
        from analysis.estimators.glmm import Glmm

        found = Glmm.estimate("outcome ~ treated", table, term="treated", random=random)
    else:
        from analysis.estimators.lmm import Lmm, fit_lmm

        fitted = fit_lmm("outcome ~ treated", table, random=random)
        if not fitted.converged:
            raise CannotEstimateError("The linear mixed model did not converge.")
        found = Lmm.estimate(fitted, {"treated": 1.0})
    return _one_sided(found, direction=_side(scenario))


def _one_sided(found: Estimate, *, direction: Direction) -> Estimate:
    from dataclasses import replace

    if direction == "two_sided":
        return found
    agrees = (found.value > 0) == (direction == "greater")
    return replace(found, p=found.p / 2 if agrees else 1 - found.p / 2)


_TESTS: dict[str, Callable[[Scenario, Draw, int, int, int], Estimate]] = {
    "participant_contrast": _by_participant,
    "permutation": _permuted,
    "sign_flip": _flipped,
    "glmm": _mixed,
    "lmm": _mixed,
}
