"""Factors fit together, everybody has a place, and the trials of every step divide over the levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from studies.design.factors import ONLY_WITH, crossing_of
from studies.design.schemafaults import did_you_mean
from studies.design.sidefiles import RawStep
from studies.design.strata import AI_CORRECT
from studies.design.yamlsource import Path
from studies.errors import Fault

if TYPE_CHECKING:
    from studies.design.checks import Draft

MOST_CONDITIONS = 40
LONGEST_NAME = 80


def factor_faults(draft: Draft) -> Iterator[Fault]:
    """Check what factors, omitted cells and company name, before anything is crossed."""
    factors = draft.data.get("factors", {})
    for name, factor in factors.items():
        path: Path = ("factors", name)
        yield from _count_faults(draft, factor, factor["levels"], path)
        placed = factor.get("placed", "between")
        for key in ("order", "per", "washout_days"):
            if key in factor and placed != "within":
                yield draft.fault((*path, key), f"'{key}' is for a factor that is placed within.")
        for level, part in factor["levels"].items():
            yield from _named(draft, part.get(ONLY_WITH, {}), (*path, "levels", level, ONLY_WITH))
    for index, omitted in enumerate(draft.data.get("omit", [])):
        yield from _named(draft, omitted, ("omit", index))
    if "omit" in draft.data and not factors:
        yield draft.fault(("omit",), "'omit' leaves out combinations of factors: this study has none.")


def _named(draft: Draft, levels: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    factors = draft.data.get("factors", {})
    for name, wanted in levels.items():
        if name not in factors:
            yield draft.fault((*path, name), f"There is no factor '{name}'.{did_you_mean(name, factors)}")
            continue
        for level in [wanted] if isinstance(wanted, str) else wanted:
            known = factors[name]["levels"]
            if level not in known:
                yield draft.fault(
                    (*path, name), f"'{level}' is no level of {name}.{did_you_mean(level, known)}"
                )


def _count_faults(draft: Draft, entry: Mapping[str, Any], levels: Any, path: Path) -> Iterator[Fault]:
    counts = entry.get("counts")
    if counts is None:
        return
    if entry.get("placed", "between") == "between":
        yield draft.fault(
            (*path, "counts"), "How people divide over arms is said by 'ratio' of the allocation."
        )
    for level in counts:
        if level not in levels:
            yield draft.fault(
                (*path, "counts", level), f"There is no level '{level}'.{did_you_mean(level, levels)}"
            )
    for level in levels:
        if level not in counts:
            yield draft.fault(
                (*path, "counts"), f"The level '{level}' has no count: give one to every level."
            )


def placement_faults(draft: Draft) -> Iterator[Fault]:
    """Check that factors or lists say for every condition where it lies, and once."""
    yield from factor_faults(draft)
    allocation = draft.data["allocation"]
    path: Path = ("allocation",)
    if "factors" in draft.data:
        for key in ("between", "within"):
            if key in allocation:
                yield draft.fault((*path, key), f"The factors say what lies {key}: leave this out.")
        if draft.has_sound_factors:
            yield from _crossing_faults(draft)
        return
    if ("between" in allocation) == ("within" in allocation):
        yield draft.fault(
            path, "Name the conditions under 'between' or under 'within'; for both at once write factors."
        )
        return
    key = "between" if "between" in allocation else "within"
    yield from _list_faults(draft, key)


def _list_faults(draft: Draft, key: str) -> Iterator[Fault]:
    entry = draft.data["allocation"][key]
    path: Path = ("allocation", key)
    listed = entry
    if isinstance(entry, Mapping):
        listed, path = entry.get("conditions", list(draft.conditions)), (*path, "conditions")
        yield from _count_faults(draft, {"placed": "within", **entry}, listed, ("allocation", key))
    for index, name in enumerate(listed):
        if name not in draft.conditions:
            yield draft.fault(
                (*path, index), f"There is no condition '{name}'.{did_you_mean(name, draft.conditions)}"
            )
    shown = {step.params.get("show") for step in draft.of_kind("trials", "practice")}
    for name in draft.conditions:
        if name not in listed and name not in shown:
            yield draft.fault(
                ("conditions", name), f"Nobody is allocated to this condition: add it to '{key}'."
            )


def _crossing_faults(draft: Draft) -> Iterator[Fault]:
    crossing = crossing_of(draft.data)
    if not crossing.cells:
        yield draft.fault(("omit",), "Every combination of levels is omitted: nothing is left to show.")
    if len(crossing.conditions) > MOST_CONDITIONS:
        yield draft.fault(
            ("factors",),
            f"The factors make {len(crossing.conditions)} conditions, more than {MOST_CONDITIONS}: omit some.",
        )
    for name in (*crossing.conditions, *(arm.name for arm in crossing.arms)):
        if len(name) > LONGEST_NAME:
            yield draft.fault(
                ("factors",), f"'{name}' is longer than {LONGEST_NAME} letters: shorten the names of levels."
            )
    orders = {(factor.order, factor.per) for factor in crossing.runs}
    if len(orders) > 1:
        yield draft.fault(
            ("factors",),
            "Factors that are placed within need the same 'order' and 'per': they are met together.",
        )


def division_faults(draft: Draft) -> Iterator[Fault]:
    """Check that the trials of every step divide over what lies within a participant."""
    crossing = draft.crossing
    yield from _show_faults(draft)
    yield from _yoke_faults(draft)
    if not crossing.inside:
        return
    steps = [step for step in draft.of_kind("trials") if "show" not in step.params]
    by_step = crossing.is_by_step
    levels = crossing.levels_in_order(crossing.arms[0]) if crossing.arms else ()
    if by_step and len(steps) != len(levels):
        yield draft.fault(
            ("flow",),
            f"One level in each step of trials: there are {len(levels)} levels ({', '.join(levels)}) and "
            f"{len(steps)} such steps. A step that shows one condition to all says so by 'show'.",
        )
    for step in steps:
        size = _size_of(draft, step)
        at: Path = (*step.path, "cases") if "cases" in step.params else ("cases",)
        for arm in crossing.arms:
            for share in (crossing.shares_of_step if by_step else crossing.shares)(arm, size):
                if share.size.denominator != 1 or share.size < 1:
                    yield draft.fault(
                        (*at, "per_participant"),
                        f"{size} cases do not divide over the levels: {share.within} would have "
                        f"{float(share.size):.4g}. Change per_participant or the counts.",
                    )
                    return
    yield from _washout_faults(draft)


def _show_faults(draft: Draft) -> Iterator[Fault]:
    for step in draft.of_kind("trials", "practice"):
        name = step.params.get("show")
        if name is not None and name not in draft.conditions:
            yield draft.fault(
                (*step.path, "show"), f"There is no condition '{name}'.{did_you_mean(name, draft.conditions)}"
            )
    for step in draft.of_kind("trials"):
        earlier = [each for each in draft.of_kind("trials") if each.index < step.index]
        if not (step.params.get("cases") or {}).get("reread"):
            continue
        if not earlier:
            yield draft.fault(
                (*step.path, "cases", "reread"), "There are no trials before these to read again."
            )
        elif (size := _size_of(draft, step)) != (before := _size_of(draft, earlier[-1])):
            yield draft.fault(
                (*step.path, "cases"),
                f"These trials read {before} cases again, but per_participant is {size}: take {before} here too.",
            )


def _size_of(draft: Draft, step: RawStep) -> int:
    whole: int = draft.data["cases"]["per_participant"]
    return int((step.params.get("cases") or {}).get("per_participant", whole))


def _yoke_faults(draft: Draft) -> Iterator[Fault]:
    """Check that cases which all arms are to share can be dealt without asking whose predictor is right about them."""
    predictors = {condition.get("predictor") for condition in draft.conditions.values()}
    own = [
        ((*step.path, "cases"), step.params["cases"])
        for step in draft.of_kind("trials")
        if "cases" in step.params
    ]
    for path, cases in [(("cases",), draft.data["cases"]), *own]:
        strata = cases.get("strata", draft.data["cases"].get("strata", {}))
        if cases.get("order") == "yoked" and AI_CORRECT in strata and len(predictors) > 1:
            yield draft.fault(
                (*path, "order"),
                "Yoked cases are the same for all arms, but these are chosen by ai_correct, which differs between the "
                "predictors of the arms: leave ai_correct out of the strata, or take another order.",
            )


def _washout_faults(draft: Draft) -> Iterator[Fault]:
    days = max((factor.washout_days for factor in draft.crossing.runs), default=0)
    if not days:
        return
    if not any(factor.per == "step" for factor in draft.crossing.runs):
        yield draft.fault(
            ("allocation",),
            "A washout lies between steps of trials: write 'per: step' beside 'washout_days'.",
        )
        return
    steps = [step for step in draft.of_kind("trials") if "show" not in step.params]
    for before, after in pairwise(steps):
        waits = [
            step.params.get("opens_after_days", 0)
            for step in draft.of_kind("session")
            if before.index < step.index < after.index
        ]
        if max(waits, default=0) < days:
            yield draft.fault(
                after.path,
                f"At least {days:g} days must lie between two levels: put a session that opens after as many days "
                "before these trials.",
            )
