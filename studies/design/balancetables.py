"""The counts of a case plan in words and tables, for the page of a version and for the terminal alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from studies.design.balance import ALL, Balance, Exposure, Orders, Spread
from studies.design.spec import SHOWN

Verdict = Literal["exact", "nearly", "open", "broken"]
WORDS = {"exact": "Exact", "nearly": "As even as it can be", "open": "Not fixed", "broken": "Not kept"}


@dataclass(frozen=True)
class Claim:
    """One thing that a case plan promises, and how far the trials keep it."""

    verdict: Verdict
    text: str

    @property
    def word(self) -> str:
        return WORDS[self.verdict]


@dataclass(frozen=True)
class CountTable:
    """A table: its caption, the heads of its columns, its rows; the first ``texts`` columns are words."""

    name: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: int = 1

    @property
    def words_and_numbers(self) -> list[dict[str, tuple[str, ...]]]:
        return [{"words": row[: self.texts], "numbers": row[self.texts :]} for row in self.rows]


def balance_claims(balance: Balance, *, lists: int) -> list[Claim]:
    """Say what the plan promises and whether it is kept.

    ``lists`` is the number of allocation lists: each begins its orders and its turns of the cases anew, so that counts
    over all of them may differ by one for each.
    """
    return [
        *_cell_claims(balance),
        *_accuracy_claims(balance),
        *(claim for orders in balance.orders for claim in _order_claims(orders, lists)),
        *_exposure_claims(balance, lists),
    ]


def _cell_claims(balance: Balance) -> Iterator[Claim]:
    broken = [row for row in balance.cells if not row.is_kept]
    for row in broken:
        yield Claim(
            "broken",
            f"{_where(row.block, row.condition)}, {row.cell}: {float(row.promised):g} cases for each participant are "
            f"promised, {row.found} are given.",
        )
    if broken or not balance.cells:
        return
    if all(row.found.is_one_number for row in balance.cells):
        yield Claim("exact", "Every participant judges the promised number of cases of every cell.")
    else:
        yield Claim(
            "nearly",
            "Every participant judges the promised number of cases of every cell over each block; the cases do not "
            "divide over the conditions, so that under one condition it is the next whole number.",
        )


def _accuracy_claims(balance: Balance) -> Iterator[Claim]:
    for block in sorted({row.block for row in balance.accuracy}):
        rows = [row for row in balance.accuracy if row.block == block]
        low, high = min(row.mean for row in rows), max(row.mean for row in rows)
        is_equal = high - low < 1e-9
        if is_equal and all(row.is_one_number for row in rows):
            yield Claim(
                "exact",
                f"Block {block + 1}: the AI is right in {100 * low:.3g} % of the trials of every participant under "
                "every condition.",
            )
            continue
        people = "; ".join(f"{row.condition} {row.right} of {row.trials}" for row in rows[:6])
        means = f"{100 * low:.3g} %" if is_equal else f"{100 * low:.3g} to {100 * high:.3g} %"
        yield Claim(
            "nearly" if is_equal else "open",
            f"Block {block + 1}: on average the AI is right in {means} of the trials of a condition, but not in "
            f"equally many for every participant ({people}).",
        )


def _order_claims(orders: Orders, lists: int) -> Iterator[Claim]:
    where = "Over the whole flow" if orders.block < 0 else f"Block {orders.block + 1}"
    number = len(orders.sequences)
    if number == 1:
        order = ", ".join(map(level_words, next(iter(orders.sequences))))
        yield Claim("exact", f"{where}: everybody meets the levels in the same order: {order}.")
        return
    people = Spread.of([sum(arms.values()) for arms in orders.sequences.values()])
    arms = {arm for counts in orders.sequences.values() for arm in counts}
    gaps = [Spread.of([counts.get(arm, 0) for counts in orders.sequences.values()]) for arm in arms]
    is_even = all(gap.most - gap.least <= lists for gap in gaps)
    yield Claim(
        _even(people, is_even=is_even),
        f"{where}: each of {number} orders of the levels is met by {people} participants.",
    )
    places = Spread.of(
        [orders.positions.get((level, place), 0) for level in orders.levels for place in range(orders.places)]
    )
    yield Claim(
        _even(places, is_even=places.most - places.least <= lists * len(arms) * len(orders.levels)),
        f"{where}: each level stands at each place for {places} participants.",
    )
    pairs = [(one, other) for one in orders.levels for other in orders.levels if one != other]
    follows = Spread.of([orders.follows.get(pair, 0) for pair in pairs])
    if follows.least > 0:
        yield Claim(
            _even(follows, is_even=follows.most - follows.least <= lists * len(arms) * len(orders.levels)),
            f"{where}: each level comes right after each other one for {follows} participants.",
        )


def variant_claims(
    names: Sequence[str], dealt: Mapping[str, Sequence[str]], *, lists: int
) -> Iterator[Claim]:
    """Say how evenly the variants of explanations lie over people; ``dealt`` has those of each arm that shows any."""
    counts = [[variants.count(name) for name in names] for variants in dealt.values()]
    if counts:
        people = Spread.of([count for arm in counts for count in arm])
        is_even = all(max(arm) - min(arm) <= lists for arm in counts)
        yield Claim(
            _even(people, is_even=is_even),
            f"Each of {len(names)} variants of the explanations is seen by {people} participants of an arm.",
        )


def _even(spread: Spread, *, is_even: bool) -> Verdict:
    return "exact" if spread.is_one_number else "nearly" if is_even else "open"


def _exposure_claims(balance: Balance, lists: int) -> Iterator[Claim]:
    for block in sorted({row.block for row in balance.exposure}):
        for whole, words in ((False, "under the same condition"), (True, "over all conditions")):
            rows = [r for r in balance.exposure if r.block == block and (r.condition == ALL) == whole]
            if not rows:
                continue
            gap = max(row.times.most - row.times.least for row in rows)
            verdict: Verdict = "exact" if gap <= 1 else "nearly" if gap <= 1 + lists else "open"
            yield Claim(
                verdict,
                f"Block {block + 1}: {words}, no case of a cell is judged more than {gap} "
                f"{'time' if gap == 1 else 'times'} more often than another of that cell.",
            )


def balance_tables(balance: Balance) -> list[CountTable]:
    """Return every count as a table; those that would be empty are left out."""
    several = any(row.arms for row in balance.cells)
    tables = [
        _cells_table(balance, several=several),
        _accuracy_table(balance, several=several),
        *(table for orders in balance.orders for table in _order_tables(orders, list(balance.people))),
        _exposure_table(balance, several=several),
    ]
    return [table for table in tables if table.rows]


def _cells_table(balance: Balance, *, several: bool) -> CountTable:
    return CountTable(
        "cells",
        "Cases of each cell, for each participant",
        (*_heads(several), "Cell", "Promised", "Least", "Most"),
        tuple(
            (
                *_place(row.block, row.condition, row.arms, several=several),
                row.cell,
                f"{float(row.promised):.4g}",
                str(row.found.least),
                str(row.found.most),
            )
            for row in balance.cells
        ),
        texts=3 + several,
    )


def _accuracy_table(balance: Balance, *, several: bool) -> CountTable:
    return CountTable(
        "accuracy",
        "Where the AI is right, for each participant",
        (*_heads(several), "Predictor", "Trials", "AI right", "Accuracy"),
        tuple(
            (
                *_place(row.block, row.condition, row.arms, several=several),
                row.predictor,
                str(row.trials),
                str(row.right),
                f"{100 * row.mean:.1f} %",
            )
            for row in balance.accuracy
        ),
        texts=3 + several,
    )


def _order_tables(orders: Orders, arms: Sequence[str]) -> Iterator[CountTable]:
    where = "the whole flow" if orders.block < 0 else f"block {orders.block + 1}"
    yield CountTable(
        f"orders-{orders.block + 1}",
        f"Orders of the levels in {where}: participants who meet each",
        ("Order", *arms, "All"),
        tuple(
            (
                " → ".join(map(level_words, sequence)),
                *(str(counts.get(arm, 0)) for arm in arms),
                str(sum(counts.values())),
            )
            for sequence, counts in orders.sequences.items()
        ),
    )
    yield CountTable(
        f"places-{orders.block + 1}",
        f"Places of the levels in {where}: participants who meet each level there",
        ("Level", *(f"Place {place + 1}" for place in range(orders.places))),
        tuple(
            (
                level_words(level),
                *(str(orders.positions.get((level, place), 0)) for place in range(orders.places)),
            )
            for level in orders.levels
        ),
    )
    yield CountTable(
        f"follows-{orders.block + 1}",
        f"What follows what in {where}: participants who meet the level of the column right after that of the row",
        ("Level", *(f"then {level_words(level)}" for level in orders.levels)),
        tuple(
            (
                level_words(level),
                *(
                    "" if level == after else str(orders.follows.get((level, after), 0))
                    for after in orders.levels
                ),
            )
            for level in orders.levels
        ),
    )


def _exposure_table(balance: Balance, *, several: bool) -> CountTable:
    return CountTable(
        "exposure",
        "How often each case is judged, over the participants counted here",
        (*_heads(several), "Cell", "Times: how many cases", "Cases", "Least", "Mean", "Most"),
        tuple(
            (
                *_place(row.block, row.condition, row.arms, several=several),
                row.cell,
                _histogram_words(row),
                str(row.cases),
                str(row.times.least),
                f"{row.times.mean:.2f}",
                str(row.times.most),
            )
            for row in balance.exposure
        ),
        texts=4 + several,
    )


def _histogram_words(row: Exposure) -> str:
    parts = [f"{times}: {cases}" for times, cases in row.histogram.items()]
    return ", ".join(parts if len(parts) <= 8 else [*parts[:4], "…", *parts[-4:]])


def _heads(several: bool) -> tuple[str, ...]:
    return ("Block", "Condition", "Arms") if several else ("Block", "Condition")


def _place(block: int, condition: str, arms: str, *, several: bool) -> tuple[str, ...]:
    place = (str(block + 1), condition or "all together")
    return (*place, arms) if several else place


def _where(block: int, condition: str) -> str:
    return f"Block {block + 1}, {condition or 'all conditions together'}"


def level_words(level: str) -> str:
    """Return a level as people read it: ``help=unaided,frame=gain`` is unaided · gain.

    Not joined by a comma: levels stand in lists, where a comma parts one from the next.

    >>> level_words("help=unaided,frame=gain")
    'unaided · gain'
    """
    return " · ".join(part.partition("=")[2] or part for part in level.removeprefix(SHOWN).split(","))


def table_text(table: CountTable) -> str:
    """Write a table for the terminal.

    >>> print(table_text(CountTable("t", "Cases", ("Cell", "Most"), (("AI right", "3"),))))
    Cases
      Cell      Most
      AI right     3
    """
    rows = [table.heads, *table.rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(table.heads))]
    lines = [table.caption]
    for row in rows:
        cells = [
            cell.ljust(width) if at < table.texts else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)
