"""The case plan of a version as people would meet it: dealt for a look before launch, read as it was drawn after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from studies.design.balance import Balance, Dealt, DealtTrial, balance_of
from studies.design.balancetables import Claim, CountTable, balance_claims, balance_tables, variant_claims
from studies.design.caseplan import Planned, deal_plans
from studies.design.content import Content, case_pool, content_of, missing_content, plan_request
from studies.design.models import AllocationCounter, AllocationSlot, StudyVersion
from studies.design.planblocks import PlanRequest, PoolCase
from studies.design.selectors import version_spec
from studies.design.slots import arm_names
from studies.design.spec import StudySpec
from studies.errors import StudyError

PLANS_AT_MOST = 300
SEED = "a look before launch"
Seats = Mapping[tuple[str, str], Sequence[int]]


class NoPlanYet(StudyError):
    """The case plan cannot be dealt: content is missing, or there are too few cases."""

    code = "no_plan_yet"


@dataclass(frozen=True)
class PlanPreview:
    """What a case plan comes to. ``is_drawn``: it is the one of the launch; ``is_whole``: it has everybody in it."""

    balance: Balance
    claims: Sequence[Claim]
    tables: Sequence[CountTable]
    is_drawn: bool
    is_whole: bool

    @property
    def people(self) -> int:
        return sum(self.balance.people.values())


def plan_preview(version: StudyVersion) -> PlanPreview:
    """Count the case plan of a version; ``NoPlanYet`` says why there is none to count.

    Before launch the plan is dealt as launch deals it, from a seed of its own; after it, the plan is read as it was
    drawn. Who gets which plan is not looked at: every arm takes as many as it would have people, from the first one on.
    """
    return content_preview(content_of(version), version=version if version.launched_at else None)


def content_preview(content: Content, *, version: StudyVersion | None = None) -> PlanPreview:
    """Count the case plan of a study; with a launched version the one that was drawn."""
    spec, request = content.spec, plan_request(content.spec)
    lacking = missing_content(content)
    if lacking:
        raise NoPlanYet(" ".join(lacking))
    pool = case_pool(content.spec, cases=content.cases(), predictors=content.known_predictors)
    lists = len(request.plans)
    wanted = -(-spec.recruitment.places * max(spec.ratio) // (sum(spec.ratio) * lists))
    count = max(1, min(wanted, PLANS_AT_MOST // (lists * len(request.groups))))
    if version is None:
        seats, planned = _dealt(request, pool, count)
    else:
        seats, planned = _drawn(version, count)
    trials = _by_plan(planned, practice=[block.step_index for block in request.practice])
    balance = balance_of(
        list(_people(spec, seats, trials, count)),
        groups=request.groups,
        pool=pool,
        condition_of=lambda arm, within: spec.condition_of(arm, within).name,
        reserved=[trial.case for trial in planned if trial.step_index in _steps(request)],
    )
    return PlanPreview(
        balance=balance,
        claims=[*balance_claims(balance, lists=lists), *_variant_claims(spec, seats, trials, count)],
        tables=balance_tables(balance),
        is_drawn=version is not None,
        is_whole=count == wanted,
    )


def _steps(request: PlanRequest) -> set[int]:
    return {block.step_index for block in request.practice}


def _dealt(request: PlanRequest, pool: Sequence[PoolCase], count: int) -> tuple[Seats, list[Planned]]:
    sized = replace(request, plans=dict.fromkeys(request.plans, count))
    try:
        planned = deal_plans(SEED, request=sized, pool=pool)
    except ValueError as error:
        raise NoPlanYet(str(error)) from error
    seats: dict[tuple[str, str], Sequence[int]] = {}
    first = 0
    for key in sized.plans:
        for group in sized.groups:
            seats |= {(key, arm): range(first, first + count) for arm in group.arms}
            first += count
    return seats, planned


def _drawn(version: StudyVersion, count: int) -> tuple[Seats, list[Planned]]:
    plans: dict[tuple[str, str], set[int]] = defaultdict(set)
    purpose = AllocationSlot.Purpose.REAL
    slots = AllocationSlot.objects.filter(version=version, purpose=purpose).exclude(condition="")
    for key, arm, plan in slots.order_by().values_list("stratum", "condition", "plan").distinct():
        plans[key, arm].add(plan)
    # Under minimisation slots hold no arm: its plans are counted out from a place that its counter says.
    counters = AllocationCounter.objects.filter(version=version, purpose=purpose, first_plan__isnull=False)
    firsts = {counter.stratum: counter.first_plan or 0 for counter in counters}
    for name in arm_names(version_spec(version.pk)):
        if (first := firsts.get(AllocationCounter.of_condition(name))) is not None:
            plans["", name] = set(range(first, first + count))
    seats = {place: sorted(found)[:count] for place, found in plans.items()}
    used = {plan for found in seats.values() for plan in found}
    rows = version.planned_trials.order_by("plan", "step_index", "trial_index").values_list(
        "plan", "step_index", "block_index", "trial_index", "case_id", "within", "variant"
    )
    return seats, [Planned(*row) for row in rows.iterator() if row[0] in used]


def _by_plan(planned: Sequence[Planned], *, practice: Sequence[int]) -> dict[int, list[Planned]]:
    found: dict[int, list[Planned]] = defaultdict(list)
    for trial in planned:
        if trial.step_index not in practice:
            found[trial.plan].append(trial)
    return found


def _variant_claims(
    spec: StudySpec, seats: Seats, trials: Mapping[int, Sequence[Planned]], count: int
) -> Iterator[Claim]:
    shown = {arm.name for arm in spec.arms if any(spec.condition(c).varies for c in arm.conditions.values())}
    dealt: dict[str, list[str]] = {}
    for arm, plans in _taken(spec, seats, count):
        if arm in shown:
            dealt.setdefault(arm, []).extend(trials[plan][0].variant for plan in plans if trials[plan])
    lists = len({key for key, _arm in seats})
    yield from variant_claims([variant.name for variant in spec.variants], dealt, lists=lists)


def _people(
    spec: StudySpec, seats: Seats, trials: Mapping[int, Sequence[Planned]], count: int
) -> Iterator[Dealt]:
    """Yield as many people of each arm as its share of the ratio asks for: the n-th has the n-th plan of the arm."""
    levels = _levels(spec)
    for arm, plans in _taken(spec, seats, count):
        for plan in plans:
            yield Dealt(
                arm,
                tuple(
                    DealtTrial(
                        block=trial.block_index,
                        place=trial.trial_index,
                        case=trial.case,
                        condition=spec.condition_of(arm, trial.within).name,
                        level=levels.get((arm, trial.within), ""),
                    )
                    for trial in trials[plan]
                ),
            )


def _taken(spec: StudySpec, seats: Seats, count: int) -> Iterator[tuple[str, Sequence[int]]]:
    ratio = dict(zip((arm.name for arm in spec.arms), spec.ratio, strict=True))
    for (_key, arm), plans in seats.items():
        yield arm, plans[: max(1, round(count * ratio[arm] / max(ratio.values())))]


def _levels(spec: StudySpec) -> dict[tuple[str, str], str]:
    """Return for each arm and what lies within it the level that stays for a run of trials."""
    return {
        (arm, portion["within"]): portion["level"]
        for step in spec.steps
        if step.kind == "trials"
        for arm, portions in step.params.get("portions", {}).items()
        for portion in portions
    }
