"""Which condition a questionnaire is about, where participants meet several: the one whose trials came just before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studies.export.people import Person, Scope
from studies.trials.models import Trial

Met = Mapping[int, Sequence[tuple[int, frozenset[str]]]]


def conditions_met(scope: Scope, people: Sequence[Person]) -> Met:
    """Return for each participant of an arm of several conditions which were met in each step of trials, in order."""
    several = {arm.name for arm in scope.spec.arms if len(set(arm.conditions.values())) > 1}
    chosen = [person.pk for person in people if person.condition in several]
    if not chosen:
        return {}
    trials = Trial.objects.filter(participant__in=chosen, is_practice=False, check_number=None)
    met: dict[int, dict[int, set[str]]] = {}
    rows = trials.order_by("step_index").values_list("participant_id", "step_index", "condition").distinct()
    for pk, step, condition in rows:
        met.setdefault(pk, {}).setdefault(step, set()).add(condition)
    return {pk: [(step, frozenset(names)) for step, names in steps.items()] for pk, steps in met.items()}


def condition_asked_about(met: Met, person: Person, *, step_index: int) -> str | None:
    """Return the one condition of the trials before a step; where these mixed several, that of the participant."""
    before = [names for step, names in met.get(person.pk, ()) if step < step_index]
    if before and len(before[-1]) == 1:
        return next(iter(before[-1]))
    return person.condition
