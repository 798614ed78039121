"""What the pages of trials tell about pay; practice is not paid, and its pages tell nothing."""

from __future__ import annotations

from studies.design.pay import PayRules
from studies.design.spec import ConditionSpec, StudySpec
from studies.protocols.stages import Field, Stage


def stake_told(spec: StudySpec, condition: ConditionSpec, *, stage: Stage) -> str | None:
    """Return what a right answer brings in a condition, where the page of a stage says it."""
    if not condition.incentive or not any(field.scored_against for field in stage.fields):
        return None
    rules = PayRules.of(spec.document)
    return rules.stake(condition.name) if rules else None


def prize_told(spec: StudySpec, field: Field) -> str:
    """Return what a paid confidence can win, in words; empty: nothing."""
    rules = PayRules.of(spec.document) if field.is_paid else None
    return rules.written(rules.per_prize) if rules else ""
