"""Giving out places: the next slot of a list under one locked counter; the places of who left are given out again.

Everything here happens under the lock of the counter of all (``*``), which is taken first. A slot is never used twice:
whoever takes the place of somebody who left gets the next slot of the list.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from analysis.core.minimisation import Minimisation, levels_of, minimise
from studies.design.models import AllocationCounter, AllocationSlot, StudyVersion
from studies.design.selectors import version_spec
from studies.design.slots import arm_names
from studies.design.spec import StudySpec
from studies.enrolment.attrition import attrition_watch
from studies.enrolment.models import Assignment, Participant
from studies.errors import StudyFull

FULL = "Every place of this study is taken."
State = Participant.State
LEFT = (State.WITHDRAWN, State.ERASED, State.EXPIRED)


@transaction.atomic
def slot_claim(*, participant: Participant, stratum: str) -> Assignment:
    """Claim the next slot for a participant, or raise StudyFull; the caller holds the lock on the participant's row.

    The UPDATE locks the counter until the transaction ends, whatever the isolation level: a rollback puts it back, so
    that slots go out in order without a gap.
    """
    claim = _Claim(participant, stratum)
    try:
        with transaction.atomic():
            return claim.attempt()
    except StudyFull:
        if not claim.spec.recruitment.lease_s:
            raise
    # Whether this claim or one a moment earlier frees places: under the lock it is seen, so ask again either way.
    claim.release()
    return claim.attempt()


class _Claim:
    """One claim in progress."""

    def __init__(self, participant: Participant, stratum: str) -> None:
        self.participant, self.stratum = participant, stratum
        self.version_id = participant.version_id
        self.spec: StudySpec = version_spec(self.version_id)
        purposes = AllocationSlot.Purpose
        self.purpose = purposes.REHEARSAL if participant.is_simulated else purposes.REAL
        self.counters = AllocationCounter.objects.filter(version_id=self.version_id, purpose=self.purpose)
        self.slots = AllocationSlot.objects.filter(version_id=self.version_id, purpose=self.purpose)

    def attempt(self) -> Assignment:
        """Take a place and the slot that goes with it."""
        if not self._take(AllocationCounter.ALL):
            raise StudyFull(FULL)
        self._require_target_open()
        return (
            self._by_minimisation() if self.spec.recruitment.method == "minimisation" else self._from_list()
        )

    def release(self) -> None:
        """Free the places of those who left or were silent for too long."""
        list(self.counters.select_for_update().filter(stratum=AllocationCounter.ALL))
        places_release(version_id=self.version_id, is_simulated=self.participant.is_simulated)

    def _take(self, key: str) -> bool:
        """Count one place up, if there is one."""
        free = self.counters.filter(stratum=key, next__lt=F("capacity") + F("freed"))
        return free.update(next=F("next") + 1) > 0

    def _require_target_open(self) -> None:
        """Raise StudyFull when as many as wanted have completed, however many more might have been under way."""
        if not self.spec.recruitment.over_recruit:
            return
        people = Participant.objects.filter(
            version_id=self.version_id, is_simulated=self.participant.is_simulated, state=State.COMPLETED
        )
        if people.count() >= self.spec.slots:
            raise StudyFull(FULL)

    def _from_list(self) -> Assignment:
        """Take the next slot of the stratum's list, passing over those of a condition whose quota is full."""
        while self._take(self.stratum):
            seq = self._given(self.stratum) - 1
            slot = self.slots.filter(stratum=self.stratum, seq=seq).first()
            if slot is None:
                break
            if self._condition_has_room(slot.condition):
                return self._assign(slot, condition=slot.condition, plan=slot.plan)
            if not self._some_condition_is_open():
                break
            self.counters.filter(stratum=self.stratum).update(freed=F("freed") + 1)
        raise StudyFull(FULL)

    def _by_minimisation(self) -> Assignment:
        """Let the stratum's levels and the random word of the next slot decide."""
        if self.stratum in self.spec.recruitment.stratum_quotas and not self._take(self.stratum):
            raise StudyFull(FULL)
        seq = self._given(AllocationCounter.ALL) - 1
        slot = self.slots.filter(stratum=AllocationCounter.ALL, seq=seq).first()
        if slot is None:
            raise StudyFull(FULL)
        rule = minimisation_rule(self.spec)
        levels = levels_of(self.stratum)
        cell = minimise(slot.draw, rule=rule, levels=levels, counts=self._cell_counts(rule))
        condition, copy = rule.cells[cell]
        key = AllocationCounter.of_condition(condition)
        if not self._take(key):
            raise StudyFull(FULL)
        dealt = self.counters.get(stratum=key)
        plan = (dealt.first_plan or 0) + (dealt.next - 1) % (dealt.plans or 1)
        return self._assign(slot, condition=condition, plan=plan, copy=copy)

    def _assign(self, slot: AllocationSlot, *, condition: str, plan: int, copy: int = 0) -> Assignment:
        if self.participant.stratum != self.stratum:
            self.participant.stratum = self.stratum
            self.participant.save(update_fields=["stratum"])
        return Assignment.objects.create(
            participant=self.participant, slot=slot, condition=condition, plan=plan, copy=copy
        )

    def _given(self, key: str) -> int:
        return self.counters.values_list("next", flat=True).get(stratum=key)

    def _condition_has_room(self, name: str) -> bool:
        """Take one of a condition's places; one without a quota has room."""
        limited = name in self.spec.recruitment.condition_quotas
        return not limited or self._take(AllocationCounter.of_condition(name))

    def _some_condition_is_open(self) -> bool:
        quotas = self.spec.recruitment.condition_quotas
        if set(arm_names(self.spec)) - set(quotas):
            return True
        keys = [AllocationCounter.of_condition(name) for name in quotas]
        return self.counters.filter(stratum__in=keys, next__lt=F("capacity") + F("freed")).exists()

    def _cell_counts(self, rule: Minimisation) -> dict[tuple[str, str], list[int]]:
        """Count everybody who was ever given a condition, by level and cell."""
        given = Assignment.objects.filter(
            participant__version_id=self.version_id, participant__is_simulated=self.participant.is_simulated
        )
        rows = given.values_list("participant__stratum", "condition", "copy").annotate(Count("pk")).order_by()
        counts: dict[tuple[str, str], list[int]] = {}
        for stratum, condition, copy, number in rows:
            cell = rule.cells.index((condition, copy))
            for place in levels_of(stratum).items():
                counts.setdefault(place, [0] * len(rule.cells))[cell] += number
        return counts


def minimisation_rule(spec: StudySpec) -> Minimisation:
    """Return the rule by which a study minimises."""
    return Minimisation(
        conditions=tuple(arm_names(spec)),
        ratio=tuple(spec.ratio),
        probability=spec.recruitment.probability,
        imbalance=spec.recruitment.imbalance,
    )


def places_release(*, version_id: int, is_simulated: bool, now: datetime | None = None) -> int:
    """Free the places of those who left or fell silent and return how many; the caller holds the lock of ``*``.

    Whoever is in the middle of an answer holds the lock of their own row and is passed over: they are not silent.
    """
    spec = version_spec(version_id)
    moment = now or timezone.now()
    cutoff = moment - timedelta(seconds=spec.recruitment.lease_s)
    # Who waits for a session is not silent until that has closed, or has been open for as long as the lease.
    due = Q(opens_at=None) | Q(closes_at__lt=moment) | Q(closes_at=None, opens_at__lt=cutoff)
    silent = due & Q(state=State.ALLOCATED, moved_at__lt=cutoff) & ~Q(events__received_at__gte=cutoff)
    gone = Participant.objects.filter(
        Q(state__in=LEFT) | silent,
        version_id=version_id,
        is_simulated=is_simulated,
        released_at=None,
        assignment__isnull=False,
    )
    found = list(gone.order_by("pk").values_list("pk", flat=True).distinct())
    held = Participant.objects.select_for_update(skip_locked=True).filter(pk__in=found, released_at=None)
    pks = list(held.order_by("pk").values_list("pk", flat=True))
    if not pks:
        return 0
    Participant.objects.filter(pk__in=pks).update(released_at=moment)
    purpose = AllocationSlot.Purpose.REHEARSAL if is_simulated else AllocationSlot.Purpose.REAL
    counters = AllocationCounter.objects.filter(version_id=version_id, purpose=purpose)
    for key, number in _keys_of(pks).items():
        counters.filter(stratum=key).update(freed=F("freed") + number)
    if not is_simulated:
        attrition_watch(StudyVersion.objects.select_related("study").get(pk=version_id))
    return len(pks)


def _keys_of(pks: list[int]) -> Counter[str]:
    """Count places by every counter that they were taken from."""
    rows = Assignment.objects.filter(participant__in=pks).values_list("participant__stratum", "condition")
    found: Counter[str] = Counter()
    for stratum, condition in rows:
        found.update({AllocationCounter.ALL, stratum, AllocationCounter.of_condition(condition)})
    return found
