"""What comes after what: the steps of a flow, the trials of a step, the screens of a trial. Pure: no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from studies.design.spec import Step, StudySpec

FEEDBACK = ":feedback"
BREAK = ":break"
SCORE = ":score"
PER_BLOCK = "per_block"
TRIAL_STEPS = ("practice", "trials")


@dataclass(frozen=True)
class Place:
    """Where a participant is: the step, the trial in it, the screen of that trial, the attempt at the step."""

    step: int = 0
    trial: int = 0
    screen: int = 0
    attempt: int = 0


def screens_of_trial(step: Step, *, trial: int, trials: int, stages: Sequence[str]) -> tuple[str, ...]:
    """Return the screens of one trial: its stages, then feedback, own score and a break where the step wants them."""
    screens = tuple(stages)
    feedback = step.params.get("feedback")
    every = step.params.get("breaks_every") or 0
    is_last, ends_block = trial + 1 == trials, bool(every) and (trial + 1) % every == 0
    if feedback == PER_BLOCK and (is_last or ends_block):
        screens += (SCORE,)
    elif feedback and feedback != PER_BLOCK:
        screens += (FEEDBACK,)
    if ends_block and not is_last:
        screens += (BREAK,)
    return screens


def place_within(place: Place, *, trials: int, screens: Sequence[str]) -> Place | None:
    """Return the place after this one in the same step of trials, or ``None`` when the step is over."""
    if place.screen + 1 < len(screens):
        return replace(place, screen=place.screen + 1)
    if place.trial + 1 < trials:
        return replace(place, trial=place.trial + 1, screen=0)
    return None


def step_from(spec: StudySpec, *, index: int, arm: str | None) -> Step | None:
    """Return the first step at ``index`` or later that concerns the arm, or ``None`` at the end of the flow."""
    return next((step for step in spec.steps[index:] if step.applies_to(arm)), None)


def part_of_study(spec: StudySpec, step: Step) -> tuple[int, int]:
    """Return how many parts of the study lie before the step, and how many there are.

    Parts that only some conditions have are counted for everybody, so that the number tells nothing of the condition.
    """
    parts = [s.index for s in spec.steps if s.kind not in ("allocate", "session")]
    return sum(1 for index in parts if index < step.index), len(parts)
