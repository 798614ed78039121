"""The counts of a case plan as pictures: drawn on the server, readable without colour, each with its words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup

from analysis.report.svg import WIDTH, Axis, Drawing, bottom_axis, clipped
from studies.design.balance import AiAccuracy, Balance, Exposure, Orders
from studies.design.balancetables import level_words

_LEFT, _RIGHT = 4.0, WIDTH - 4
_ROWS_AT_MOST = 24
_CELL = 40.0


def balance_pictures(balance: Balance) -> list[Markup]:
    """Return the pictures of a plan: how often the AI is right, where each level stands, how often cases are judged.

    A block with many rows is drawn in its first rows only; the tables hold all of them.
    """
    found = [_accuracy_picture(list(balance.accuracy))] if balance.accuracy else []
    found += [_order_picture(orders) for orders in balance.orders if len(orders.sequences) > 1]
    for block, rows in groupby(balance.exposure, key=lambda row: row.block):
        found.append(_exposure_picture(block, list(rows)[:_ROWS_AT_MOST]))
    return found


def _accuracy_picture(rows: list[AiAccuracy]) -> Markup:
    rows = rows[:_ROWS_AT_MOST]
    top, step = 24.0, 36.0
    bottom = top + step * len(rows)
    spoken = "; ".join(
        f"block {row.block + 1}, {row.condition}: {row.right} of {row.trials}, on average {_percent(row.mean)}"
        for row in rows
    )
    drawing = Drawing(
        "ai-accuracy",
        "How often the AI is right",
        f"For each participant, by block and condition. {spoken}.",
        height=bottom + 44,
    )
    axis = Axis(0, 100, _LEFT + 8, _RIGHT - 16)
    drawing.text(_LEFT, 14, "How often the AI is right, for each participant")
    for at, row in enumerate(rows):
        y = top + step * at
        words = f"Block {row.block + 1}, {row.condition}"
        drawing.text(_LEFT, y + 14, clipped(words, width=230), kind="value")
        drawing.text(_RIGHT, y + 14, f"{row.right} of {row.trials}", anchor="end", kind="value")
        drawing.line(axis.start, y + 24, axis.end, y + 24, kind="grid")
        if not row.is_one_number and row.trials.is_one_number and row.trials.most:
            low, high = (100 * n / row.trials.most for n in (row.right.least, row.right.most))
            drawing.line(axis.at(low), y + 24, axis.at(high), y + 24, kind="interval")
        drawing.circle(axis.at(100 * row.mean), y + 24, 5, kind="mean")
    bottom_axis(
        drawing, axis, y=bottom + 4, labels=[f"{tick:g}" for tick in axis.ticks()],
        title="AI right, % of trials; dot: mean, line: over participants",
    )  # fmt: skip
    return drawing.markup()


def _order_picture(orders: Orders) -> Markup:
    where = "over the whole flow" if orders.block < 0 else f"in block {orders.block + 1}"
    places, top = orders.places, 44.0
    largest = max(orders.positions.values())
    spoken = "; ".join(
        f"{level_words(level)}: "
        + ", ".join(f"place {at + 1} {orders.positions.get((level, at), 0)}" for at in range(places))
        for level in orders.levels
    )
    name = f"order-{orders.block + 1}" if orders.block >= 0 else "order-whole"
    drawing = Drawing(
        name,
        f"Where each level stands {where}",
        f"Participants who meet each level at each place. {spoken}.",
        height=top + _CELL * len(orders.levels) + 8,
    )
    drawing.text(_LEFT, 14, f"Participants by level and place {where}")
    width = (WIDTH - 120) / places
    for at in range(places):
        drawing.text(124 + width * at, 34, f"place {at + 1}", kind="tick")
    for number, level in enumerate(orders.levels):
        y = top + _CELL * number
        drawing.line(_LEFT, y + _CELL - 6, _RIGHT, y + _CELL - 6, kind="grid")
        drawing.text(_LEFT, y + 20, clipped(level_words(level), width=112), kind="value")
        for at in range(places):
            people = orders.positions.get((level, at), 0)
            x = 124 + width * at
            drawing.text(x, y + 12, str(people), kind="value")
            drawing.rect(x, y + 18, (width - 12) * people / largest, 10, kind="bar")
    return drawing.markup()


def _exposure_picture(block: int, rows: list[Exposure]) -> Markup:
    top, step = 24.0, 58.0
    most = max(row.times.most for row in rows)
    bottom = top + step * len(rows)
    drawing = Drawing(
        f"exposure-{block + 1}",
        f"How often each case is judged in block {block + 1}",
        " ".join(f"{_named(row)}: {row.times} times, {row.cases} cases." for row in rows),
        height=bottom + 44,
    )
    drawing.text(_LEFT, 14, f"How often each case is judged, block {block + 1}")
    axis = Axis(-0.5, max(most, 1) + 0.5, _LEFT + 8, _RIGHT - 8)
    for at, row in enumerate(rows):
        y, highest = top + step * at, max(row.histogram.values())
        drawing.text(_LEFT, y + 14, clipped(_named(row), width=250), kind="value")
        drawing.text(_RIGHT, y + 14, f"{row.cases} cases, {row.times} times", anchor="end", kind="value")
        drawing.line(axis.start, y + 50, axis.end, y + 50, kind="grid")
        for left, width, cases in _bars(row, axis):
            height = max(1.5, 28 * cases / highest)
            drawing.rect(left, y + 50 - height, width, height, kind="bar")
    labels = [f"{tick:g}" if tick == int(tick) else "" for tick in axis.ticks()]
    bottom_axis(
        drawing, axis, y=bottom, labels=labels, title="times that a case is judged; height: how many cases"
    )
    return drawing.markup()


def _bars(row: Exposure, axis: Axis) -> Iterator[tuple[float, float, int]]:
    width = min(24.0, max(1.5, axis.at(1) - axis.at(0) - 2))
    for times, cases in row.histogram.items():
        yield axis.at(times) - width / 2, width, cases


def _named(row: Exposure) -> str:
    return f"{row.condition or 'all conditions'}, {row.cell}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
