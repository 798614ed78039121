"""What a condition shows: advice and explanations, each with when it is shown and for which advice it holds at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from studies.protocols.reveal import Reveal
from studies.protocols.stages import Treatment

ADVICE = "advice"
AT_ONCE = Reveal()


def holds(rule: Mapping[str, Any], confidence: float | None) -> bool:
    """Say whether a rule on the confidence of the advice holds; without a confidence no rule does."""
    bounds = rule.get("ai_confidence")
    if not bounds:
        return True
    return confidence is not None and bounds.get("at_least", 0.0) <= confidence < bounds.get("below", 2.0)


@dataclass(frozen=True)
class ExplanationSpec:
    """One explanation that a condition shows. ``name`` is unique in the study and never leaves the server.

    ``label`` and ``how_to_read`` are the words that stand above it, where the study gives some. ``varies``: people see
    different variants of it.
    """

    name: str
    method: str
    target: Any
    control: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    predictor: str = ""
    declared: str = ""
    when: Mapping[str, Any] = field(default_factory=dict)
    reveal: Reveal = AT_ONCE
    label: str = ""
    how_to_read: str = ""
    varies: bool = False

    def is_due(self, confidence: float | None) -> bool:
        """Say whether the explanation is shown for advice of that confidence."""
        return holds(self.when, confidence)


@dataclass(frozen=True)
class Part:
    """Something that a condition shows: the advice (``number`` 0) or an explanation, in their order from 1."""

    number: int
    name: str
    reveal: Reveal
    when: Mapping[str, Any]
    label: str = ""
    how_to_read: str = ""

    @property
    def is_advice(self) -> bool:
        return self.number == 0

    def is_due(self, confidence: float | None) -> bool:
        """Say whether the part belongs to a trial with advice of that confidence."""
        return holds(self.when, confidence)


@dataclass(frozen=True)
class ConditionSpec:
    """What is shown to whom: ``advice_show`` lists what of the advice is shown (empty: no advice).

    ``label`` is what reports call the condition; participants never see it. ``levels`` says which level of each factor
    it is made of, where the study has factors. ``claim`` are words in which a claimed accuracy is told; ``incentive``
    is what a right answer pays here, where that is not as in the rest of the study; ``told_source`` is whose advice
    participants are told it is.
    """

    name: str
    advice_show: tuple[str, ...]
    advice_source: str
    explanations: tuple[ExplanationSpec, ...]
    predictor: str
    label: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)
    claimed_accuracy: float | None = None
    layout: str = "stacked"
    claim: str = ""
    advice_reveal: Reveal = AT_ONCE
    advice_when: Mapping[str, Any] = field(default_factory=dict)
    incentive: Mapping[str, Any] = field(default_factory=dict)
    told_source: str = "ai"

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Return everything that the condition may show, in the order in which it stands."""
        advice = (Part(0, ADVICE, self.advice_reveal, self.advice_when),) if self.advice_show else ()
        return advice + tuple(
            Part(number, e.name, e.reveal, e.when, e.label, e.how_to_read)
            for number, e in enumerate(self.explanations, start=1)
        )

    @property
    def varies(self) -> bool:
        """Say whether people in this condition see different variants of its explanations."""
        return any(explanation.varies for explanation in self.explanations)

    @cached_property
    def treatment(self) -> Treatment:
        parts = self.parts
        return Treatment(
            advice=bool(self.advice_show),
            explanations=len(self.explanations),
            targets=tuple(e.declared or target_name(e.target) for e in self.explanations),
            after_initial=tuple(part.number for part in parts if part.reveal.kind == "after_initial"),
            is_held=any(part.reveal.is_held for part in parts),
        )


def target_name(target: Any) -> str:
    """Return the target of an explanation as one word: ``class`` for a class that is named."""
    return target if isinstance(target, str) else "class"


def read_condition(c: Mapping[str, Any]) -> ConditionSpec:
    """Read a condition of a document; older ones say less of it."""
    advice = c["advice"] or {}
    return ConditionSpec(
        name=c["name"],
        advice_show=tuple(advice.get("show", ())),
        advice_source=advice.get("source", "none"),
        explanations=tuple(_explanation(e, predictor=c["predictor"]) for e in c["explanations"]),
        predictor=c["predictor"],
        label=c.get("label", ""),
        levels=c.get("levels", {}),
        claimed_accuracy=advice.get("claimed_accuracy"),
        layout=c.get("layout", "stacked"),
        claim=advice.get("claim", ""),
        advice_reveal=Reveal.of(advice.get("reveal")),
        advice_when=advice.get("when", {}),
        incentive=c.get("incentive") or {},
        told_source=advice.get("told_source", advice.get("source", "ai")),
    )


def _explanation(e: Mapping[str, Any], *, predictor: str) -> ExplanationSpec:
    return ExplanationSpec(
        name=e["name"],
        method=e["method"],
        target=e["target"],
        control=e["control"],
        parameters=e["parameters"],
        predictor=predictor,
        declared=e.get("declared", ""),
        when=e.get("when", {}),
        reveal=Reveal.of(e.get("reveal")),
        label=e.get("label", ""),
        how_to_read=e.get("how_to_read", ""),
        varies=e.get("varies", False),
    )
