"""Case plans: which cases a participant judges, in which order. Pure: cases come in with their cells, plans go out.

A case is dealt to whoever needs its cell, the least used first and ties at random, so that within a cell every case
is judged about equally often at any moment of the recruitment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from analysis.core.allocation import sub_seed
from studies.design.draws import Draws
from studies.design.spec import CaseQuota
from studies.design.strata import cell_name


@dataclass(frozen=True)
class PoolCase:
    """A case that can be planned: its id and what its cell is made of."""

    id: int
    ai_correct: bool
    ground_truth: str


@dataclass(frozen=True)
class Block:
    """One block of trials of the flow: its step, its cells, and whether its cases are new to the participant."""

    step_index: int
    block_index: int
    cells: tuple[CaseQuota, ...]
    disjoint: bool = True

    @property
    def size(self) -> int:
        return sum(cell.count for cell in self.cells)


@dataclass(frozen=True)
class PracticeBlock:
    """One practice step: the same reserved cases for everybody, in an order of their own."""

    step_index: int
    block_index: int
    size: int


@dataclass(frozen=True)
class Planned:
    """One trial of one plan."""

    plan: int
    step_index: int
    block_index: int
    trial_index: int
    case: int


@dataclass(frozen=True)
class PlanRequest:
    """What is to be dealt: the blocks, and how many plans each stratum needs, in the order of the strata."""

    blocks: tuple[Block, ...]
    practice: tuple[PracticeBlock, ...]
    plans: Mapping[str, int]


@dataclass
class _Table:
    """How often each case was dealt: in the stratum at hand first, then over all."""

    here: Counter[tuple[int, int]] = field(default_factory=Counter)
    ever: Counter[tuple[int, int]] = field(default_factory=Counter)

    def deal(self, block: int, case: int) -> None:
        self.here[block, case] += 1
        self.ever[block, case] += 1


def fits(case: PoolCase, cell: CaseQuota) -> bool:
    """Whether a case belongs to a cell; a cell without a column takes every value of it."""
    return (cell.ai_correct is None or case.ai_correct == cell.ai_correct) and (
        cell.ground_truth is None or case.ground_truth == cell.ground_truth
    )


def shortages(request: PlanRequest, *, pool: Sequence[PoolCase], reserved: Sequence[int] = ()) -> list[str]:
    """Return a sentence for each cell for which there are too few cases; an empty list means that dealing works."""
    free = [case for case in pool if case.id not in set(reserved)]
    found = []
    for number, block in enumerate(request.blocks):
        for cell in block.cells:
            there = sum(fits(case, cell) for case in free)
            taken = _taken_before(request.blocks[:number], block, cell)
            if there - taken < cell.count:
                found.append(_shortage(cell, block=block, there=there, taken=taken, reserved=len(reserved)))
    return found


def _taken_before(earlier: Sequence[Block], block: Block, cell: CaseQuota) -> int:
    # The worst case is counted: cells that overlap in part may take everything from this one.
    if not block.disjoint:
        return 0
    return sum(other.count for before in earlier for other in before.cells if _overlap(other, cell))


def _overlap(one: CaseQuota, other: CaseQuota) -> bool:
    return (one.ai_correct is None or other.ai_correct is None or one.ai_correct == other.ai_correct) and (
        one.ground_truth is None or other.ground_truth is None or one.ground_truth == other.ground_truth
    )


def _shortage(cell: CaseQuota, *, block: Block, there: int, taken: int, reserved: int) -> str:
    aside = f" (the {reserved} cases of the practice are set aside)" if reserved else ""
    other = f", {taken} of which other blocks take from each participant" if taken else ""
    return (
        f"Block {block.block_index + 1} of the flow needs {cell.count} cases with {cell_name(cell)} for each "
        f"participant, but there are {there}{aside}{other}. Bring more cases or ask for fewer."
    )


def practice_reserved(seed: bytes | str, *, request: PlanRequest, pool: Sequence[PoolCase]) -> list[int]:
    """Choose the cases of the practice, in the mix of the first block as far as the other blocks can spare them."""
    draws = Draws(sub_seed(seed, "practice"))
    found: list[int] = []
    by_id = {case.id: case for case in pool}
    for _ in range(sum(block.size for block in request.practice)):
        spare = [
            case
            for case in pool
            if case.id not in found and not shortages(request, pool=pool, reserved=[*found, case.id])
        ]
        if not spare:
            needed = sum(block.size for block in request.practice)
            raise ValueError(
                f"The practice needs {needed} cases of its own, but the trials leave only {len(found)}: "
                "bring more cases or ask for fewer."
            )
        wanted = _most_wanting(request.blocks[0], [by_id[case] for case in found], spare)
        found.append(draws.choice(wanted).id)
    return found


def _most_wanting(block: Block, taken: Sequence[PoolCase], spare: Sequence[PoolCase]) -> list[PoolCase]:
    """Return the spare cases of the cell that is furthest behind its share of the block."""
    behind: list[tuple[float, list[PoolCase]]] = []
    for cell in block.cells:
        candidates = [case for case in spare if fits(case, cell)]
        if candidates:
            share = cell.count / block.size
            have = sum(fits(case, cell) for case in taken)
            behind.append((share * (len(taken) + 1) - have, candidates))
    if not behind:
        return list(spare)
    return max(behind, key=lambda entry: entry[0])[1]


def deal_plans(seed: bytes | str, *, request: PlanRequest, pool: Sequence[PoolCase]) -> list[Planned]:
    """Deal every plan of every stratum; ``ValueError`` with a sentence for each shortage when there are too few cases.

    Plans are numbered on over the strata. The same seed gives the same plans on every machine.
    """
    reserved = practice_reserved(seed, request=request, pool=pool) if request.practice else []
    lacking = shortages(request, pool=pool, reserved=reserved)
    if lacking:
        raise ValueError(" ".join(lacking))
    free = [case for case in pool if case.id not in set(reserved)]
    draws = Draws(sub_seed(seed, "plans"))
    table, number = _Table(), 0
    found: list[Planned] = []
    for count in request.plans.values():
        table.here.clear()
        for _ in range(count):
            found += _practice_trials(request.practice, reserved, number, draws)
            found += _deal_one(request.blocks, free, number, draws=draws, table=table)
            number += 1
    return found


def _practice_trials(
    blocks: Sequence[PracticeBlock], reserved: Sequence[int], plan: int, draws: Draws
) -> Iterator[Planned]:
    start = 0
    for block in blocks:
        cases = list(reserved[start : start + block.size])
        start += block.size
        draws.shuffle(cases)
        for index, case in enumerate(cases):
            yield Planned(plan, block.step_index, block.block_index, index, case)


def _deal_one(
    blocks: Sequence[Block], free: Sequence[PoolCase], plan: int, *, draws: Draws, table: _Table
) -> Iterator[Planned]:
    used: set[int] = set()
    for block in blocks:
        barred = used if block.disjoint else set()
        chosen: list[int] = []
        for cell in block.cells:
            candidates = [case.id for case in free if case.id not in barred and fits(case, cell)]
            draws.shuffle(candidates)
            candidates.sort(
                key=lambda case: (table.here[block.step_index, case], table.ever[block.step_index, case])
            )
            chosen += candidates[: cell.count]
        for case in chosen:
            table.deal(block.step_index, case)
        used.update(chosen)
        draws.shuffle(chosen)
        for index, case in enumerate(chosen):
            yield Planned(plan, block.step_index, block.block_index, index, case)
