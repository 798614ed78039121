"""Case plans: which cases a participant judges, under which levels, in which order. Pure: cases come in, plans go out.

A case is dealt to whoever needs its cell, the least used first and ties at random, so that within a cell every case
is judged about equally often at any moment of the recruitment, under every level that lies within participants.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analysis.core.stream import sub_seed
from studies.design.draws import Draws
from studies.design.planblocks import Block, Group, PlanRequest, PoolCase, Portion, divides, fits, spread
from studies.design.shortages import shortages
from studies.design.spec import CaseQuota
from studies.design.squares import Row, orders_dealt
from studies.design.variants import NO_VARIANT, variants_dealt


@dataclass(frozen=True)
class Planned:
    """One trial of one plan.

    ``within`` names the levels that lie within the participant, and make its condition; ``variant`` is the variant of
    explanations that the plan shows.
    """

    plan: int
    step_index: int
    block_index: int
    trial_index: int
    case: int
    within: str = ""
    variant: str = NO_VARIANT


@dataclass
class _Table:
    """How often each case was dealt: under its levels and in the stratum at hand first, then over all."""

    here: Counter[tuple[int, str, int]] = field(default_factory=Counter)
    stratum: Counter[tuple[int, int]] = field(default_factory=Counter)
    ever: Counter[tuple[int, int]] = field(default_factory=Counter)

    def deal(self, step: int, within: str, case: int) -> None:
        self.here[step, within, case] += 1
        self.stratum[step, case] += 1
        self.ever[step, case] += 1

    def use(self, step: int, within: str, case: int) -> tuple[int, int, int]:
        return self.here[step, within, case], self.stratum[step, case], self.ever[step, case]

    def next_list(self) -> None:
        self.here.clear()
        self.stratum.clear()


Dealt = list[tuple[int, str]]


def practice_reserved(seed: bytes | str, *, request: PlanRequest, pool: Sequence[PoolCase]) -> list[int]:
    """Choose the cases of the practice, in the mix of the first block as far as the other blocks can spare them."""
    draws = Draws(sub_seed(seed, "practice"))
    found: list[int] = []
    by_id = {case.id: case for case in pool}
    needed = sum(block.size for block in request.practice)
    first = request.groups[0].blocks[0]
    for _ in range(needed):
        spare = [
            case
            for case in pool
            if case.case_set == first.case_set
            and case.id not in found
            and not shortages(request, pool=pool, reserved=[*found, case.id])
        ]
        if not spare:
            raise ValueError(
                f"The practice needs {needed} cases of its own, but the trials leave only {len(found)}: "
                "bring more cases or ask for fewer."
            )
        wanted = _most_wanting(first, [by_id[case] for case in found], spare)
        found.append(draws.choice(wanted).id)
    return found


def _most_wanting(block: Block, taken: Sequence[PoolCase], spare: Sequence[PoolCase]) -> list[PoolCase]:
    """Return the spare cases of the cell that is furthest behind its share of the block."""
    predictor = block.portions[0].predictor
    behind: list[tuple[float, list[PoolCase]]] = []
    for cell in block.cells:
        candidates = [case for case in spare if fits(case, cell, predictor=predictor)]
        if candidates:
            have = sum(fits(case, cell, predictor=predictor) for case in taken)
            behind.append((cell.count / block.size * (len(taken) + 1) - have, candidates))
    return max(behind, key=lambda entry: entry[0])[1] if behind else list(spare)


def deal_plans(seed: bytes | str, *, request: PlanRequest, pool: Sequence[PoolCase]) -> list[Planned]:
    """Deal every plan of every list; ``ValueError`` with a sentence for each shortage when there are too few cases.

    Plans are numbered on over the lists, and within a list over the groups of arms. The same seed gives the same plans
    on every machine.
    """
    reserved = practice_reserved(seed, request=request, pool=pool) if request.practice else []
    lacking = shortages(request, pool=pool, reserved=reserved)
    if lacking:
        raise ValueError(" ".join(lacking))
    free = [case for case in pool if case.id not in set(reserved)]
    draws, spreading = Draws(sub_seed(seed, "plans")), Draws(sub_seed(seed, "variants"))
    tables = [_Table() for _ in request.groups]
    found: list[Planned] = []
    number = 0
    for count in request.plans.values():
        for group, table in zip(request.groups, tables, strict=True):
            table.next_list()
            orders = orders_dealt(group.order, len(group.levels), plans=count, draws=draws)
            starts = {b.step_index: _starts_dealt(b, plans=count, draws=draws) for b in group.blocks}
            variants = variants_dealt(request.variants, plans=count, draws=spreading)
            for at, (order, variant) in enumerate(zip(orders, variants, strict=True)):
                here = {step: dealt[at] for step, dealt in starts.items()}
                trials = [
                    *_practice_trials(request, group, reserved, number, draws),
                    *_Dealer(group, free, draws, table, order, here).plan(number),
                ]
                found += [replace(trial, variant=variant) for trial in trials]
                number += 1
    return found


def _starts_dealt(block: Block, *, plans: int, draws: Draws) -> list[int]:
    """Return where each plan begins to divide the cells of a block: every place once in as many plans as trials.

    Nothing is drawn where the cells divide exactly.
    """
    if divides(block):
        return [0] * plans
    found: list[int] = []
    while len(found) < plans:
        run = list(range(block.size))
        draws.shuffle(run)
        found += run
    return found[:plans]


def _practice_trials(
    request: PlanRequest, group: Group, reserved: Sequence[int], plan: int, draws: Draws
) -> Iterator[Planned]:
    start = 0
    for block in request.practice:
        cases = list(reserved[start : start + block.size])
        start += block.size
        draws.shuffle(cases)
        levels = block.levels or group.practised
        for index, case in enumerate(cases):
            within = levels[index * len(levels) // len(cases)]
            yield Planned(plan, block.step_index, block.block_index, index, case, within)


@dataclass
class _Dealer:
    """Deals one plan: every block of its group, with the levels in this plan's order."""

    group: Group
    free: Sequence[PoolCase]
    draws: Draws
    table: _Table
    order: Row
    starts: Mapping[int, int]

    def plan(self, number: int) -> Iterator[Planned]:
        used: list[tuple[Block, set[int]]] = []
        before: set[int] = set()
        for block in self.group.blocks:
            is_new = block.disjoint and not block.reread
            barred = {case for met, cases in used if is_new and met.is_met_with(block) for case in cases}
            cases = [
                case for case in self.free if case.id not in barred and self._is_for(block, case, before)
            ]
            dealt = self._dealt(block, self._in_order(block), cases)
            for case, within in dealt:
                self.table.deal(block.step_index, within, case)
            before = {case for case, _within in dealt}
            used.append((block, before))
            for index, (case, within) in enumerate(dealt):
                yield Planned(number, block.step_index, block.block_index, index, case, within)

    def _is_for(self, block: Block, case: PoolCase, before: set[int]) -> bool:
        return case.id in before if block.reread else case.case_set == block.case_set

    def _in_order(self, block: Block) -> list[list[Portion]]:
        """Return the portions in runs: one for each level of the blocks, in the order of this plan."""
        levels = [self.group.levels[place] for place in self.order]
        if block.takes is not None:
            levels = [levels[block.takes]]
        runs = [[portion for portion in block.portions if portion.level == level] for level in levels]
        return [run for run in runs if run] or [list(block.portions)]

    def _dealt(self, block: Block, runs: list[list[Portion]], cases: list[PoolCase]) -> Dealt:
        portions = [portion for run in runs for portion in run]
        here = [portion for portion in block.portions if portion in portions]
        quotas = dict(zip(here, spread(block, here, start=self.starts[block.step_index]), strict=True))
        left = {case.id: case for case in cases}
        chosen: dict[Portion, list[tuple[PoolCase, str, int]]] = {}
        for portion in portions:
            chosen[portion] = []
            for place, cell in enumerate(quotas[portion]):
                for case in self._chosen(block, portion, cell, list(left.values())):
                    chosen[portion].append((left.pop(case.id), portion.within, place))
        if block.reread:  # every case is read again, also where it is in another cell for another predictor
            for portion, entries in chosen.items():
                while len(entries) < portion.size and left:
                    entries.append((left.pop(next(iter(left))), portion.within, len(block.cells)))
        found: Dealt = []
        for run in runs:
            found += self._arranged(block, [entry for portion in run for entry in chosen[portion]])
        return found

    def _chosen(
        self, block: Block, portion: Portion, cell: CaseQuota, cases: list[PoolCase]
    ) -> list[PoolCase]:
        candidates = [case for case in cases if fits(case, cell, predictor=portion.predictor)]
        self.draws.shuffle(candidates)
        candidates.sort(key=lambda case: self.table.use(block.step_index, portion.within, case.id))
        return candidates[: cell.count]

    def _arranged(self, block: Block, chosen: list[tuple[PoolCase, str, int]]) -> Dealt:
        self.draws.shuffle(chosen)
        if block.case_order == "fixed":
            chosen.sort(key=lambda entry: entry[0].position)
        elif block.case_order == "stratified":
            chosen = _evenly_mixed(chosen)
        return [(case.id, within) for case, within, _place in chosen]


def _evenly_mixed(chosen: list[tuple[PoolCase, str, int]]) -> list[tuple[PoolCase, str, int]]:
    """Spread every cell over the whole run: the i-th of n cases of a cell stands near (i + 1/2) / n of the way."""
    sizes = Counter((within, place) for _case, within, place in chosen)
    met: Counter[tuple[str, int]] = Counter()
    placed = []
    for number, (case, within, place) in enumerate(chosen):
        at = (met[within, place] + 0.5) / sizes[within, place]
        met[within, place] += 1
        placed.append((at, number, (case, within, place)))
    return [entry for _at, _number, entry in sorted(placed, key=lambda each: each[:2])]


__all__ = ["Planned", "deal_plans", "practice_reserved", "shortages"]
