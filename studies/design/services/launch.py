"""Launch: everything that chance decides is drawn and written, and the version closes for ever."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from analysis.core.allocation import Slot, draw_allocation, sub_seed
from studies.design.caseplan import deal_plans
from studies.design.content import case_pool, content_of, plan_request
from studies.design.models import (
    AllocationCounter,
    AllocationSlot,
    PlannedTrial,
    Recruitment,
    StudyVersion,
)
from studies.design.planblocks import PlanRequest
from studies.design.services.audit import action_record
from studies.design.services.problems import version_problems
from studies.design.spec import StudySpec
from studies.design.strata import stratum_keys
from studies.errors import AlreadyLaunched, LaunchRefused

SEED_BYTES = 32
Lists = Mapping[str, Sequence[Slot]]


@transaction.atomic
def version_launch(
    *, version: StudyVersion, seed: str | None = None, actor: AbstractBaseUser | None = None
) -> None:
    """Draw slots and case plans and close the version; ``LaunchRefused`` says everything that is missing.

    The seed comes from the system's random source unless it is given (for demonstrations and tests).
    """
    locked = StudyVersion.objects.select_for_update().get(pk=version.pk)
    if locked.launched_at is not None:
        raise AlreadyLaunched(f"{locked} is launched already: a change is a new version.")
    problems = version_problems(version=locked)
    if problems:
        raise LaunchRefused(problems)
    locked.allocation_seed = seed or secrets.token_hex(SEED_BYTES)
    content = content_of(locked)
    _drawn_clear(locked)
    lists = {
        AllocationSlot.Purpose.REAL: _lists(content.spec, seed=seed_bytes(locked.allocation_seed)),
        AllocationSlot.Purpose.REHEARSAL: _lists(
            content.spec, seed=sub_seed(seed_bytes(locked.allocation_seed), "rehearsal")
        ),
    }
    request = _sized(plan_request(content.spec), lists=list(lists.values()))
    for purpose, drawn in lists.items():
        _slots_write(locked, purpose, drawn, request=request, capacity=content.spec.slots)
    pool = case_pool(content.spec, cases=content.cases(), predictors=content.known_predictors)
    planned = deal_plans(
        sub_seed(seed_bytes(locked.allocation_seed), "case plans"), request=request, pool=pool
    )
    PlannedTrial.objects.bulk_create(
        [
            PlannedTrial(
                version=locked,
                plan=trial.plan,
                step_index=trial.step_index,
                block_index=trial.block_index,
                trial_index=trial.trial_index,
                case_id=trial.case,
                within=trial.within,
            )
            for trial in planned
        ],
        batch_size=1000,
    )
    Recruitment.objects.get_or_create(version=locked)
    action_record(
        verb="version_launch",
        study=locked.study,
        actor=actor,
        detail={"version": locked.number, "digest": locked.digest, "plan_digest": locked.plan_digest},
    )
    # Last, because from here on the database refuses every change.
    locked.launched_at = timezone.now()
    locked.save(update_fields=["allocation_seed", "launched_at"])
    version.refresh_from_db()


def seed_bytes(seed: str) -> bytes:
    """Return the bytes that a recorded seed stands for: hexadecimal where it is that, otherwise its UTF-8."""
    try:
        return bytes.fromhex(seed)
    except ValueError:
        return seed.encode()


def _drawn_clear(version: StudyVersion) -> None:
    for model in (AllocationSlot, AllocationCounter, PlannedTrial):
        model.objects.filter(version=version).delete()


def _lists(spec: StudySpec, *, seed: bytes) -> Lists:
    # Every stratum gets as many slots as there are in all, so that no stratum runs out before the study does.
    return draw_allocation(
        seed,
        conditions=[arm.name for arm in spec.arms],
        ratio=list(spec.ratio),
        strata=dict.fromkeys(stratum_keys(spec), spec.slots),
        block_multiples=tuple(spec.document["allocation"]["block_multiples"]),
    )


def _sized(request: PlanRequest, *, lists: Sequence[Lists]) -> PlanRequest:
    """Ask for as many plans in a stratum as its most frequent arm has slots."""
    plans = {
        stratum: max(max(Counter(slot.condition for slot in drawn[stratum]).values()) for drawn in lists)
        for stratum in request.plans
    }
    return PlanRequest(request.groups, request.practice, plans)


def _slots_write(
    version: StudyVersion, purpose: str, drawn: Lists, *, request: PlanRequest, capacity: int
) -> None:
    first, rows = 0, []
    group_of = {arm: number for number, group in enumerate(request.groups) for arm in group.arms}
    for stratum, slots in drawn.items():
        rank: Counter[str] = Counter()
        for slot in slots:
            # The n-th slot of each arm of a group gets the same plan: arms see the same cases in the same order.
            plan = first + group_of[slot.condition] * request.plans[stratum] + rank[slot.condition]
            rank[slot.condition] += 1
            rows.append(
                AllocationSlot(
                    version=version,
                    purpose=purpose,
                    stratum=stratum,
                    seq=slot.seq,
                    block=slot.block,
                    condition=slot.condition,
                    plan=plan,
                )
            )
        first += request.plans[stratum] * len(request.groups)
    AllocationSlot.objects.bulk_create(rows, batch_size=1000)
    AllocationCounter.objects.bulk_create(
        [
            AllocationCounter(version=version, purpose=purpose, stratum=stratum, capacity=capacity)
            for stratum in (AllocationCounter.ALL, *drawn)
        ]
    )
