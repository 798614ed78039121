"""What a case plan comes to: counted from the trials that people would be given, and from nothing that dealt them.

Pure: people with their trials come in, counts go out. Practice is left out of every count.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import groupby, pairwise

from studies.design.planblocks import Block, Group, PoolCase, Portion, fits
from studies.design.spec import CaseQuota
from studies.design.strata import cell_name

ALL = ""


@dataclass(frozen=True)
class DealtTrial:
    """One trial of a participant: its place, its case, what it shows, and the level that stays for a run of trials."""

    block: int
    place: int
    case: int
    condition: str
    level: str = ""


@dataclass(frozen=True)
class Dealt:
    """The trials that one participant of an arm would be given, in order."""

    arm: str
    trials: tuple[DealtTrial, ...]


@dataclass(frozen=True)
class Spread:
    """The least, the most and the mean of a number over participants or cases."""

    least: int
    most: int
    mean: float

    @classmethod
    def of(cls, numbers: Sequence[int]) -> Spread:
        """Summarise at least one number."""
        return cls(min(numbers), max(numbers), sum(numbers) / len(numbers))

    @property
    def is_one_number(self) -> bool:
        return self.least == self.most

    def __str__(self) -> str:
        return str(self.least) if self.is_one_number else f"{self.least} to {self.most}"


@dataclass(frozen=True)
class CellCount:
    """How many cases of a cell each participant judges in a block under a condition (empty: under all of it).

    ``promised`` may be a fraction: where the cases do not divide over the conditions.
    """

    block: int
    condition: str
    cell: str
    promised: Fraction
    found: Spread
    people: int
    arms: str = ""

    @property
    def is_kept(self) -> bool:
        """Say whether everybody has the promised number, or the whole numbers next to it where it is none."""
        low = self.promised.numerator // self.promised.denominator
        high = -(-self.promised.numerator // self.promised.denominator)
        return low <= self.found.least and self.found.most <= high


@dataclass(frozen=True)
class AiAccuracy:
    """In how many trials of each participant the AI is right, in a block under a condition."""

    block: int
    condition: str
    predictor: str
    trials: Spread
    right: Spread
    arms: str = ""

    @property
    def mean(self) -> float:
        return self.right.mean / self.trials.mean if self.trials.mean else 0.0

    @property
    def is_one_number(self) -> bool:
        return self.right.is_one_number and self.trials.is_one_number


@dataclass(frozen=True)
class Orders:
    """In which order participants meet the levels that stay for a run of trials; ``block`` is -1 over the whole flow.

    ``positions`` counts participants by (level, place), ``follows`` by (level, the level right after it).
    """

    block: int
    levels: tuple[str, ...]
    sequences: Mapping[tuple[str, ...], Mapping[str, int]]
    positions: Mapping[tuple[str, int], int]
    follows: Mapping[tuple[str, str], int]

    @property
    def places(self) -> int:
        return max((len(sequence) for sequence in self.sequences), default=0)


@dataclass(frozen=True)
class Exposure:
    """How often the cases of a cell are judged under a condition (empty: under all); ``histogram``: times to cases."""

    block: int
    condition: str
    cell: str
    times: Spread
    histogram: Mapping[int, int]
    arms: str = ""

    @property
    def cases(self) -> int:
        return sum(self.histogram.values())


@dataclass(frozen=True)
class Balance:
    """All counts of a case plan; ``arms`` of a row names those that share its plans, where there are several groups."""

    people: Mapping[str, int]
    cells: tuple[CellCount, ...] = ()
    accuracy: tuple[AiAccuracy, ...] = ()
    orders: tuple[Orders, ...] = ()
    exposure: tuple[Exposure, ...] = field(default=())


def balance_of(
    people: Sequence[Dealt],
    *,
    groups: Sequence[Group],
    pool: Sequence[PoolCase],
    condition_of: Callable[[str, str], str],
    reserved: Iterable[int] = (),
) -> Balance:
    """Count what participants are given.

    Parameters
    ----------
    people : sequence of Dealt
        Participants with their trials, practice left out.
    groups : sequence of Group
        What was promised: the blocks with their cells, by groups of arms.
    pool : sequence of PoolCase
        Every case that could have been dealt.
    condition_of : callable
        The condition that an arm shows under the levels that lie within.
    reserved : iterable of int
        Cases of the practice, which nobody judges in a trial.

    Returns
    -------
    Balance
        Rows in the order of the blocks, then of the conditions as the arms have them.

    Examples
    --------
    >>> from studies.design.spec import CaseQuota
    >>> pool = [PoolCase(1, {"m": True}, "yes"), PoolCase(2, {"m": False}, "no")]
    >>> block = Block(0, 0, (CaseQuota({}, 1),), portions=(Portion("", "", 1, "m"),))
    >>> person = Dealt("ai", (DealtTrial(0, 0, 2, "ai"),))
    >>> found = balance_of([person], groups=[Group(("ai",), (block,))], pool=pool, condition_of=lambda arm, _: arm)
    >>> found.accuracy[0].right.most, found.exposure[0].histogram
    (0, {0: 1, 1: 1})
    """
    by_id = {case.id: case for case in pool}
    free = [case for case in pool if case.id not in set(reserved)]
    cells: list[CellCount] = []
    accuracy: list[AiAccuracy] = []
    exposure: list[Exposure] = []
    for group in groups:
        members = [person for person in people if person.arm in group.arms]
        arms = ", ".join(group.arms) if len(groups) > 1 else ""
        for block in group.blocks:
            met = _met(members, block, condition_of)
            if len(met) > 1 and block.takes is None:
                cells += [replace(row, arms=arms) for row in _whole_counts(block, members, met, by_id)]
            for each in met:
                cells += [replace(row, arms=arms) for row in _cell_counts(block, each, by_id)]
                accuracy.append(replace(_ai_accuracy(block, each, by_id), arms=arms))
            exposure += [replace(row, arms=arms) for row in _exposures(block, met, free)]
    return Balance(
        people=dict(Counter(person.arm for person in people)),
        cells=tuple(cells),
        accuracy=tuple(accuracy),
        orders=tuple(_all_orders(people, groups)),
        exposure=tuple(exposure),
    )


@dataclass
class _Met:
    """The trials of a block under one condition, for each participant who is to meet it there."""

    condition: str
    predictor: str
    size: int
    trials: list[list[DealtTrial]] = field(default_factory=list)


def _met(people: Sequence[Dealt], block: Block, condition_of: Callable[[str, str], str]) -> list[_Met]:
    found: dict[str, _Met] = {}
    for person in people:
        own = [trial for trial in person.trials if trial.block == block.block_index]
        promised: dict[str, list[Portion]] = {}
        for portion in block.portions:
            promised.setdefault(condition_of(person.arm, portion.within), []).append(portion)
        for condition, portions in promised.items():
            trials = [trial for trial in own if trial.condition == condition]
            # Where a block takes one level of several, who meets another one there is not lacking this one.
            if trials or block.takes is None:
                size = sum(portion.size for portion in portions)
                entry = found.setdefault(condition, _Met(condition, portions[0].predictor, size))
                entry.trials.append(trials)
    return list(found.values())


def _cell_counts(block: Block, met: _Met, by_id: Mapping[int, PoolCase]) -> Iterator[CellCount]:
    for cell in block.cells:
        counts = [
            sum(fits(by_id[trial.case], cell, predictor=met.predictor) for trial in trials)
            for trials in met.trials
        ]
        yield CellCount(
            block=block.block_index,
            condition=met.condition,
            cell=cell_name(cell),
            promised=Fraction(cell.count * met.size, block.size),
            found=Spread.of(counts),
            people=len(counts),
        )


def _whole_counts(
    block: Block, people: Sequence[Dealt], met: Sequence[_Met], by_id: Mapping[int, PoolCase]
) -> Iterator[CellCount]:
    """Count over all conditions of a block; whether the AI is right is judged by the predictor that the trial shows."""
    predictors = {each.condition: each.predictor for each in met}
    own = [[trial for trial in person.trials if trial.block == block.block_index] for person in people]
    for cell in block.cells:
        counts = [
            sum(fits(by_id[t.case], cell, predictor=predictors[t.condition]) for t in trials)
            for trials in own
        ]
        yield CellCount(
            block.block_index, ALL, cell_name(cell), Fraction(cell.count), Spread.of(counts), len(counts)
        )


def _ai_accuracy(block: Block, met: _Met, by_id: Mapping[int, PoolCase]) -> AiAccuracy:
    return AiAccuracy(
        block=block.block_index,
        condition=met.condition,
        predictor=met.predictor,
        trials=Spread.of([len(trials) for trials in met.trials]),
        right=Spread.of(
            [sum(by_id[trial.case].right[met.predictor] for trial in trials) for trials in met.trials]
        ),
    )


def _exposures(block: Block, met: Sequence[_Met], free: Sequence[PoolCase]) -> Iterator[Exposure]:
    cases = [case for case in free if case.case_set == block.case_set]
    judged = [Counter(trial.case for trials in each.trials for trial in trials) for each in met]
    predictors = {each.predictor for each in met}
    rows = [(ALL, sum(judged, Counter[int]()), predictors)] if len(met) > 1 else []
    rows += [(each.condition, times, {each.predictor}) for each, times in zip(met, judged, strict=True)]
    for condition, times, who in rows:
        # A case is in other cells for another predictor: counted over several, only the whole pool is one cell.
        cells = block.cells if len(who) == 1 else (CaseQuota({}, block.size),)
        for cell in cells:
            there = [case.id for case in cases if fits(case, cell, predictor=next(iter(who)))]
            if there:
                numbers = [times[case] for case in there]
                histogram = dict(sorted(Counter(numbers).items()))
                yield Exposure(block.block_index, condition, cell_name(cell), Spread.of(numbers), histogram)


def _all_orders(people: Sequence[Dealt], groups: Sequence[Group]) -> Iterator[Orders]:
    by_step = any(block.takes is not None for group in groups for block in group.blocks)
    blocks = sorted({block.block_index for group in groups for block in group.blocks})
    for places in [blocks] if by_step else [[block] for block in blocks]:
        found: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for person in people:
            levels = [trial.level for trial in person.trials if trial.block in places and trial.level]
            if levels:
                found[tuple(level for level, _run in groupby(levels))][person.arm] += 1
        if any(len(sequence) > 1 for sequence in found):
            yield _orders(-1 if by_step else places[0], found)


def _orders(block: int, found: Mapping[tuple[str, ...], Mapping[str, int]]) -> Orders:
    positions: Counter[tuple[str, int]] = Counter()
    follows: Counter[tuple[str, str]] = Counter()
    for sequence, arms in found.items():
        people = sum(arms.values())
        for place, level in enumerate(sequence):
            positions[level, place] += people
        for pair in pairwise(sequence):
            follows[pair] += people
    levels = tuple(sorted({level for level, _place in positions}))
    ordered = {sequence: dict(found[sequence]) for sequence in sorted(found)}
    return Orders(block, levels, ordered, dict(positions), dict(follows))
