"""A scenario: what is taken to be true, and the study that is to find it out; plain values that travel as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from analysis.core.plan import Hypothesis, Plan

Family = Literal["binary", "log_time"]
EffectScale = Literal["difference", "odds_ratio"]

# Standard deviations as of published data of this kind: participants, cases, slopes of participants, residual.
DEFAULTS: dict[str, dict[str, float]] = {
    "accuracy": {"participant_sd": 0.35, "case_sd": 2.0, "slope_sd": 0.0, "baseline": 0.7},
    "reliance": {"participant_sd": 1.0, "case_sd": 1.0, "slope_sd": 0.0, "baseline": 0.5},
    "log_time": {
        "participant_sd": 0.4,
        "case_sd": 0.1,
        "slope_sd": 0.25,
        "residual_sd": 0.5,
        "baseline": 8000.0,
    },
}
_RELIANCE = (
    "over_reliance",
    "under_reliance",
    "agreement",
    "switch_fraction",
    "rair",
    "rsr",
    "harm",
    "help",
)
_MAX_SD = 20
_TIMES = ("rt_ms", "rt_correct_ms")


class CannotSimulateError(ValueError):
    """A planned question cannot be simulated; the message says why and what can be done."""


@dataclass(frozen=True)
class Scenario:
    """One planned question, one size of the study, one guess at the truth.

    Attributes
    ----------
    measure : str
        Of the question.
    family : {"binary", "log_time"}
        Trials are right or wrong (logit scale), or take a time (natural logarithm of milliseconds).
    conditions : tuple of str
        All that the question compares.
    contrasts : tuple of (int, int)
        Treatment and control, as places in ``conditions``.
    effects : tuple of float
        By condition: difference from the baseline (as a proportion of it for times), or odds ratio.
    effect_scale : {"difference", "odds_ratio"}
        "difference" is marginal (a risk difference); "odds_ratio" is that of one participant on one case.
    baseline : float
        Marginal share of trials (0 to 1), or geometric mean time in ms.
    participants, cases, trials : int
        Participants in all, cases of the study, trials of each participant.
    participant_sd, case_sd, slope_sd, case_slope_sd, residual_sd : float
        Standard deviations on the logit or logarithmic scale; slopes are those of the treatments.
    opportunities : float
        Share of cases that count for the measure (those with wrong advice, for over-reliance).
    attrition : float
        Share of participants who leave, each at a trial drawn at random.
    ratio : tuple of int
        Of the allocation, by condition.
    estimator, placed, claim, direction, conjunction, multiplicity, alpha, smallest_effect
        Of the plan.
    permutations : int
        Arrangements for design-based tests within one simulation.
    """

    measure: str
    family: Family
    conditions: tuple[str, ...]
    contrasts: tuple[tuple[int, int], ...]
    effects: tuple[float, ...]
    baseline: float
    participants: int
    cases: int
    trials: int
    participant_sd: float
    case_sd: float
    slope_sd: float = 0.0
    case_slope_sd: float = 0.0
    residual_sd: float = 0.5
    opportunities: float = 1.0
    attrition: float = 0.0
    effect_scale: EffectScale = "difference"
    ratio: tuple[int, ...] = ()
    estimator: str = "participant_contrast"
    placed: str = "between"
    claim: str = "difference"
    direction: str = "two_sided"
    conjunction: bool = False
    multiplicity: str = "holm"
    alpha: float = 0.05
    smallest_effect: float | None = None
    random: tuple[tuple[str, str], ...] = ()
    looks: tuple[float, ...] = ()
    spending: str = ""
    permutations: int = 499

    def __post_init__(self) -> None:
        faults = list(_faults(self))
        if faults:
            raise ValueError("\n".join(faults))

    def as_dict(self) -> dict[str, Any]:
        """Return the scenario as plain values that JSON can hold."""
        return asdict(self)

    @staticmethod
    def from_dict(plain: Mapping[str, Any]) -> Scenario:
        """Make a scenario of plain values, such as those that came back from JSON."""
        pairs = {"contrasts", "random"}
        lists = {"conditions", "effects", "ratio", "looks"}
        values: dict[str, Any] = {
            key: tuple(map(tuple, value)) if key in pairs else tuple(value) if key in lists else value
            for key, value in plain.items()
        }
        return Scenario(**values)

    def sized(self, *, participants: int, cases: int, trials: int | None) -> Scenario:
        """Return the scenario at another size; every participant sees every case unless trials are said."""
        return replace(self, participants=participants, cases=cases, trials=trials or cases)


def scenario_of(
    plan: Plan,
    *,
    effect: float | Mapping[str, float] | None = None,
    ai_accuracy: float = 0.75,
    **given: Any,
) -> Scenario:
    """Make the scenario of a plan's primary question; what is not given is the default of the outcome's kind.

    Parameters
    ----------
    plan : Plan
        Checked.
    effect : float or mapping, optional
        Of every treatment, or by condition; the smallest effect of interest by default (0 when equivalence or
        non-inferiority is claimed).
    ai_accuracy : float
        Share of cases on which the AI is right, 0 to 1: decides which share of the cases counts for reliance.
    **given
        Other attributes of `Scenario`.

    Returns
    -------
    Scenario
        Two hundred participants and 24 cases unless said.

    Raises
    ------
    CannotSimulateError
        When the plan gives no effect to look for, or its test cannot be simulated.
    ValueError
        Every value that cannot be, in one message.

    Examples
    --------
    >>> from analysis.core.plan import plan_from
    >>> outcome = {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.05}
    >>> scenario = scenario_of(plan_from({"primary": outcome, "n": 200}))
    >>> scenario.conditions, scenario.effects, scenario.case_sd
    (('ai', 'ig'), (0.0, 0.05), 2.0)
    """
    one = plan.primary
    kind = "log_time" if one.measure in _TIMES else "reliance" if one.measure in _RELIANCE else "accuracy"
    controls = [contrast.control for contrast in one.contrasts]
    treatments = [contrast.treatment for contrast in one.contrasts]
    names = tuple(dict.fromkeys([*controls, *treatments]))
    scale = given.get("effect_scale", "difference")
    effects = _effects(one, names=names, treatments=treatments, effect=effect, scale=scale)
    cases = int(given.pop("cases", 24))
    values: dict[str, Any] = {
        **DEFAULTS[kind],
        "measure": one.measure,
        "family": "log_time" if kind == "log_time" else "binary",
        "conditions": names,
        "contrasts": tuple(
            (names.index(contrast.treatment), names.index(contrast.control)) for contrast in one.contrasts
        ),
        "effects": effects,
        "participants": plan.n or 200,
        "cases": cases,
        "trials": cases,
        "opportunities": _opportunities(one.measure, ai_accuracy=ai_accuracy),
        "estimator": one.estimator,
        "placed": one.placed,
        "claim": one.claim,
        "direction": one.direction,
        "conjunction": one.conjunction,
        "multiplicity": plan.multiplicity,
        "alpha": plan.alpha,
        "smallest_effect": one.smallest_effect,
        "random": one.model.random,
        "looks": plan.looks,
        "spending": plan.spending,
    }
    return Scenario(**{**values, **given})


def _effects(
    one: Hypothesis,
    *,
    names: tuple[str, ...],
    treatments: list[str],
    effect: float | Mapping[str, float] | None,
    scale: str,
) -> tuple[float, ...]:
    nothing = 1.0 if scale == "odds_ratio" else 0.0
    if isinstance(effect, Mapping):
        strange = sorted(set(effect) - set(names))
        if strange:
            raise CannotSimulateError(f"The plan's primary question has no condition {', '.join(strange)}.")
        return tuple(float(effect.get(name, nothing)) for name in names)
    if effect is None:
        if one.claim != "difference":
            effect = nothing
        elif one.smallest_effect is None or scale == "odds_ratio":
            raise CannotSimulateError(
                "The plan names no smallest effect of interest on this scale: say which effect the study is to find."
            )
        else:
            effect = -one.smallest_effect if one.direction == "less" else one.smallest_effect
    return tuple(float(effect) if name in treatments else nothing for name in names)


def _opportunities(measure: str, *, ai_accuracy: float) -> float:
    shares = {"over_reliance": 1 - ai_accuracy, "under_reliance": ai_accuracy}
    return shares.get(measure, 1.0)


def _faults(one: Scenario) -> list[str]:
    return [*_truth_faults(one), *_size_faults(one)]


def _truth_faults(one: Scenario) -> list[str]:
    found = []
    if one.family not in get_args(Family) or one.effect_scale not in get_args(EffectScale):
        found.append(f"family and effect_scale: there is no {one.family} or {one.effect_scale}.")
    if one.family == "binary" and not 0 < one.baseline < 1:
        found.append(f"baseline: must lie between 0 and 1, got {one.baseline}.")
    if one.family == "log_time" and (one.baseline <= 0 or one.effect_scale != "difference"):
        found.append(
            f"baseline: must be a time above 0 ms and effects proportions, got {one.baseline} and {one.effect_scale}."
        )
    found += [f"effect: {words}" for effect in one.effects if (words := _impossible(one, effect))]
    for name in ("participant_sd", "case_sd", "slope_sd", "case_slope_sd", "residual_sd"):
        if not 0 <= getattr(one, name) < _MAX_SD:
            found.append(f"{name}: must be from 0 to {_MAX_SD}, got {getattr(one, name)}.")
    for name, low, high in (("attrition", 0.0, 1.0), ("opportunities", 1e-9, 1.0 + 1e-9)):
        if not low <= getattr(one, name) < high:
            found.append(f"{name}: must be a share, got {getattr(one, name)}.")
    return found


def _impossible(one: Scenario, effect: float) -> str:
    if one.effect_scale == "odds_ratio":
        return "" if effect > 0 else f"an odds ratio must be above 0, got {effect}."
    if one.family == "log_time":
        return "" if effect > -1 else f"a time cannot be shorter by {-effect:.0%}."
    return "" if 0 < one.baseline + effect < 1 else f"{one.baseline} + {effect} is no share between 0 and 1."


def _size_faults(one: Scenario) -> list[str]:
    found = []
    if not 1 <= one.trials <= one.cases:
        found.append(
            f"trials: each participant sees at least one and at most {one.cases} cases, got {one.trials}."
        )
    if one.participants < 2 * (len(one.conditions) if one.placed == "between" else 1):
        found.append(f"participants: at least 2 for each condition are needed, got {one.participants}.")
    if one.ratio and (len(one.ratio) != len(one.conditions) or min(one.ratio) < 1):
        found.append(f"ratio: one whole number for each of {', '.join(one.conditions)}, got {one.ratio}.")
    return found
