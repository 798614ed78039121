"""A participant at their place in the study: what is needed to show their page and to take their answer."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.utils import timezone

from studies.design.attention import AttentionCheck, checks_of
from studies.design.conditions import ADVICE
from studies.design.selectors import version_spec
from studies.design.spec import ConditionSpec, Step
from studies.enrolment.models import Assignment, Participant
from studies.protocols.keys import same_answer
from studies.protocols.reveal import OWN_ANSWERS
from studies.protocols.stages import Stage
from studies.trials.casestages import stages_of_case
from studies.trials.content import PlannedCase, advice_or_none, kept_once_there, planned_cases
from studies.trials.ledger import Ledger
from studies.trials.models import Presentation, PresentedItem, Trial, TrialResponse
from studies.trials.optionorder import allocation_seed, is_drawn, stages_drawn
from studies.trials.position import FEEDBACK, SCORE, TRIAL_STEPS, Place, screens_of_trial
from studies.trials.reveals import SIMULATED_S, Seen
from studies.trials.stageview import Example, TrialOfStudy

State = Participant.State
ACTIVE = frozenset({State.ENROLLED, State.ALLOCATED})
UNSEATED = frozenset({State.ENROLLED, State.SCREENED_OUT, State.COMPREHENSION_FAILED, State.FULL})
T = TypeVar("T")
POSITION = ("step_index", "trial_index", "stage_index", "attempt", "state", "stratum", "moved_at")


@dataclass(frozen=True)
class Seat:
    """The arm and the case plan that a participant was given."""

    arm: str
    plan: int
    slot: str = ""


def seat_of(participant_id: int) -> Seat | None:
    """Return what a participant was given, which never changes once it is there."""
    try:
        return _seat(participant_id)
    except Assignment.DoesNotExist:
        return None


def seat_given(assignment: Assignment) -> Seat:
    """Return what an assignment gives."""
    slot = assignment.slot
    plan = slot.plan if assignment.plan is None else assignment.plan
    return Seat(assignment.condition, plan or 0, f"{slot.stratum}:{slot.seq}")


@kept_once_there
def _seat(participant_id: int) -> Seat:
    return seat_given(Assignment.objects.select_related("slot").get(participant_id=participant_id))


@kept_once_there
def scheduled_trials(participant_id: int, step_index: int) -> tuple[int, ...]:
    """Return the trials of a participant in a step, in their order; the schedule is written once."""
    rows = Trial.objects.filter(participant_id=participant_id, step_index=step_index)
    found = tuple(rows.order_by("trial_index").values_list("pk", flat=True))
    if not found:
        raise Trial.DoesNotExist(f"No trials of step {step_index} are scheduled.")
    return found


class Sitting:
    """One participant, read once; what an answer writes is collected in its ledger."""

    def __init__(self, participant: Participant) -> None:
        self.participant = participant
        self.ledger = Ledger()
        self.version_id = participant.version_id
        self.spec = version_spec(participant.version_id)
        self.seat = seat_of(participant.pk) if participant.state not in UNSEATED else None
        self.place = Place(
            step=participant.step_index,
            trial=participant.trial_index,
            screen=participant.stage_index,
            attempt=participant.attempt,
        )
        self.scheduled: list[Trial] | None = None
        self.asked_for: frozenset[str] = frozenset()
        self._answers: dict[tuple[int, int, str], dict[str, Any]] = {}
        self._found: dict[tuple[str, int, int], Any] = {}

    def _once(self, name: str, find: Callable[[], T]) -> T:
        """Return what holds for the whole trial at this place, found once: a page asks for it dozens of times."""
        key = (name, self.place.step, self.place.trial)
        if key not in self._found:
            self._found[key] = find()
        found: T = self._found[key]
        return found

    @property
    def now(self) -> datetime:
        """Return the moment by this participant's clock; only that of a simulated one can be ahead."""
        return timezone.now() + timedelta(seconds=self.participant.clock_ahead_s)

    @property
    def is_active(self) -> bool:
        return self.participant.state in ACTIVE

    @property
    def step(self) -> Step:
        return self.spec.steps[self.place.step]

    @property
    def arm(self) -> str | None:
        return self.seat.arm if self.seat else None

    @property
    def condition(self) -> ConditionSpec:
        """Return what the trial at this place shows."""
        return self._once("condition", lambda: self.condition_at(self.step, self.place.trial))

    def condition_at(self, step: Step, number: int) -> ConditionSpec:
        """Return what a trial of a step shows."""
        assert self.seat is not None  # trials are scheduled with the assignment
        return self.spec.condition_of(self.seat.arm, self.cases(step)[number].within)

    def check_at(self, step: Step, number: int) -> AttentionCheck | None:
        """Return how a trial of a step checks attention, if it does."""
        place = self.cases(step)[number].check
        return None if place is None else checks_of(step.params)[place]

    @property
    def nonce(self) -> str:
        """Name the page at this place of this participant; nobody else can make it."""
        if not self.is_active:
            return ""
        place = self.place
        text = f"{self.participant.pk}:{place.step}:{place.trial}:{place.screen}:{place.attempt}"
        return hmac.digest(settings.SECRET_KEY.encode(), text.encode(), "sha256").hex()

    def cases(self, step: Step) -> tuple[PlannedCase, ...]:
        """Return the trials that this participant has in a step."""
        return planned_cases(self.version_id, self.seat.plan, step.index) if self.seat else ()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Return the stages of the trial at this place, their options in the order of this participant."""
        return self._once("stages", self._stages)

    def _stages(self) -> tuple[Stage, ...]:
        case_id = self.cases(self.step)[self.place.trial].case_id
        found = stages_of_case(self.version_id, self.step.index, self.condition.name, case_id)
        if self.seat is None or not is_drawn(found):
            return found
        return stages_drawn(found, seed=allocation_seed(self.version_id), slot=self.seat.slot)

    @property
    def group(self) -> tuple[Example, ...]:
        """Return what shares the page of the current trial; more than one only for examples to study."""
        first, most = self.place.trial, self.step.params.get("per_page", 1)
        last = min(first + most, len(self.cases(self.step)))
        return tuple(self._example(self.step, number) for number in range(first, last))

    @property
    def screens(self) -> tuple[str, ...]:
        """Return the screens of the current trial: its stages, feedback and a break."""
        return self._once("screens", self._screens)

    def _screens(self) -> tuple[str, ...]:
        names = [stage.name for stage in self.stages]
        found = screens_of_trial(
            self.step, trial=self.place.trial, trials=len(self.cases(self.step)), stages=names
        )
        is_asked = any(stage.fields for stage in self.stages)
        return found if is_asked else tuple(screen for screen in found if screen not in (FEEDBACK, SCORE))

    @property
    def screen(self) -> str:
        """Return the name of the current screen of a trial: a stage, feedback or a break."""
        return self.screens[self.place.screen]

    @property
    def stage(self) -> Stage | None:
        """Return the stage that is on the screen, if it is one."""
        if self.step.kind not in TRIAL_STEPS or self.place.screen >= len(self.stages):
            return None
        return self.stages[self.place.screen]

    @property
    def trial_of_study(self) -> TrialOfStudy:
        return TrialOfStudy(
            version_id=self.version_id,
            spec=self.spec,
            condition=self.condition,
            case_id=self.cases(self.step)[self.place.trial].case_id,
            is_practice=self.step.kind == "practice",
            examples=tuple(example for _step, example in self._studied) if self._has("reference") else (),
            group=self.group,
            turn=self.seat.plan + self.place.trial if self.seat else 0,
            seen=self.seen,
            check=self.check_at(self.step, self.place.trial),
            variant=self.cases(self.step)[self.place.trial].variant,
        )

    @property
    def seen(self) -> Seen:
        """Return what of the current trial has been shown; nothing is read where nothing is held back."""
        if not self.condition.treatment.is_held:
            return Seen()
        items = PresentedItem.objects.filter(presentation__trial_id=self.trial_id)
        names = {
            ADVICE if kind == "advice" else name
            for kind, name in items.filter(item__in=("advice", "explanation")).values_list("item", "name")
        }
        stage = self.stage
        sent = Presentation.objects.filter(trial_id=self.trial_id, stage=stage.name if stage else "")
        at = sent.values_list("presented_at", flat=True).first()
        return Seen(
            names=frozenset(names) | self.asked_for,
            page_s=(timezone.now() - at).total_seconds() if at else 0.0,
            longest_s=SIMULATED_S if self.participant.is_simulated else math.inf,
        )

    def _has(self, item: str) -> bool:
        return self.stage is not None and item in self.stage.items

    def _example(self, step: Step, number: int) -> Example:
        return Example(self.cases(step)[number].case_id, self.condition_at(step, number))

    @property
    def _studied(self) -> list[tuple[Step, Example]]:
        return [
            (step, self._example(step, number))
            for step in self.spec.steps[: self.step.index]
            if step.params.get("phase") == "learn" and step.applies_to(self.arm)
            for number, planned in enumerate(self.cases(step))
            if planned.check is None
        ]

    @property
    def told(self) -> frozenset[int]:
        """Return the cases of which the current page may tell the right answer: examples to learn from."""
        found = set()
        if self._has("reference"):
            found = {e.case_id for step, e in self._studied if self.spec.parameters(step).get("show_truth")}
        return frozenset(found | {e.case_id for e in self.group if self._has("outcome")})

    @property
    def trial_id(self) -> int:
        """Return the scheduled trial at this place."""
        return self.trial_id_of(self.place.trial)

    def trial_id_of(self, number: int) -> int:
        """Return a scheduled trial of the current step."""
        step = self.place.step
        if self.scheduled is not None:
            return next(t.pk for t in self.scheduled if (t.step_index, t.trial_index) == (step, number))
        return scheduled_trials(self.participant.pk, step)[number]

    def answer_at(self, stage: Stage) -> dict[str, Any]:
        """Return what the participant answered at a stage of the current trial."""
        key = (self.place.step, self.place.trial, stage.name)
        if key not in self._answers:
            rows = TrialResponse.objects.filter(trial_id=self.trial_id, stage=stage.name)
            self._answers[key] = dict(rows.values_list("field", "value"))
        return self._answers[key]

    def remember_answer(self, stage: Stage, values: dict[str, Any]) -> None:
        """Keep what was just stored, so that the next stage need not read it again."""
        self._answers[self.place.step, self.place.trial, stage.name] = values

    @property
    def earlier(self) -> dict[str, Any]:
        """Return the answer that the current stage may show again: the last decision, else that of the stage before."""
        before = self.stages[: self.place.screen]
        deciding = [stage for stage in before if any(field.name in OWN_ANSWERS for field in stage.fields)]
        return self.answer_at((deciding or before)[-1]) if before else {}

    @property
    def is_due(self) -> bool:
        """Say whether the current stage has a page for this participant, by its own rule and the last decision."""
        stage = self.stage
        if stage is None or not stage.only_if:
            return stage is None or stage.is_shown
        trial = self.trial_of_study
        said = advice_or_none(trial.version_id, trial.predictor, trial.case_id)
        chosen = next((self.earlier[name] for name in OWN_ANSWERS if name in self.earlier), None)
        agrees = same_answer(self.spec.decision, chosen, said.label if said else None)
        return agrees is (stage.only_if == "agrees_with_advice")

    def save(self) -> None:
        """Enter position and state into the ledger."""
        person = self.participant
        person.step_index, person.trial_index = self.place.step, self.place.trial
        person.stage_index, person.attempt = self.place.screen, self.place.attempt
        person.moved_at = self.now
        self.ledger.update(person, POSITION)
