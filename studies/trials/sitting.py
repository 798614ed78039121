"""A participant at their place in the study: what is needed to show their page and to take their answer."""

from __future__ import annotations

import hmac
from typing import Any

from django.conf import settings
from django.utils import timezone

from studies.design.selectors import version_spec
from studies.design.spec import Step
from studies.enrolment.models import Assignment, Participant
from studies.protocols.stages import Stage
from studies.trials.content import PlannedCase, planned_cases, stages_of
from studies.trials.models import Trial, TrialResponse
from studies.trials.position import TRIAL_STEPS, Place, screens_of_trial
from studies.trials.stageview import TrialOfStudy

State = Participant.State
ACTIVE = frozenset({State.ENROLLED, State.ALLOCATED})


class Sitting:
    """One participant, read once; what changes is written by ``save`` in one statement."""

    def __init__(self, participant: Participant) -> None:
        self.participant = participant
        self.version_id = participant.version_id
        self.spec = version_spec(participant.version_id)
        self.assignment = _assignment_of(participant)
        self.place = Place(
            step=participant.step_index,
            trial=participant.trial_index,
            screen=participant.stage_index,
            attempt=participant.attempt,
        )
        self._trials: dict[tuple[int, int], Trial] = {}
        self._answers: dict[tuple[int, int, str], dict[str, Any]] = {}

    @property
    def is_active(self) -> bool:
        return self.participant.state in ACTIVE

    @property
    def step(self) -> Step:
        return self.spec.steps[self.place.step]

    @property
    def condition(self) -> str | None:
        return self.assignment.condition if self.assignment else None

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
        if self.assignment is None:
            return ()
        return planned_cases(self.version_id, self.assignment.slot.plan, step.index)

    @property
    def stages(self) -> tuple[Stage, ...]:
        return stages_of(self.version_id, self.step.index, self.condition)

    @property
    def screen(self) -> str:
        """Return the name of the current screen of a trial: a stage, feedback or a break."""
        names = [stage.name for stage in self.stages]
        trials = len(self.cases(self.step))
        screens = screens_of_trial(self.step, trial=self.place.trial, trials=trials, stages=names)
        return screens[self.place.screen]

    @property
    def stage(self) -> Stage | None:
        """Return the stage that is on the screen, if it is one."""
        if self.step.kind not in TRIAL_STEPS or self.place.screen >= len(self.stages):
            return None
        return self.stages[self.place.screen]

    @property
    def trial_of_study(self) -> TrialOfStudy:
        assert self.condition is not None  # trials are scheduled with the assignment
        return TrialOfStudy(
            version_id=self.version_id,
            spec=self.spec,
            condition=self.spec.condition(self.condition),
            case_id=self.cases(self.step)[self.place.trial].case_id,
            is_practice=self.step.kind == "practice",
        )

    @property
    def trial(self) -> Trial:
        """Return the scheduled trial at this place; the next one is read with it, because it is shown next."""
        key = (self.place.step, self.place.trial)
        if key not in self._trials:
            rows = Trial.objects.filter(
                participant_id=self.participant.pk,
                step_index=self.place.step,
                trial_index__in=(self.place.trial, self.place.trial + 1),
            )
            self._trials.update({(row.step_index, row.trial_index): row for row in rows})
        return self._trials[key]

    def answer_at(self, stage: Stage) -> dict[str, Any]:
        """Return what the participant answered at a stage of the current trial."""
        key = (self.place.step, self.place.trial, stage.name)
        if key not in self._answers:
            rows = TrialResponse.objects.filter(trial=self.trial, stage=stage.name)
            self._answers[key] = dict(rows.values_list("field", "value"))
        return self._answers[key]

    def remember_answer(self, stage: Stage, values: dict[str, Any]) -> None:
        """Keep what was just stored, so that the next stage need not read it again."""
        self._answers[self.place.step, self.place.trial, stage.name] = values

    @property
    def earlier(self) -> dict[str, Any]:
        """Return the answer that the current stage may show again: that of the stage before it."""
        return self.answer_at(self.stages[self.place.screen - 1]) if self.place.screen else {}

    def save(self) -> None:
        """Write the position and the state."""
        person = self.participant
        person.step_index, person.trial_index = self.place.step, self.place.trial
        person.stage_index, person.attempt = self.place.screen, self.place.attempt
        Participant.objects.filter(pk=person.pk).update(
            step_index=person.step_index,
            trial_index=person.trial_index,
            stage_index=person.stage_index,
            attempt=person.attempt,
            state=person.state,
            stratum=person.stratum,
            moved_at=timezone.now(),
        )


def _assignment_of(participant: Participant) -> Assignment | None:
    found: Assignment | None = getattr(participant, "assignment", None)
    if found is None and participant.state == State.ALLOCATED:
        # PostgreSQL re-reads the row that it waited for, but joins what the statement saw when it began.
        return Assignment.objects.select_related("slot").get(participant=participant)
    return found
