"""The places of a study: what is drawn for each of its lists, and what limits how many are given out.

A *list* holds the slots that people of one stratum claim one after the other; minimisation has one list for everybody,
of random numbers in place of conditions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.core.allocation import draw_allocation
from analysis.core.minimisation import minimisation_stream
from studies.design.models import AllocationCounter, AllocationSlot, StudyVersion
from studies.design.planblocks import PlanRequest
from studies.design.spec import StudySpec
from studies.design.strata import list_keys

REFILLS = 3  # slots drawn for each place, where the places of those who left are given out again


@dataclass(frozen=True)
class Place:
    """One slot as it is drawn; under minimisation it holds a random word and no condition yet."""

    seq: int
    block: int
    condition: str
    draw: str = ""


Lists = Mapping[str, Sequence[Place]]


def arm_names(spec: StudySpec) -> list[str]:
    """Return what a slot can hold, in the order that the allocation draws from."""
    return [arm.name for arm in spec.arms]


def lists_drawn(spec: StudySpec, *, seed: bytes) -> Lists:
    """Draw every list of a study from its seed."""
    # Every stratum gets as many slots as there are places in all, so that none runs out before the study does.
    sizes = dict.fromkeys(list_keys(spec), _slots_of_list(spec))
    allocation = spec.recruitment
    if allocation.method == "minimisation":
        return {
            key: [Place(seq, 0, "", word) for seq, word in enumerate(minimisation_stream(seed, places=count))]
            for key, count in sizes.items()
        }
    drawn = draw_allocation(
        seed,
        conditions=arm_names(spec),
        ratio=list(spec.ratio),
        strata=sizes,
        block_multiples=tuple(spec.document["allocation"]["block_multiples"]),
        method=allocation.method,
    )
    return {
        key: [Place(slot.seq, slot.block, slot.condition) for slot in slots] for key, slots in drawn.items()
    }


def plans_needed(spec: StudySpec, places: Sequence[Place]) -> int:
    """Return how many case plans a list needs: as many as its most frequent condition has places.

    Slots that are drawn only to give places out again take the plans from the first one on once more.
    """
    first = places[: spec.recruitment.places]
    if spec.recruitment.method == "minimisation":
        return -(-len(first) * max(spec.ratio) // sum(spec.ratio))
    return max(Counter(place.condition for place in first).values())


def slots_write(
    version: StudyVersion, spec: StudySpec, *, purpose: str, lists: Lists, request: PlanRequest
) -> None:
    """Write the slots of every list; ``request`` says how many case plans each list was dealt, numbered on.

    The n-th slot of each arm of a group gets the same plan: arms see the same cases in the same order.
    """
    first, rows = 0, []
    plans, group_of = request.plans, request.group_of
    for key, places in lists.items():
        rank: Counter[str] = Counter()
        for place in places:
            rows.append(
                AllocationSlot(
                    version=version,
                    purpose=purpose,
                    stratum=key,
                    seq=place.seq,
                    block=place.block,
                    condition=place.condition,
                    draw=place.draw,
                    plan=first
                    + group_of.get(place.condition, 0) * plans[key]
                    + rank[place.condition] % plans[key],
                )
            )
            rank[place.condition] += 1
        first += plans[key] * len(request.groups)
    AllocationSlot.objects.bulk_create(rows, batch_size=1000)


def counters_write(
    version: StudyVersion, spec: StudySpec, *, purpose: str, lists: Lists, request: PlanRequest
) -> None:
    """Write the counters: of all, of each list, and of each stratum or condition that has a quota or deals plans."""
    AllocationCounter.objects.bulk_create(
        AllocationCounter(
            version=version, purpose=purpose, stratum=key, capacity=capacity, first_plan=first, plans=count
        )
        for key, (capacity, first, count) in _counters(spec, lists=lists, request=request).items()
    )


def _counters(
    spec: StudySpec, *, lists: Lists, request: PlanRequest
) -> dict[str, tuple[int, int | None, int | None]]:
    recruitment = spec.recruitment
    found: dict[str, tuple[int, int | None, int | None]] = {
        AllocationCounter.ALL: (recruitment.places, None, None)
    }
    for key in (*lists, *recruitment.stratum_quotas):
        if key != AllocationCounter.ALL:
            found[key] = (recruitment.stratum_quotas.get(key, recruitment.places), None, None)
    for name, quota in recruitment.condition_quotas.items():
        found[AllocationCounter.of_condition(name)] = (quota, None, None)
    if recruitment.method == "minimisation":
        # Whose turn it is decides the plan here, so the plans are counted out condition by condition.
        count = request.plans[AllocationCounter.ALL]
        for name in arm_names(spec):
            first = request.group_of[name] * count
            found[AllocationCounter.of_condition(name)] = (_slots_of_list(spec), first, count)
    return found


def _slots_of_list(spec: StudySpec) -> int:
    recruitment = spec.recruitment
    slots = recruitment.places * (REFILLS if recruitment.lease_s else 1)
    full = recruitment.condition_quotas
    if not full:
        return slots
    # Places of a condition whose quota is full are passed over: the list must last for the conditions that have none.
    open_ratio = [times for name, times in zip(arm_names(spec), spec.ratio, strict=True) if name not in full]
    return -(-slots * sum(spec.ratio) // min(open_ratio or spec.ratio))
