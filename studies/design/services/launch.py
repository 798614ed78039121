"""Launch: everything that chance decides is drawn and written, and the version closes for ever."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from analysis.core.stream import sub_seed
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
from studies.design.services.gate import gate_overrides
from studies.design.services.problems import version_problems
from studies.design.slots import Lists, counters_write, lists_drawn, plans_needed, slots_write
from studies.design.spec import StudySpec
from studies.errors import AlreadyLaunched, LaunchRefused

SEED_BYTES = 32


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
    seed_used = seed_bytes(locked.allocation_seed)
    lists = {
        AllocationSlot.Purpose.REAL: lists_drawn(content.spec, seed=seed_used),
        AllocationSlot.Purpose.REHEARSAL: lists_drawn(content.spec, seed=sub_seed(seed_used, "rehearsal")),
    }
    request = _sized(plan_request(content.spec), spec=content.spec, lists=list(lists.values()))
    for purpose, drawn in lists.items():
        slots_write(locked, content.spec, purpose=purpose, lists=drawn, request=request)
        counters_write(locked, content.spec, purpose=purpose, lists=drawn, request=request)
    pool = case_pool(content.spec, cases=content.cases(), predictors=content.known_predictors)
    planned = deal_plans(sub_seed(seed_used, "case plans"), request=request, pool=pool)
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
                variant=trial.variant,
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
        detail=_record(locked),
    )
    # Last, because from here on the database refuses every change.
    locked.launched_at = timezone.now()
    locked.save(update_fields=["allocation_seed", "launched_at"])
    version.refresh_from_db()


def _record(version: StudyVersion) -> dict[str, Any]:
    return {
        "version": version.number,
        "digest": version.digest,
        "plan_digest": version.plan_digest,
        "gate_overrides": gate_overrides(version),
    }


def seed_bytes(seed: str) -> bytes:
    """Return the bytes that a recorded seed stands for: hexadecimal where it is that, otherwise its UTF-8."""
    try:
        return bytes.fromhex(seed)
    except ValueError:
        return seed.encode()


def _drawn_clear(version: StudyVersion) -> None:
    for model in (AllocationSlot, AllocationCounter, PlannedTrial):
        model.objects.filter(version=version).delete()


def _sized(request: PlanRequest, *, spec: StudySpec, lists: Sequence[Lists]) -> PlanRequest:
    """Ask for as many plans in each list as its most frequent arm has places."""
    plans = {key: max(plans_needed(spec, drawn[key]) for drawn in lists) for key in request.plans}
    return replace(request, plans=plans)
