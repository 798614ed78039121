"""Whether there are enough cases for a case plan, and what is lacking, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from studies.design.planblocks import Block, PlanRequest, PoolCase, Portion, fits
from studies.design.spec import CaseQuota
from studies.design.strata import cell_name


def shortages(request: PlanRequest, *, pool: Sequence[PoolCase], reserved: Sequence[int] = ()) -> list[str]:
    """Return a sentence for each cell for which there are too few cases; an empty list means that dealing works."""
    aside = set(reserved)
    free = [case for case in pool if case.id not in aside]
    found = [
        sentence
        for group in request.groups
        for number, block in enumerate(group.blocks)
        if not block.reread
        for sentence in _of_block(block, group.blocks[:number], free=free, reserved=len(reserved))
    ]
    return list(dict.fromkeys(found))


def _of_block(
    block: Block, earlier: Sequence[Block], *, free: Sequence[PoolCase], reserved: int
) -> Iterator[str]:
    cases = [case for case in free if case.case_set == block.case_set]
    for predictor in dict.fromkeys(portion.predictor for portion in block.portions):
        portions = [portion for portion in block.portions if portion.predictor == predictor]
        for cell in block.cells:
            there = sum(fits(case, cell, predictor=predictor) for case in cases)
            needed = _needed(block, portions, cell)
            # What another predictor is right about may be any case of this cell: the worst is counted.
            others = _taken_before(earlier, block, cell) + _taken_by_others(block, predictor, cell)
            if there - others < needed:
                yield _shortage(cell, block=block, count=needed, there=there, taken=others, reserved=reserved)


def _needed(block: Block, portions: Sequence[Portion], cell: CaseQuota) -> int:
    if block.takes is not None or not block.size:
        return cell.count
    size = sum(portion.size for portion in portions)
    # Where it does not divide, a portion may hold one more than its share.
    return min(cell.count, -(-Fraction(cell.count * size, block.size) // 1))


def _taken_by_others(block: Block, predictor: str, cell: CaseQuota) -> int:
    if block.takes is not None or not block.size:
        return 0
    others = [portion for portion in block.portions if portion.predictor != predictor]
    share = Fraction(sum(portion.size for portion in others), block.size)
    overlapping = sum(other.count for other in block.cells if _overlap(other, cell, is_same_predictor=False))
    return -(-(overlapping * share) // 1)


def _taken_before(earlier: Sequence[Block], block: Block, cell: CaseQuota) -> int:
    # The worst case is counted: cells that overlap in part may take everything from this one.
    if not block.disjoint:
        return 0
    here = {portion.predictor for portion in block.portions}
    return sum(
        other.count
        for before in earlier
        if before.case_set == block.case_set and not before.reread and before.is_met_with(block)
        for other in before.cells
        if _overlap(other, cell, is_same_predictor={p.predictor for p in before.portions} == here)
    )


def _overlap(one: CaseQuota, other: CaseQuota, *, is_same_predictor: bool) -> bool:
    return all(
        other.values.get(column, value) == value or (column == "ai_correct" and not is_same_predictor)
        for column, value in one.values.items()
    )


def _shortage(cell: CaseQuota, *, block: Block, count: int, there: int, taken: int, reserved: int) -> str:
    aside = f" (the {reserved} cases of the practice are set aside)" if reserved else ""
    other = f", {taken} of which other blocks or levels take from each participant" if taken else ""
    return (
        f"Block {block.block_index + 1} of the flow needs {count} cases with {cell_name(cell)} for each "
        f"participant, but there are {there}{aside}{other}. Bring more cases or ask for fewer."
    )
