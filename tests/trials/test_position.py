"""What comes after what. No database."""

from __future__ import annotations

from studies.design.spec import Step, StudySpec
from studies.trials.position import (
    BREAK,
    FEEDBACK,
    Place,
    part_of_study,
    place_within,
    screens_of_trial,
    step_from,
)
from tests.factories import WHOLE_FLOW, StudyRecipe, document_of

SPEC = StudySpec.of(document_of(StudyRecipe(flow=WHOLE_FLOW)))
STAGES = ("initial", "final")


def walked(step: Step, *, trials: int) -> list[tuple[int, str]]:
    place: Place | None = Place(step=step.index)
    seen = []
    while place is not None:
        screens = screens_of_trial(step, trial=place.trial, trials=trials, stages=STAGES)
        seen.append((place.trial, screens[place.screen]))
        place = place_within(place, trials=trials, screens=screens)
    return seen


def test_a_trial_goes_through_its_stages_and_then_to_the_next() -> None:
    step = Step(0, "trials", {})
    assert walked(step, trials=2) == [(0, "initial"), (0, "final"), (1, "initial"), (1, "final")]


def test_feedback_follows_the_last_stage() -> None:
    assert walked(Step(0, "practice", {"feedback": True}), trials=1) == [
        (0, "initial"), (0, "final"), (0, FEEDBACK),
    ]  # fmt: skip


def test_breaks_come_after_every_so_many_trials_but_not_at_the_end() -> None:
    step = Step(0, "trials", {"breaks_every": 2})
    assert [trial for trial, screen in walked(step, trials=6) if screen == BREAK] == [1, 3]


def test_steps_of_other_conditions_are_passed_over() -> None:
    last = SPEC.steps[-1]
    assert step_from(SPEC, index=last.index - 1, arm="unaided") == last
    assert step_from(SPEC, index=last.index - 1, arm="ig") == SPEC.steps[-2]
    assert step_from(SPEC, index=len(SPEC.steps), arm="ig") is None


def test_the_number_of_parts_tells_nothing_of_the_condition() -> None:
    assert part_of_study(SPEC, SPEC.steps[0]) == (0, 10)
    assert part_of_study(SPEC, SPEC.steps[-1]) == (9, 10)
