"""What participants have earned: their stored answers are scored on the server and paid by the rules of the study."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analysis.core.stream import random_below, random_words, sub_seed
from studies.design.attention import checks_of
from studies.design.models import StudyVersion
from studies.design.pay import Counted, PayRules
from studies.design.selectors import version_spec
from studies.design.truth import truths_of
from studies.enrolment.models import Assignment
from studies.protocols.facts import TrialFacts
from studies.protocols.keys import is_right, right_value, trial_facts
from studies.protocols.stages import Field, Stage, paid_stage
from studies.trials.casestages import stages_of_case
from studies.trials.content import advice_or_none, predictor_name
from studies.trials.models import Trial, TrialResponse

MILLION = 1_000_000
Answers = Mapping[tuple[str, str], Any]


@dataclass(frozen=True)
class Earned:
    """What one participant has earned."""

    counted: Counted
    base: Decimal
    bonus: Decimal


def earned_by(version: StudyVersion, *, participants: Mapping[int, bool]) -> Iterator[tuple[int, Earned]]:
    """Yield what each participant (by id; the value says whether they completed) earned; nothing without rules."""
    spec = version_spec(version.pk)
    rules = PayRules.of(spec.document)
    if rules is None:
        return
    trials: dict[int, list[Trial]] = defaultdict(list)
    paid = Trial.objects.filter(participant__in=list(participants), is_practice=False)
    if not rules.pays_checks:
        paid = paid.filter(check_number=None)
    for trial in paid.order_by("pk"):
        trials[trial.participant_id].append(trial)
    arms = dict(
        Assignment.objects.filter(participant__in=list(participants)).values_list(
            "participant_id", "condition"
        )
    )
    for mine in trials.values():
        for trial in mine:
            trial.condition = trial.condition or arms[trial.participant_id]
    counter = _Counter(version, rules.incentives, cases={t.case_id for mine in trials.values() for t in mine})
    for pk, has_completed in participants.items():
        counted = counter.count(trials[pk], has_completed=has_completed)
        yield pk, Earned(counted, rules.fixed(counted), rules.bonus(counted))


def score_before(version: StudyVersion, *, participant: int, arm: str, step_index: int) -> Counted:
    """Return what a participant got right in the trials before a step; practice and attention checks do not count."""
    found = Trial.objects.filter(
        participant=participant, is_practice=False, check_number=None, step_index__lt=step_index
    )
    trials = list(found.order_by("pk"))
    for trial in trials:
        trial.condition = trial.condition or arm
    counter = _Counter(version, {}, cases={trial.case_id for trial in trials})
    return counter.count(trials, has_completed=False)


class _Counter:
    """Counts right answers and prizes; the key to every case is read once."""

    def __init__(self, version: StudyVersion, incentives: Collection[str], *, cases: Iterable[int]) -> None:
        self.version, self.spec, self.incentives = version, version_spec(version.pk), incentives
        self.truths: dict[int, dict[str, str]] = defaultdict(dict)
        for (case, field), value in truths_of(case_ids=list(cases)).items():
            self.truths[case][field] = value

    def count(self, trials: list[Trial], *, has_completed: bool) -> Counted:
        answers = _answers(trials)
        right = scored = prizes = 0
        right_in = dict.fromkeys(self.incentives, 0)
        for trial in trials:
            asked = self._asked(trial)
            if asked is None:
                continue
            stage, field = asked
            given = answers.get(trial.pk, {})
            facts = self._facts(trial)
            key = right_value(field, facts)
            if key is None:
                continue
            scored += 1
            verdict = is_right(self.spec.decision, field, given.get((stage.name, field.name)), key)
            right += verdict is True
            if trial.condition in right_in:
                right_in[trial.condition] += verdict is True
            prizes += self._wins(trial, stage=stage, answers=given, is_right=verdict)
        return Counted(
            right=right, scored=scored, prizes=prizes, has_completed=has_completed, right_in=right_in
        )

    def _asked(self, trial: Trial) -> tuple[Stage, Field] | None:
        """Return the last question of a trial that has a right answer."""
        stages = stages_of_case(self.version.pk, trial.step_index, trial.condition, trial.case_id)
        last = paid_stage(stages)
        if last is None:
            return None
        return last, next(f for f in last.fields if f.scored_against and f.score != "none")

    def _facts(self, trial: Trial) -> TrialFacts:
        predictor = predictor_name(self.spec, self.spec.condition(trial.condition))
        said = advice_or_none(self.version.pk, predictor, trial.case_id)
        return trial_facts(
            self.spec.decision,
            truths=self.truths[trial.case_id],
            prediction=said.label if said else None,
            instructed=self._instructed(trial),
        )

    def _instructed(self, trial: Trial) -> str:
        if trial.check_number is None:
            return ""
        return checks_of(self.spec.steps[trial.step_index].params)[trial.check_number].answer

    def _wins(self, trial: Trial, *, stage: Stage, answers: Answers, is_right: bool | None) -> bool:
        """Say whether a paid confidence wins its prize: with probability 1 - (right - confidence) squared.

        Telling what one believes is best whatever one's taste for risk (Hossain & Okui 2013,
        https://doi.org/10.1093/restud/rdt006). Chance is a number of the recorded seed, fixed before anybody came.
        """
        paid = next((field for field in stage.fields if field.is_paid), None)
        confidence = answers.get((stage.name, paid.name)) if paid else None
        if is_right is None or not isinstance(confidence, int | float):
            return False
        loss = (float(is_right) - confidence) ** 2
        place = (trial.participant_id, trial.step_index, trial.trial_index)
        words = random_words(sub_seed(self.version.allocation_seed, "binarised", *place))
        return random_below(words, MILLION) >= loss * MILLION


def _answers(trials: Iterable[Trial]) -> dict[int, dict[tuple[str, str], Any]]:
    found: dict[int, dict[tuple[str, str], Any]] = defaultdict(dict)
    rows = TrialResponse.objects.filter(trial__in=[trial.pk for trial in trials])
    for pk, stage, field, value in rows.values_list("trial_id", "stage", "field", "value"):
        found[pk][stage, field] = value
    return found
