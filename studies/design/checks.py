"""What a schema cannot say: that the parts of a study file fit each other. Every check yields all its faults."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from studies.design.factorchecks import division_faults, factor_faults, placement_faults
from studies.design.factors import Arm, Crossing, crossing_of
from studies.design.schemafaults import did_you_mean
from studies.design.sidefiles import RawStep, SideFiles
from studies.design.strata import case_cells, resolve_margins
from studies.design.yamlsource import Path, YamlSource
from studies.errors import Fault

DEFAULT_PROTOCOL = "decision"
OWN_STAGES = "own_stages"
OF_CHOICES = ("options", "positive", "options_from")
OF_NUMBERS = ("minimum", "maximum", "unit", "tolerance")


@dataclass(frozen=True)
class Draft:
    """A study file that fits the schema, with what lies beside it."""

    source: YamlSource
    side: SideFiles
    steps: Sequence[RawStep]

    @property
    def data(self) -> Mapping[str, Any]:
        data: Mapping[str, Any] = self.source.data
        return data

    @cached_property
    def crossing(self) -> Crossing:
        """The factors of the study; only for data whose factors passed their checks."""
        return crossing_of(self.data)

    @cached_property
    def has_sound_factors(self) -> bool:
        if "factors" not in self.data:
            return True
        return "conditions" not in self.data and not any(True for _ in factor_faults(self))

    @cached_property
    def conditions(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the conditions by name; those of factors that do not fit together are not known."""
        if "conditions" not in self.data:
            return self.crossing.conditions if self.has_sound_factors else {}
        found: Mapping[str, Mapping[str, Any]] = self.data.get("conditions", {})
        return found

    @cached_property
    def arms(self) -> Mapping[str, Arm]:
        return {arm.name: arm for arm in self.crossing.arms} if self.has_sound_factors else {}

    @property
    def parts(self) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """Yield every part of a condition that the file has: whole conditions, or the levels of factors."""
        for name, condition in self.data.get("conditions", {}).items():
            yield ("conditions", name), condition
        for name, factor in self.data.get("factors", {}).items():
            for level, part in factor["levels"].items():
                yield ("factors", name, "levels", level), part

    @property
    def options(self) -> list[str]:
        return [option_value(option) for option in self.data["decision"].get("options", [])]

    def of_kind(self, *kinds: str) -> list[RawStep]:
        return [step for step in self.steps if step.kind in kinds]

    def protocols(self) -> list[str]:
        return [protocol_named(step.params) for step in self.of_kind("trials")]

    def fault(self, path: Path, message: str) -> Fault:
        return self.source.fault(path, message)


def arms_meant(draft: Draft, word: str) -> list[str]:
    """Return the arms that a word of 'only' means: an arm, whoever meets a condition, or ``factor=level``."""
    factor, _, level = word.partition("=")
    return [
        name
        for name, arm in draft.arms.items()
        if word == name or word in arm.conditions.values() or (level and arm.levels.get(factor) == level)
    ]


def option_value(option: Any) -> str:
    """Return the stored value of an option, written short or in full."""
    value: str = option if isinstance(option, str) else option["value"]
    return value


def protocol_named(params: Mapping[str, Any]) -> str:
    """Return the protocol of a step as it is written; stages of one's own are one too."""
    return OWN_STAGES if "stages" in params else str(params.get("protocol", DEFAULT_PROTOCOL))


def parameters_given(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that a step gives its protocol."""
    return {"stages": list(params["stages"])} if "stages" in params else dict(params.get("parameters", {}))


def decision_faults(draft: Draft) -> Iterator[Fault]:
    """Check the decision: options differ, the positive one is one of them."""
    decision, path = draft.data["decision"], ("decision",)
    is_numeric = decision.get("kind", "choice") == "numeric"
    for key in OF_CHOICES if is_numeric else OF_NUMBERS:
        if key in decision:
            yield draft.fault(
                (*path, key), f"A decision of the kind {_kind(is_numeric)} has no '{key}': leave it out."
            )
    if is_numeric:
        if decision.get("minimum", -math.inf) >= decision.get("maximum", math.inf):
            yield draft.fault((*path, "minimum"), "The minimum must be less than the maximum.")
        return
    for key in ("options", "positive"):
        if key not in decision:
            yield draft.fault(path, f"'{key}' is missing.")
    options = draft.options
    if len(set(options)) != len(options):
        yield draft.fault((*path, "options"), "Two options have the same value.")
    positive = decision.get("positive", next(iter(options), ""))
    if options and positive not in options:
        yield draft.fault(
            (*path, "positive"), f"'{positive}' is not one of the options.{did_you_mean(positive, options)}"
        )


def _kind(is_numeric: bool) -> str:
    return "numeric" if is_numeric else "choice"


def allocation_faults(draft: Draft) -> Iterator[Fault]:
    """Check the allocation: conditions, ratio and strata are those of the study."""
    allocation, path = draft.data["allocation"], ("allocation",)
    yield from placement_faults(draft)
    ratio = allocation.get("ratio", list(draft.arms))
    if draft.arms and len(ratio) != len(draft.arms):
        yield draft.fault(
            (*path, "ratio"),
            f"There are {len(ratio)} numbers for {len(draft.arms)} arms ({', '.join(draft.arms)}): one for each.",
        )
    claim = next((step.index for step in draft.of_kind("allocate")), len(draft.steps))
    before = {s.params["use"] for s in draft.of_kind("questionnaire") if s.index < claim}
    names = {draft.side.questionnaires[use].name: use for use in before if use in draft.side.questionnaires}
    for index, name in enumerate(allocation.get("strata", [])):
        if name not in names:
            message = f"The questionnaire '{name}' must stand in the flow before 'allocate' to be a stratum."
            yield draft.fault((*path, "strata", index), message + did_you_mean(name, names))
        elif draft.side.questionnaires[names[name]].stratum is None:
            yield draft.fault(
                (*path, "strata", index), f"The questionnaire '{name}' has no stratum item: give it one."
            )


def case_faults(draft: Draft) -> Iterator[Fault]:
    """Check the case plan of the study and of each block: margins add up and divide into whole cells."""
    yield from _quota_faults(draft, draft.data["cases"], ("cases",))
    for step in draft.of_kind("trials"):
        own = step.params.get("cases")
        if own is not None:
            yield from _quota_faults(draft, block_cases(draft.data, own), (*step.path, "cases"))
    if draft.has_sound_factors:
        yield from division_faults(draft)


def block_cases(data: Mapping[str, Any], own: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the cases of a block: its own, and what it leaves open from the study's."""
    base = data["cases"]
    if own is None:
        return {**base, "disjoint": True}
    found = {"disjoint": True, **own, "from": own.get("from", base["from"])}
    if "per_participant" not in own:
        found["per_participant"] = base["per_participant"]
        found.setdefault("strata", base.get("strata", {}))
    return found


def _quota_faults(draft: Draft, cases: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    count = cases["per_participant"]
    margins, faults = resolve_margins(cases.get("strata", {}), per_participant=count, options=draft.options)
    for column, message in faults.items():
        yield draft.fault((*path, "strata", column), message)
    if not faults:
        try:
            case_cells(margins, per_participant=count)
        except ValueError as error:
            yield draft.fault((*path, "strata"), str(error))
