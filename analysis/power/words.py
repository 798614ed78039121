"""The recommendation: what the simulated sizes mean for the study, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.power.scenario import Scenario


def recommendation(rows: Sequence[Mapping[str, Any]], *, scenario: Scenario, target: float) -> str:
    """Say which size to choose, or that none is enough.

    Parameters
    ----------
    rows : sequence of mapping
        As of `analysis.power.simulate.PowerResult`.
    scenario : Scenario
        What was taken to be true.
    target : float
        Power wanted.

    Returns
    -------
    str
        Sentences. A size is recommended when the lower limit of its power, not its estimate, reaches the target.
    """
    parts = [_assumed(scenario)]
    enough = [row for row in rows if row["low"] >= target]
    perhaps = [row for row in rows if row["low"] < target <= row["high"]]
    if enough:
        best = min(enough, key=lambda row: (row["participants"] * row["trials"], row["participants"]))
        parts.append(f"Choose {_size(best)}: its power is {_share(best)}, at least the {target:.0%} wanted.")
    elif perhaps:
        best = max(perhaps, key=lambda row: row["power"])
        parts.append(
            f"{_size(best).capitalize()} may be enough (power {_share(best)}, wanted {target:.0%}): simulate more "
            "often, or take somewhat more."
        )
    else:
        parts.append(_too_small(rows, scenario=scenario, target=target))
    failed = sum(row["failed"] for row in rows) / sum(row["simulations"] for row in rows)
    if failed > 0.01:
        parts.append(
            f"In {failed:.0%} of the simulated studies the planned test gave no p value; these count as not shown. "
            "Plan a simpler model or another test."
        )
    early = min(row["mean_share_needed"] for row in rows)
    if scenario.looks and early < 1:
        parts.append(f"With the planned looks a study ends after {early:.0%} of its participants on average.")
    parts += [_limits_of_size(rows, scenario=scenario), _stand_in(scenario)]
    return " ".join(part for part in parts if part)


def _assumed(one: Scenario) -> str:
    treatments = sorted({treatment for treatment, _ in one.contrasts})
    effects = ", ".join(_effect(one, at) for at in treatments)
    base = f"{one.baseline:.0%}" if one.family == "binary" else f"{one.baseline:g} ms"
    spread = f"{one.participant_sd:g} between participants and {one.case_sd:g} between cases"
    left = f"; {one.attrition:.0%} leave" if one.attrition else ""
    return (
        f"Taken to be true: {one.measure} is {base} in {one.conditions[one.contrasts[0][1]]} and {effects}; standard "
        f"deviations {spread} on the {'logit' if one.family == 'binary' else 'logarithmic'} scale{left}."
    )


def _effect(one: Scenario, at: int) -> str:
    effect, name = one.effects[at], one.conditions[at]
    if one.effect_scale == "odds_ratio":
        return f"has {effect:g} times the odds in {name}"
    if effect == 0:
        return f"the same in {name}"
    if one.family == "log_time":
        return f"{abs(effect):.1%} {'longer' if effect > 0 else 'shorter'} in {name}"
    return f"{abs(100 * effect):g} points {'higher' if effect > 0 else 'lower'} in {name}"


def _too_small(rows: Sequence[Mapping[str, Any]], *, scenario: Scenario, target: float) -> str:
    best = max(rows, key=lambda row: row["power"])
    text = f"None of these sizes is enough: the best, {_size(best)}, has power {_share(best)}; {target:.0%} is wanted."
    guess = _extrapolated(best, scenario=scenario, target=target)
    if guess is None:
        return f"{text} More participants alone will hardly help: look for a larger effect or more trials of each."
    return f"{text} About {guess} participants would be needed (extrapolated; simulate that size)."


def _extrapolated(row: Mapping[str, Any], *, scenario: Scenario, target: float) -> int | None:
    from scipy import stats

    if not 0.1 < row["power"] < 1 or len(scenario.contrasts) > 1 or scenario.claim == "equivalence":
        return None
    critical = float(stats.norm.isf(scenario.alpha / (2 if scenario.direction == "two_sided" else 1)))
    reached = critical + float(stats.norm.ppf(row["power"]))
    wanted = critical + float(stats.norm.ppf(target))
    return math.ceil(float(row["participants"]) * (wanted / reached) ** 2 / 10) * 10


def _limits_of_size(rows: Sequence[Mapping[str, Any]], *, scenario: Scenario) -> str:
    fewest = min(row["cases"] for row in rows)
    if fewest < 20 and scenario.case_sd > 0:
        return f"{fewest} cases are few: more participants cannot replace cases when the claim is about such cases."
    return ""


def _stand_in(scenario: Scenario) -> str:
    """Say where another procedure was simulated than the planned one; never in silence."""
    found = []
    if (
        scenario.multiplicity in ("max_t", "dunnett")
        and len(scenario.contrasts) > 1
        and not scenario.conjunction
    ):
        found.append(
            f"Simulated with Holm's correction, which needs a little more than {scenario.multiplicity}."
        )
    if scenario.spending == "always_valid":
        found.append(
            "Simulated as one test at the end: an always-valid p value needs more participants than that."
        )
    return " ".join(found)


def _size(row: Mapping[str, Any]) -> str:
    each = f", {row['trials']} for each participant" if row["trials"] < row["cases"] else ""
    return f"{row['participants']} participants and {row['cases']} cases{each}"


def _share(row: Mapping[str, Any]) -> str:
    return f"{row['power']:.1%} ({row['low']:.1%} to {row['high']:.1%} from {row['simulations']} simulations)"
