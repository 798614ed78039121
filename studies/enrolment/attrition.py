"""Who stays and who leaves, arm by arm, while a study runs: counts, a test, and the finding in words. No outcome.

Different losses make arms differ in more than what they were shown (differential attrition).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import Count, Q
from django.utils import timezone

from analysis.core.monitoring.allocation_faults import ALARM, attrition_by_condition
from studies.design.models import StaffAction, StudyVersion
from studies.design.selectors import version_spec
from studies.design.services.audit import action_record
from studies.design.slots import arm_names
from studies.enrolment.models import Assignment, Participant

log = structlog.get_logger(__name__)
WATCH = 0.05
SILENT_S = 24 * 3600
"""How long somebody must be silent to count as gone where the study gives no places out again."""
State = Participant.State
GONE = (State.WITHDRAWN, State.ERASED, State.EXPIRED)


@dataclass(frozen=True)
class ArmStaying:
    """How many were given an arm, and what became of them."""

    arm: str
    allocated: int
    completed: int
    left: int

    @property
    def under_way(self) -> int:
        return self.allocated - self.completed - self.left

    @property
    def share_left(self) -> float:
        return self.left / self.allocated if self.allocated else math.nan


@dataclass(frozen=True)
class Staying:
    """The arms, the p of a difference between them, and what it means: ``calm``, ``watch`` or ``alarm``."""

    arms: tuple[ArmStaying, ...]
    p: float
    test: str
    level: str
    note: str

    @property
    def words(self) -> str:
        """Return the finding in a sentence that names no arm."""
        return WORDS[self.level] if self.p == self.p else self.note

    @property
    def p_words(self) -> str:
        """Return p and the name of its test."""
        if self.p != self.p:
            return ""
        return f"{'p < 0.001' if self.p < ALARM else f'p = {self.p:.3f}'} ({self.test})"


WORDS = {
    "calm": "No sign that conditions lose different shares of their participants.",
    "watch": "Conditions may be losing different shares of their participants. Looked at again and again, a "
    "difference like this also comes by chance: keep watching, and look at the pages of the condition that loses most.",
    "alarm": "Conditions lose different shares of their participants: those who stay are no longer comparable. Look at "
    "the pages of the condition that loses most before you recruit on, and report it.",
}


def staying_by_arm(version: StudyVersion, *, now: datetime | None = None) -> Staying:
    """Count real participants by arm; who is on the way has stayed so far."""
    spec = version_spec(version.pk)
    cutoff = (now or timezone.now()) - timedelta(seconds=spec.recruitment.lease_s or SILENT_S)
    person = "participant__"
    waits = Q(participant__opens_at__isnull=False) & ~Q(participant__closes_at__lt=now or timezone.now())
    silent = Q(participant__state=State.ALLOCATED, participant__moved_at__lt=cutoff) & ~waits
    left = (
        Q(participant__state__in=GONE)
        | silent
        | (Q(participant__released_at__isnull=False) & ~Q(participant__state=State.COMPLETED))
    )
    rows = (
        Assignment.objects.filter(participant__version=version, participant__is_simulated=False)
        .values("condition")
        .order_by()
        .annotate(
            allocated=Count("pk"),
            completed=Count("pk", filter=Q(**{f"{person}completion__isnull": False}) & ~left),
            left=Count("pk", filter=left),
        )
    )
    found = {row["condition"]: row for row in rows}
    arms = tuple(
        ArmStaying(name, row["allocated"], row["completed"], row["left"])
        if (row := found.get(name))
        else ArmStaying(name, 0, 0, 0)
        for name in arm_names(spec)
    )
    return _judged(arms)


def attrition_watch(version: StudyVersion) -> None:
    """Log a difference that has become notable, once for each level and version; called whenever somebody is gone."""
    staying = staying_by_arm(version)
    if staying.level == "calm":
        return
    verb = f"attrition_{staying.level}"
    if StaffAction.objects.filter(study=version.study, verb=verb, detail__version=version.number).exists():
        return
    shares = {arm.arm: [arm.left, arm.allocated] for arm in staying.arms}
    log.warning(staying.words, study=version.study.slug, version=version.number, p=staying.p)
    detail = {"version": version.number, "p": staying.p, "left_of": shares}
    action_record(verb=verb, study=version.study, actor=None, detail=detail)


def _judged(arms: tuple[ArmStaying, ...]) -> Staying:
    there = [arm for arm in arms if arm.allocated]
    if len(there) < 2:
        return Staying(arms, math.nan, "", "calm", "Too few conditions have participants to compare them.")
    found = attrition_by_condition(
        {arm.arm: arm.allocated for arm in there}, {arm.arm: arm.allocated - arm.left for arm in there}
    )
    is_exact = len(there) == 2
    p = found["exact_p"] if is_exact else found["p"]
    test = "Fisher's exact test" if is_exact else f"chi-square, {found['df']} degrees of freedom"
    level = "alarm" if p < ALARM else "watch" if p < WATCH else "calm"
    return Staying(arms, p, test, level, found["note"])
