"""One planned contrast, answered in every planned way: t test, design-based test, Hedges g, equivalence."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from analysis.core.dataset import DatasetError
from analysis.core.estimate import CannotEstimateError, Direction, Estimate
from analysis.core.measure import Measure, MissingColumnsError
from analysis.core.plan import Contrast
from analysis.estimators.equivalence import Equivalence
from analysis.measures import registry
from analysis.report.order import order_of_conditions
from analysis.report.pairing import Sides, refuse_other_placement, sides_of
from analysis.report.questions import permute, shifts_allowed
from analysis.report.sample import Sample

if TYPE_CHECKING:
    import pandas as pd


UNDEFINED = (
    CannotEstimateError,
    DatasetError,
    MissingColumnsError,
)  # a sentence in the report; the rest is a fault


@dataclass(frozen=True)
class Settings:
    """What every contrast of a report shares."""

    alpha: float = 0.05
    permutations: int = 10_000
    seed: int = 1
    looks_taken: tuple[float, ...] = ()  # shares at which somebody looked before
    over: bool | None = None  # recruitment is over; None: as the table says


def answer_contrast(
    sample: Sample,
    *,
    measure: type[Measure],
    contrast: Contrast,
    settings: Settings,
    smallest_effect: float | None = None,
    direction: Direction = "two_sided",
    placed: str = "",
) -> dict[str, Any]:
    """Answer one contrast of one measure, unrounded.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    measure : type of Measure
        What is compared.
    contrast : Contrast
        Treatment and control.
    settings : Settings
        Error rate, permutations and seed.
    smallest_effect : float, optional
        In the unit of the measure; for a measure on the log scale a proportion: 0.1 stands for a ratio of 1.1
        or 1 / 1.1.
    direction : {"two_sided", "greater", "less"}
        Of the tests.
    placed : {"between", "within", ""}
        As planned; data that are placed otherwise are refused. Empty: as the data are.

    Returns
    -------
    dict
        ``undefined`` is a sentence where the contrast cannot be answered; then the estimates are absent. ``placed``
        says whether the same participants met both conditions: then ``t_test`` is paired, ``hedges_g`` is g_av,
        ``permutation`` the sign-flip test, and ``order`` tells of orders and carry-over. Else ``t_test`` is Welch's.

    Notes
    -----
    The interval belongs to the t test; the design-based p stands beside it.
    """
    answer: dict[str, Any] = {
        "contrast": str(contrast),
        "treatment": contrast.treatment,
        "control": contrast.control,
        "undefined": None,
    }
    try:
        people = sample.cells(measure)
        answer |= _counts(people, contrast)
        sides = sides_of(people, names=(contrast.treatment, contrast.control))
        refuse_other_placement(sides, planned=placed)
        answer |= _estimates(sides, measure=measure, settings=settings, direction=direction)
    except UNDEFINED as error:
        return answer | {"undefined": str(error)}
    test = answer["t_test"]
    bound = effect_bound(smallest_effect, scale=measure.scale)
    answer["equivalence"] = None if bound is None else _equivalence(test, bound=bound, alpha=settings.alpha)
    replay = attempt(
        lambda: permute(
            people,
            treatment=contrast.treatment,
            control=contrast.control,
            allocation=sample.allocation,
            n=settings.permutations,
            seed=settings.seed,
            direction=direction,
        )
    )
    answer["permutation"] = replay
    known = replay["undefined"] is None
    answer["p_disagree"] = known and (replay["p"] < settings.alpha) != (test["p"] < settings.alpha)
    answer["order"] = (
        order_of_conditions(sample.trials, people, names=sides.names, alpha=settings.alpha)
        if sides.placed == "within"
        else None
    )
    return answer


def add_permutation_limits(
    sample: Sample, answer: dict[str, Any], *, measure: type[Measure], settings: Settings
) -> None:
    """Add the limits of the inverted permutation test to every contrast between participants, in place.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    answer : dict
        With ``contrasts``, as of `answer_contrast`.
    measure : type of Measure
        What is compared.
    settings : Settings
        Arrangements, seed and coverage.

    Notes
    -----
    ``permutation`` gets ``low`` and ``high``, and ``no_interval``, a sentence where there are none. Within participants
    the sign-flip test has its limits already.
    """
    for one in answer["contrasts"]:
        if one["undefined"] or one["permutation"]["undefined"] or one["placed"] == "within":
            continue
        inverted = partial(
            shifts_allowed,
            sample.cells(measure),
            treatment=one["treatment"],
            control=one["control"],
            allocation=sample.allocation,
            n=settings.permutations,
            seed=settings.seed,
            level=1 - settings.alpha,
        )
        found = attempt(inverted)
        limits = {"low": found.get("low"), "high": found.get("high")}
        one["permutation"] |= limits | {"no_interval": found["undefined"]}


def effect_bound(smallest_effect: float | None, *, scale: str) -> float | None:
    """Return the smallest effect on the scale of contrasts.

    Parameters
    ----------
    smallest_effect : float or None
        As planned.
    scale : {"identity", "log"}
        Of the measure.

    Returns
    -------
    float or None
        ``log(1 + effect)`` on the log scale.

    Examples
    --------
    >>> effect_bound(0.05, scale="identity"), round(effect_bound(0.1, scale="log"), 6)
    (0.05, 0.09531)
    """
    if smallest_effect is None:
        return None
    return math.log1p(smallest_effect) if scale == "log" else smallest_effect


def attempt(estimate: Callable[[], Estimate]) -> dict[str, Any]:
    """Return an estimate as plain values, or the sentence that says why there is none.

    Parameters
    ----------
    estimate : callable
        Makes the estimate.

    Returns
    -------
    dict
        Fields of the estimate and ``undefined``: None or a sentence.

    Examples
    --------
    >>> from analysis.estimators.hedges_g import HedgesG
    >>> attempt(lambda: HedgesG.estimate([1.0], [2.0]))["undefined"]
    'Hedges g needs 2 participants in each condition; treatment has 1, control has 1.'
    """
    try:
        return estimate().as_dict() | {"undefined": None}
    except CannotEstimateError as error:
        return {"undefined": str(error)}


def beyond_unaided(sample: Sample, *, unaided: str, settings: Settings) -> list[dict[str, Any]]:
    """Compare over- and under-reliance of each condition with the same rate against unseen advice.

    Parameters
    ----------
    sample : Sample
        Who is analysed.
    unaided : str
        Condition without advice and explanation.
    settings : Settings
        Error rate of the intervals.

    Returns
    -------
    list of dict
        One for each measure and condition: the contrast with the unaided condition.
    """
    found = []
    for name in ("over_reliance", "under_reliance"):
        measure = registry.get(name)
        for condition in sample.conditions:
            if condition == unaided:
                continue
            answer: dict[str, Any] = {"measure": name, "label": measure.label, "condition": condition}
            try:
                sides = sides_of(sample.cells(measure), names=(condition, unaided))
                estimates = _estimates(sides, measure=measure, settings=settings, direction="two_sided")
                found.append(
                    answer | {"undefined": None, "t_test": estimates["t_test"], "means": estimates["means"]}
                )
            except UNDEFINED as error:
                found.append(answer | {"undefined": str(error)})
    return found


def _counts(people: pd.DataFrame, contrast: Contrast) -> dict[str, Any]:
    counts: dict[str, Any] = {"n": {}, "n_undefined": {}, "opportunities": {}}
    for name in (contrast.treatment, contrast.control):
        found = people[people["condition"] == name]
        if found.empty:
            raise CannotEstimateError(f"Nobody was given the condition {name}.")
        counts["n"][name] = int(found["value"].notna().sum())
        counts["n_undefined"][name] = int(found["value"].isna().sum())
        counts["opportunities"][name] = int(found["opportunities"].sum())
    compared = people[people["condition"].isin([contrast.treatment, contrast.control])]
    return counts | {"spread": _spread(compared["opportunities"])}


def _spread(opportunities: pd.Series[int]) -> dict[str, int]:
    """Say how many trials participants have: the least, the most, and how many have less than half of the median."""
    known = opportunities[opportunities > 0]
    if known.empty:
        return {"least": 0, "most": 0, "few": 0, "n": 0}
    few = int((known < known.median() / 2).sum())
    return {"least": int(known.min()), "most": int(known.max()), "few": few, "n": len(known)}


def _estimates(
    sides: Sides, *, measure: type[Measure], settings: Settings, direction: Direction
) -> dict[str, Any]:
    level = 1 - settings.alpha
    test = sides.compared(direction=direction, level=level).as_dict()
    log = measure.scale == "log"
    means = {name: math.exp(mean) if log else mean for name, mean in test["details"]["mean"].items()}
    ratio = {side: math.exp(test[side]) for side in ("value", "low", "high")} if log else None
    return {
        "placed": sides.placed,
        "n_one_only": sides.n_one_only,
        "differences": sides.differences,
        "means": means,
        "t_test": test,
        "ratio": ratio,
        "hedges_g": attempt(lambda: sides.standardised(level=level)),
    }


def _equivalence(test: dict[str, Any], *, bound: float, alpha: float) -> dict[str, Any]:
    return attempt(
        lambda: Equivalence.estimate(
            test["value"], test["std_error"], test["df"], low=-bound, high=bound, alpha=alpha
        )
    )
