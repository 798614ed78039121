"""The column ``understanding`` of the trials: what people answered to the questionnaire of that name, from 0 to 1."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studies.export.people import Person, Scope
from studies.export.rows_people import item_bounds, item_number, questionnaire_items
from studies.trials.models import StepResponse

QUESTIONNAIRE = "understanding"


@dataclass(frozen=True)
class Understanding:
    """What each participant stated, by the step that asked: the mean of its items, each from 0 to 1."""

    stated: Mapping[int, Mapping[int, float]]

    def of(self, participant_id: int, *, step_index: int) -> float | None:
        """Return the answer that followed the trials of a step; where none followed, the last one before."""
        asked = self.stated.get(participant_id, {})
        after = [step for step in asked if step > step_index]
        step = min(after) if after else max(asked, default=None)
        return None if step is None else asked[step]


def understanding_of(scope: Scope, people: Sequence[Person]) -> Understanding:
    """Read what these people stated."""
    items = questionnaire_items(scope.spec)
    found: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    rows = StepResponse.objects.filter(
        participant__in=[person.pk for person in people], instrument=QUESTIONNAIRE
    )
    for pk, step, name, value in rows.values_list("participant_id", "step_index", "item", "value"):
        item = items.get((step, name), {})
        number, (low, high) = item_number(item, value), item_bounds(item)
        if number is not None and low is not None and high is not None:
            share = (number - low) / (high - low)
            found[pk][step].append(1 - share if item.get("reverse") else share)
    return Understanding(
        {
            pk: {step: sum(shares) / len(shares) for step, shares in steps.items()}
            for pk, steps in found.items()
        }
    )
