"""What a case plan is made of: cases with their columns, blocks of trials, and the levels that lie within a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from studies.design.spec import CaseQuota
from studies.design.strata import AI_CORRECT, AI_FLIPS, GROUND_TRUTH, PRESENT


@dataclass(frozen=True)
class PoolCase:
    """A case that can be planned: what its cell is made of, and whether each predictor is right about it.

    ``flips`` says of a changed case whether the answer of each predictor differs from that to its original.
    """

    id: int
    right: Mapping[str, bool]
    ground_truth: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    case_set: str = ""
    position: int = 0
    flips: Mapping[str, bool] = field(default_factory=dict)

    def value(self, column: str, *, predictor: str) -> str | None:
        """Return the value of a column, as text; ``ai_correct`` is that of the predictor."""
        if column in (AI_CORRECT, AI_FLIPS):
            found = (self.right if column == AI_CORRECT else self.flips).get(predictor)
            return None if found is None else "true" if found else "false"
        return self.ground_truth if column == GROUND_TRUTH else self.attributes.get(column)


@dataclass(frozen=True)
class Portion:
    """The trials of a block under the same levels.

    ``within`` names all levels, ``level`` those that stay for a run of trials, ``size`` is the number of trials, and
    ``predictor`` the one whose answers count there.
    """

    within: str
    level: str
    size: int
    predictor: str


@dataclass(frozen=True)
class Block:
    """One block of trials of the flow.

    ``disjoint``: its cases are new to the participant; ``reread``: they are those of the block before; ``takes``: only
    the level at that place of the participant's order is met here; ``arms``: which of the group meet it, ``None``: all.
    """

    step_index: int
    block_index: int
    cells: tuple[CaseQuota, ...]
    disjoint: bool = True
    portions: tuple[Portion, ...] = ()
    case_order: str = "random"
    case_set: str = ""
    takes: int | None = None
    reread: bool = False
    arms: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if not self.portions:
            object.__setattr__(self, "portions", (Portion("", "", self.size, ""),))

    @property
    def size(self) -> int:
        return sum(cell.count for cell in self.cells)

    def is_met_with(self, other: Block) -> bool:
        """Whether some participant meets both blocks."""
        return self.arms is None or other.arms is None or bool(self.arms & other.arms)


@dataclass(frozen=True)
class PracticeBlock:
    """One practice step: the same reserved cases for everybody, in an order of their own.

    ``levels``: what it shows, where the step says so.
    """

    step_index: int
    block_index: int
    size: int
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Arms that share their plans: their trials need the same predictors under the same levels."""

    arms: tuple[str, ...]
    blocks: tuple[Block, ...]
    levels: tuple[str, ...] = ("",)
    order: str = "fixed"
    practised: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class PlanRequest:
    """What is to be dealt: the groups of arms with their blocks, and how many plans each list needs for each group.

    ``variants`` of explanations are spread over the plans.
    """

    groups: tuple[Group, ...]
    practice: tuple[PracticeBlock, ...]
    plans: Mapping[str, int]
    variants: tuple[str, ...] = ()

    @property
    def group_of(self) -> dict[str, int]:
        """Return the number of the group of each arm."""
        return {arm: number for number, group in enumerate(self.groups) for arm in group.arms}


def fits(case: PoolCase, cell: CaseQuota, *, predictor: str = "") -> bool:
    """Whether a case belongs to a cell; a cell without a column takes every value of it."""
    values = {column: case.value(column, predictor=predictor) for column in cell.values}
    return all(
        values[column] is not None if value == PRESENT else values[column] == value
        for column, value in cell.values.items()
    )


def spread(block: Block, portions: Sequence[Portion], *, start: int = 0) -> list[list[CaseQuota]]:
    """Divide the cells of a block over its portions: exactly where they divide, otherwise as evenly as they can.

    Where they do not divide, the cells are strung together evenly, begun at the place ``start``, and cut to the
    portions: each portion holds its share of each cell to the next whole number or so, and the totals are exact. Over
    all ``block.size`` places to begin at, every portion holds exactly its share.

    Parameters
    ----------
    block : Block
        Whose cells are divided.
    portions : sequence of Portion
        All of the block, or those of one level of it; their sizes add up to the size of the block.
    start : int
        Any whole number from 0.

    Returns
    -------
    list of list of CaseQuota
        For each portion, its cells in the order of the block; some may be empty.

    Examples
    --------
    >>> halves = (Portion("x=a", "", 3, "m"), Portion("x=b", "", 3, "m"))
    >>> block = Block(0, 0, (CaseQuota({"ai_correct": "true"}, 5), CaseQuota({"ai_correct": "false"}, 1)))
    >>> [[[cell.count for cell in cells] for cells in spread(block, halves, start=start)] for start in (0, 3)]
    [[[2, 1], [3, 0]], [[3, 0], [2, 1]]]
    """
    shares = [[Fraction(cell.count * p.size, block.size) for cell in block.cells] for p in portions]
    if all(share.denominator == 1 for row in shares for share in row):
        counts = [[int(share) for share in row] for row in shares]
    else:
        counts = _cut(block, portions, start=start)
    return [
        [CaseQuota(cell.values, count) for cell, count in zip(block.cells, row, strict=True)]
        for row in counts
    ]


def divides(block: Block) -> bool:
    """Say whether every portion holds a whole number of every cell."""
    return all((cell.count * p.size) % block.size == 0 for p in block.portions for cell in block.cells)


def _cut(block: Block, portions: Sequence[Portion], *, start: int) -> list[list[int]]:
    strung = sorted(
        ((at + Fraction(1, 2)) / cell.count, place)
        for place, cell in enumerate(block.cells)
        for at in range(cell.count)
    )
    cells = [place for _at, place in strung]
    cells = cells[start:] + cells[:start]
    counts, begin = [], 0
    for portion in portions:
        part = cells[begin : begin + portion.size]
        counts.append([part.count(place) for place in range(len(block.cells))])
        begin += portion.size
    return counts
