"""A study as the engine carries it out: the frozen, typed form of a study file that passed its checks.

``document`` (the normalised mapping, stored in ``StudyVersion.spec``) is the only source; ``StudySpec.of`` reads it.
Reading, line-precise checking and refusing what is not supported yet is ``studyfile.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from studies.design.conditions import ConditionSpec, ExplanationSpec, read_condition
from studies.design.variants import NO_VARIANT, Variant, read_variants
from studies.protocols import get_protocol
from studies.protocols.reveal import answer_comes_first
from studies.protocols.stages import Decision, Option, Stage, Treatment, paid_once

__all__ = ["ArmSpec", "ConditionSpec", "ExplanationSpec", "Recruitment", "Step", "StudySpec", "read_decision"]

SHOWN = "="
PLAIN = "condition"  # what a plain list of conditions is called where it lies within participants
StepKind = Literal[
    "consent",
    "screening",
    "questionnaire",
    "instructions",
    "comprehension",
    "allocate",
    "practice",
    "trials",
    "session",
    "debrief",
]


_NEEDED = {"ai_correct": "prediction"}
NO_TREATMENT = Treatment(advice=False, explanations=0)


@dataclass(frozen=True)
class ArmSpec:
    """What a slot holds. Where all conditions lie between participants, every arm is one condition of the same name.

    ``conditions`` leads from what lies within a participant (the empty word where nothing does) to the condition that a
    trial shows; ``runs`` are the levels that stay for a run of trials, as the file orders them.
    """

    name: str
    conditions: Mapping[str, str]
    label: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)
    runs: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Step:
    """One step of the flow. ``params`` are the step's own, normalised; ``only`` limits it to some arms."""

    index: int
    kind: StepKind
    params: Mapping[str, Any]
    only: tuple[str, ...] = ()

    def applies_to(self, arm: str | None) -> bool:
        return not self.only or arm in self.only


@dataclass(frozen=True)
class CaseQuota:
    """How many cases of one cell of the case plan each participant judges.

    ``values`` are those of case columns as text; ``ai_correct`` is ``true`` or ``false`` and is judged by the answers
    of the predictor whose condition the trial shows. A column that is not named takes every value.
    """

    values: Mapping[str, str]
    count: int


@dataclass(frozen=True)
class Recruitment:
    """Who gets a place, and how many there are.

    ``slots`` people are to complete; ``over_recruit`` more may be under way. ``lease_s`` is how long a participant may
    be silent before the place is given to somebody else (0: for ever).
    """

    method: str
    slots: int
    over_recruit: int = 0
    lease_s: int = 0
    returning: str = "may_finish"
    condition_quotas: Mapping[str, int] = field(default_factory=dict)
    stratum_quotas: Mapping[str, int] = field(default_factory=dict)
    probability: float = 0.8
    imbalance: str = "range"

    @property
    def places(self) -> int:
        return self.slots + self.over_recruit

    @classmethod
    def of(cls, allocation: Mapping[str, Any]) -> Recruitment:
        """Read the allocation of a document; older ones say less of it."""
        lease = allocation.get("lease") or {}
        quotas = allocation.get("quotas") or {}
        rule = allocation.get("minimisation") or {}
        return cls(
            method=allocation["method"],
            slots=allocation["slots"],
            over_recruit=allocation.get("over_recruit", 0),
            lease_s=lease.get("seconds", 0),
            returning=lease.get("returning", "may_finish"),
            condition_quotas=quotas.get("conditions", {}),
            stratum_quotas=quotas.get("strata", {}),
            probability=rule.get("probability", 0.8),
            imbalance=rule.get("imbalance", "range"),
        )


@dataclass(frozen=True)
class StudySpec:
    """The whole study, typed."""

    study: str
    title: str
    document: Mapping[str, Any]
    decision: Decision
    conditions: tuple[ConditionSpec, ...]
    arms: tuple[ArmSpec, ...]
    steps: tuple[Step, ...]
    ratio: tuple[int, ...]
    strata: tuple[str, ...]
    slots: int
    case_set: str
    deception: bool
    recruitment: Recruitment
    order: str = "fixed"
    per: str = "block"
    variants: tuple[Variant, ...] = ()

    @cached_property
    def _by_name(self) -> tuple[Mapping[str, ConditionSpec], Mapping[str, ArmSpec]]:
        return {c.name: c for c in self.conditions}, {arm.name: arm for arm in self.arms}

    def condition(self, name: str) -> ConditionSpec:
        return self._by_name[0][name]

    def arm(self, name: str) -> ArmSpec:
        return self._by_name[1][name]

    def condition_of(self, arm: str, within: str) -> ConditionSpec:
        """Return the condition that a trial shows in an arm; ``=name`` is one that all arms see there."""
        return self.condition(within[1:] if within.startswith(SHOWN) else self.arm(arm).conditions[within])

    def variants_of(self, condition: ConditionSpec) -> tuple[str, ...]:
        """Return the names of the variants that people see in a condition: one without a name where nothing varies."""
        return tuple(each.name for each in self.variants) if condition.varies else (NO_VARIANT,)

    def variants_shown(self, explanation: ExplanationSpec) -> tuple[Variant, ...]:
        """Return the variants of an explanation; one that does not vary has a single one without a name."""
        return self.variants if explanation.varies else (Variant(NO_VARIANT),)

    def variant_in(self, condition: ConditionSpec, variant: str) -> str:
        """Return the variant that a condition shows to whoever was dealt one."""
        names = self.variants_of(condition)
        return variant if variant in names else names[0]

    def arms_with(self, condition: str) -> tuple[ArmSpec, ...]:
        """Return the arms in which some trial shows the condition."""
        return tuple(arm for arm in self.arms if condition in arm.conditions.values())

    def parameters(self, step: Step) -> Mapping[str, Any]:
        """Return the parameters of the protocol of a step, complete; versions of before there were any have none."""
        protocol = get_protocol(step.params["protocol"])
        return protocol.completed(step.params.get("parameters"), phase=step.params.get("phase", ""))

    def stages(self, step: Step, condition: str | None) -> tuple[Stage, ...]:
        """Return the stages of the trials of a step in a condition, without what differs between cases."""
        treatment = self.condition(condition).treatment if condition else NO_TREATMENT
        protocol = get_protocol(step.params["protocol"])
        whole = paid_once(protocol.stages(self.decision, treatment, self.parameters(step)))
        limit = step.params.get("time_limit_s", 0.0)
        return tuple(
            stage if stage.time_limit_s or not stage.fields else replace(stage, time_limit_s=limit)
            for stage in answer_comes_first(whole, treatment)
        )

    def needs(self, step: Step) -> frozenset[str]:
        """Return what the cases of a step must have: ``prediction``, ``truth``, or a value of a column."""
        found = set(get_protocol(step.params["protocol"]).needs)
        stages = (stage for condition in self.conditions for stage in self.stages(step, condition.name))
        for asked in (each for stage in stages for each in stage.fields):
            against = asked.scored_against or ""
            found |= {asked.options_from, _NEEDED.get(against, against)}
        return frozenset(found - {""})

    @property
    def needs_predictions(self) -> bool:
        """Say whether any trial is about what the AI says of its case; a dossier has no such answer."""
        steps = [step for step in self.steps if step.kind == "trials"]
        shown = any(condition.advice_show for condition in self.conditions)
        return shown or any("prediction" in self.needs(step) for step in steps)

    @property
    def factors(self) -> tuple[Mapping[str, Any], ...]:
        """Return name, placement and levels of each factor; a plain list of conditions has none."""
        listed = self.document.get("within", {}).get("factors", ())
        return tuple(factor for factor in listed if factor["name"] != PLAIN)

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages that participants may choose; versions made before there were any have English."""
        return tuple(self.document.get("languages", ("en",)))

    @property
    def plan(self) -> Mapping[str, Any]:
        plan: Mapping[str, Any] = self.document["plan"]
        return plan

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> StudySpec:
        """Read the normalised document of a version; it was checked when it was written, so nothing is checked here."""
        allocation = document["allocation"]
        return cls(
            study=document["study"],
            title=document["title"],
            document=document,
            decision=read_decision(document["decision"]),
            conditions=tuple(read_condition(c) for c in document["conditions"]),
            arms=_arms(document),
            steps=tuple(
                Step(i, s["kind"], s["params"], tuple(s["only"])) for i, s in enumerate(document["flow"])
            ),
            ratio=tuple(allocation["ratio"]),
            strata=tuple(allocation["strata"]),
            slots=allocation["slots"],
            case_set=document["cases"]["from"],
            deception=document["deception"],
            order=document.get("within", {}).get("order", "fixed"),
            per=document.get("within", {}).get("per", "block"),
            recruitment=Recruitment.of(allocation),
            variants=read_variants(document),
        )


def read_decision(decision: Mapping[str, Any]) -> Decision:
    """Read a normalised decision; versions that were launched before there were numbers have options only."""
    return Decision(
        question=decision["question"],
        options=tuple(Option(o["value"], o["label"]) for o in decision["options"]),
        positive=decision["positive"],
        confidence=decision["confidence"],
        kind=decision.get("kind", "choice"),
        minimum=decision.get("minimum"),
        maximum=decision.get("maximum"),
        unit=decision.get("unit", ""),
        tolerance=decision.get("tolerance", 0.0),
        options_from=decision.get("options_from", ""),
        is_confidence_paid=decision.get("confidence_paid", False),
    )


def _arms(document: Mapping[str, Any]) -> tuple[ArmSpec, ...]:
    if "arms" not in document:  # versions that were launched when all conditions lay between participants
        return tuple(ArmSpec(c["name"], {"": c["name"]}, c.get("label", "")) for c in document["conditions"])
    return tuple(
        ArmSpec(a["name"], a["conditions"], a["label"], a["levels"], tuple(a["runs"]))
        for a in document["arms"]
    )
