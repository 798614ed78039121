"""A participant's own score over the trials of a block, counted on the server once the answers are stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from studies.protocols.keys import is_right, right_value
from studies.protocols.stages import Field, Stage
from studies.trials.casestages import stages_of_case
from studies.trials.models import TrialResponse
from studies.trials.scoring import facts_of
from studies.trials.sitting import Sitting


@dataclass(frozen=True)
class BlockScore:
    """How many answers were right, of how many that can be judged and were given."""

    right: int
    judged: int


def block_score(sitting: Sitting) -> BlockScore:
    """Return the score from the last score or the beginning of the step up to the current trial."""
    every = sitting.step.params.get("breaks_every") or 0
    last = sitting.place.trial
    numbers = range(last - last % every if every else 0, last + 1)
    answers = _answers([sitting.trial_id_of(number) for number in numbers])
    marks = [_is_right(sitting, number, answers[sitting.trial_id_of(number)]) for number in numbers]
    known = [mark for mark in marks if mark is not None]
    return BlockScore(sum(known), len(known))


def _answers(trials: list[int]) -> Mapping[int, dict[tuple[str, str], Any]]:
    found: dict[int, dict[tuple[str, str], Any]] = defaultdict(dict)
    rows = TrialResponse.objects.filter(trial__in=trials)
    for trial, stage, field, value in rows.values_list("trial_id", "stage", "field", "value"):
        found[trial][stage, field] = value
    return found


def _is_right(sitting: Sitting, number: int, answers: Mapping[tuple[str, str], Any]) -> bool | None:
    if sitting.check_at(sitting.step, number) is not None:
        return None
    case = sitting.cases(sitting.step)[number].case_id
    condition = sitting.condition_at(sitting.step, number)
    scored = _scored(stages_of_case(sitting.version_id, sitting.step.index, condition.name, case))
    if scored is None:
        return None
    stage, field = scored
    # The page that asks may be a check; the trial that is judged is none.
    trial = replace(sitting.trial_of_study, case_id=case, condition=condition, check=None)
    key = right_value(field, facts_of(trial))
    # The answer that this very request brought is not in the database yet.
    is_current = number == sitting.place.trial
    answer = sitting.answer_at(stage).get(field.name) if is_current else answers.get((stage.name, field.name))
    return is_right(sitting.spec.decision, field, answer, key)


def _scored(stages: tuple[Stage, ...]) -> tuple[Stage, Field] | None:
    """Return the last stage that asks something with a right answer, and the first such field of it."""
    found = [(stage, field) for stage in reversed(stages) for field in stage.fields if field.scored_against]
    return found[0] if found else None
