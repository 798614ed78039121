"""The figures of the report; each reads the results and draws, so that figures and tables show the same numbers."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from markupsafe import Markup

from analysis.report.svg import SERIES, Axis, Drawing, axis_for, bottom_axis, clipped, left_axis, legend
from analysis.report.wording import inside, interval, level_text, number, signed, tick_texts, unit_text

_LEFT, _RIGHT = 14.0, 382.0
MOST_DOTS = 250  # in a strip; more are drawn as bars


def participants_figure(measure: dict[str, Any], *, name: str, each: str = "participant") -> Markup:
    """Draw the value of each participant (or case) in each condition, with mean and interval."""
    rows = measure["conditions"]
    step, top = 62.0, 8.0
    bottom = top + step * len(rows)
    sides = [row[side] for row in rows for side in ("low", "high")]
    limits = measure["bounds"] if measure["unit"] != "ms" else (0.0, None)
    values = [value for row in rows for value in row["values"]]
    axis = axis_for(values + sides, start=_LEFT, end=_RIGHT, limits=limits)
    words = "; ".join(f"{row['condition']}: {_described(row, measure)}" for row in rows)
    drawing = Drawing(name, f"{measure['label']} by condition", words, bottom + 40)
    for at, row in enumerate(rows):
        _strip(drawing, row, measure=measure, axis=axis, y=top + step * at)
    labels = tick_texts(axis.ticks(), unit=measure["unit"], scale="identity")
    bottom_axis(drawing, axis, y=bottom, labels=labels, title=f"{measure['label']}, one dot for each {each}")
    return drawing.markup()


def differences_figure(answer: dict[str, Any], *, name: str) -> Markup | None:
    """Draw each participant's own difference for the comparisons within participants, with mean and interval."""
    known = [one for one in answer["contrasts"] if not one["undefined"] and one["differences"]]
    if not known:
        return None
    unit, scale = answer["unit"], answer["scale"]
    step, top = 80.0, 8.0
    bottom = top + step * len(known)
    sides = [one["t_test"][side] for one in known for side in ("low", "high")]
    axis = axis_for([*sides, *(value for one in known for value in one["differences"])],
                    start=_LEFT, end=_RIGHT, include=[0.0])  # fmt: skip
    words = "; ".join(f"{one['contrast']}: {_effect(one, unit=unit, scale=scale)}" for one in known)
    drawing = Drawing(name, f"{answer['label']}: differences within participants", words, bottom + 40)
    drawing.line(axis.at(0), top - 4, axis.at(0), bottom, kind="zero")
    for at, one in enumerate(known):
        y = top + step * at
        pair = clipped(f"{one['treatment']} against {one['control']}", width=320)
        drawing.text(_LEFT, y + 12, pair, kind="label halo")
        drawing.text(
            _RIGHT, y + 12, f"{len(one['differences'])} participants", anchor="end", kind="value halo"
        )
        positions = [axis.at(value) for value in one["differences"]]
        if len(positions) > MOST_DOTS:
            _bars(drawing, positions, base=y + 54)
        else:
            for x, lift in _swarm(positions):
                drawing.circle(x, y + 54 + lift, 2.2, kind="dot")
        _mean(drawing, one["t_test"], axis=axis, y=y + 54)
    labels = tick_texts(axis.ticks(), unit=unit, scale=scale, sign=True)
    title = f"Difference in {inside(answer['label'])}, one dot for each participant"
    bottom_axis(drawing, axis, y=bottom, labels=labels, title=title)
    return drawing.markup()


def _strip(drawing: Drawing, row: dict[str, Any], *, measure: dict[str, Any], axis: Axis, y: float) -> None:
    drawing.text(_LEFT, y + 12, clipped(row["condition"], width=200))
    drawing.text(_RIGHT, y + 12, _described(row, measure), anchor="end", kind="value")
    base = y + 36
    drawing.line(_LEFT, base, _RIGHT, base, kind="grid")
    positions = [axis.at(value) for value in row["values"]]
    if len(positions) > MOST_DOTS:
        _bars(drawing, positions, base=base)
    else:
        for x, lift in _swarm(positions):
            drawing.circle(x, base + lift, 2.2, kind="dot")
    _mean(drawing, row, axis=axis, y=base)


def _bars(drawing: Drawing, positions: list[float], *, base: float) -> None:
    counts = Counter(round(x / 4) for x in positions)
    most = max(counts.values())
    for place, count in sorted(counts.items()):
        height = 30 * count / most
        drawing.rect(4 * place - 1.75, base - height / 2, 3.5, height, kind="dot")


def _swarm(positions: list[float]) -> list[tuple[float, float]]:
    """Stack dots that would cover each other, alternately above and below the line, without any chance in it."""
    places = [round(x / 4) for x in positions]
    seen: dict[int, int] = {}
    gap = min(4.0, 32.0 / max(Counter(places).values(), default=1))
    found = []
    for x, place in zip(positions, places, strict=True):
        count = seen[place] = seen.get(place, -1) + 1
        found.append((x, gap * ((count + 1) // 2) * (1 if count % 2 else -1)))
    return found


def _mean(drawing: Drawing, row: dict[str, Any], *, axis: Axis, y: float) -> None:
    if row["value"] is None:
        return
    if row["low"] is not None:
        drawing.line(axis.at(row["low"]), y, axis.at(row["high"]), y, kind="interval")
    drawing.circle(axis.at(row["value"]), y, 5, kind="mean")


def _described(row: dict[str, Any], measure: dict[str, Any]) -> str:
    text = f"{level_text(row['value'], unit=measure['unit'])}  (n = {row['n']}"
    return f"{text}, {row['n_undefined']} undefined)" if row["n_undefined"] else f"{text})"


def contrasts_figure(answer: dict[str, Any], *, name: str) -> Markup:
    """Draw the contrasts of one measure in its own unit, with the band of effects too small to matter."""
    known = [one for one in answer["contrasts"] if not one["undefined"]]
    unit, scale = answer["unit"], answer["scale"]
    band: list[float] = next(
        (one["equivalence"]["details"]["bounds"] for one in known if _has_bounds(one)), []
    )
    step, top = 60.0, 24.0 if band else 6.0
    bottom = top + step * len(known)
    sides = [one["shown"][side] for one in known for side in ("low", "high")]
    axis = axis_for(sides, start=_LEFT, end=_RIGHT, include=[0.0, *band])
    words = "; ".join(f"{one['contrast']}: {_effect(one, unit=unit, scale=scale)}" for one in known)
    drawing = Drawing(name, f"{answer['label']}: planned comparisons", words, bottom + 40)
    if band:
        drawing.rect(
            axis.at(band[0]), top - 4, axis.at(band[1]) - axis.at(band[0]), bottom - top + 4, kind="band"
        )
        drawing.text(axis.at(0), top - 10, "too small to matter", anchor="middle", kind="tick")
    drawing.line(axis.at(0), top - 4, axis.at(0), bottom, kind="zero")
    for at, one in enumerate(known):
        y = top + step * at
        pair = clipped(f"{one['treatment']} against {one['control']}", width=360)
        drawing.text(_LEFT, y + 12, pair, kind="label halo")
        drawing.text(_LEFT, y + 28, _effect(one, unit=unit, scale=scale), kind="value halo")
        _mean(drawing, one["shown"], axis=axis, y=y + 42)
    labels = tick_texts(axis.ticks(), unit=unit, scale=scale, sign=True)
    title = f"Difference in {inside(answer['label'])} ({unit_text(unit, scale=scale)})"
    bottom_axis(drawing, axis, y=bottom, labels=labels, title=title)
    return drawing.markup()


def _has_bounds(one: dict[str, Any]) -> bool:
    return bool(one["equivalence"]) and one["equivalence"]["undefined"] is None


def _effect(one: dict[str, Any], *, unit: str, scale: str) -> str:
    value = signed(one["shown"]["value"], unit=unit, scale=scale)
    return f"{value} ({interval(one['shown'], unit=unit, scale=scale)})"


def forest_figure(answers: list[dict[str, Any]], *, name: str) -> Markup | None:
    """Draw all planned contrasts in standard deviations between participants (Hedges g) on one axis."""
    rows = [
        (answer["label"], f"{one['treatment']} against {one['control']}", one["hedges_g"])
        for answer in answers
        for one in answer["contrasts"]
        if not one["undefined"] and one["hedges_g"]["undefined"] is None
    ]
    if not rows:
        return None
    step, top = 56.0, 6.0
    bottom = top + step * len(rows)
    axis = axis_for(
        [g[side] for *_, g in rows for side in ("low", "high")], start=_LEFT, end=_RIGHT, include=[0.0]
    )
    words = "; ".join(f"{label}, {pair}: {_g_text(g)}" for label, pair, g in rows)
    drawing = Drawing(name, "All planned comparisons in standard deviations", words, bottom + 40)
    drawing.line(axis.at(0), top, axis.at(0), bottom, kind="zero")
    for at, (label, pair, g) in enumerate(rows):
        y = top + step * at
        drawing.text(_LEFT, y + 12, clipped(pair, width=360), kind="label halo")
        drawing.text(_LEFT, y + 27, clipped(f"{label}: {_g_text(g)}", width=360), kind="value halo")
        _mean(drawing, g, axis=axis, y=y + 40)
    labels = tick_texts(axis.ticks(), unit="", scale="identity", sign=True)
    bottom_axis(
        drawing, axis, y=bottom, labels=labels, title="Hedges g (standard deviations between participants)"
    )
    return drawing.markup()


def _g_text(g: dict[str, Any]) -> str:
    return f"{number(g['value'])} ({number(g['low'])} to {number(g['high'])})"


def plane_figure(across: dict[str, Any], up: dict[str, Any], *, name: str, title: str) -> Markup | None:
    """Draw two measures against each other: one point with two intervals for each condition."""
    uprights = {row["condition"]: row for row in up["conditions"]}
    pairs = [
        (row, uprights[row["condition"]])
        for row in across["conditions"]
        if row["value"] is not None
        and row["condition"] in uprights
        and uprights[row["condition"]]["value"] is not None
    ]
    if not pairs:
        return None
    left, top = 54.0, 18.0 * len(pairs) + 36.0
    bottom = top + 244.0
    horizontal = axis_for(_spread(one for one, _ in pairs), start=left, end=_RIGHT, limits=across["bounds"])
    vertical = axis_for(_spread(two for _, two in pairs), start=bottom, end=top, limits=up["bounds"])
    words = "; ".join(
        f"{one['condition']}: {level_text(one['value'], unit=across['unit'])} across, "
        f"{level_text(two['value'], unit=up['unit'])} up"
        for one, two in pairs
    )
    drawing = Drawing(name, title, words, bottom + 40)
    uprights_texts = tick_texts(vertical.ticks(), unit=up["unit"], scale="identity")
    left_axis(drawing, vertical, left=left, right=_RIGHT, labels=uprights_texts, title=up["label"])
    legend(drawing, [one["condition"] for one, _ in pairs], left=left, top=14.0)
    _crosses(drawing, pairs, horizontal=horizontal, vertical=vertical)
    labels = tick_texts(horizontal.ticks(), unit=across["unit"], scale="identity")
    bottom_axis(drawing, horizontal, y=bottom, labels=labels, title=f"{across['label']} →")
    return drawing.markup()


def _crosses(
    drawing: Drawing, pairs: list[tuple[dict[str, Any], dict[str, Any]]], *, horizontal: Axis, vertical: Axis
) -> None:
    for series, (one, two) in enumerate(pairs):
        x, y = horizontal.at(one["value"]), vertical.at(two["value"])
        look = f"whisker series{series % SERIES}"
        if one["low"] is not None:
            drawing.line(horizontal.at(one["low"]), y, horizontal.at(one["high"]), y, kind=look)
        if two["low"] is not None:
            drawing.line(x, vertical.at(two["low"]), x, vertical.at(two["high"]), kind=look)
    for series, (one, two) in enumerate(pairs):
        drawing.marker(horizontal.at(one["value"]), vertical.at(two["value"]), series=series)


def _spread(rows: Any) -> list[float]:
    return [row[side] for row in rows for side in ("low", "value", "high") if row[side] is not None]


def flow_figure(flow: dict[str, Any], *, name: str) -> Markup:
    """Draw the participant flow: who came, who was allocated, who is analysed (CONSORT)."""
    arms, before = flow["arms"], flow["before"]
    arm_height, top = 128.0, 150.0 if before else 46.0
    rows = math.ceil(len(arms) / 2)
    drawing = Drawing(name, "Participant flow", _flow_words(flow), top + 18 + rows * (arm_height + 12))
    if before:
        _draw_before(drawing, before, top=top)
    _box(drawing, 12, top - 36, 170, [f"Allocated: {sum(arm['allocated'] for arm in arms)}"])
    # One trunk between two columns of conditions, so that any number of them hangs on it.
    trunk, middle = 200.0, top + 16 + arm_height / 2
    drawing.line(97, top - 12, 97, top, kind="frame")
    drawing.line(97, top, trunk, top, kind="frame")
    drawing.line(trunk, top, trunk, middle + (rows - 1) * (arm_height + 12), kind="frame")
    for at, arm in enumerate(arms):
        x, y = (6.0, 212.0)[at % 2], top + 16 + (at // 2) * (arm_height + 12)
        drawing.arrow(trunk, y + arm_height / 2, (188.0, 212.0)[at % 2], y + arm_height / 2)
        _box(
            drawing, x, y, 182.0, [clipped(arm["condition"], width=170), *_arm_lines(arm)], height=arm_height
        )
    return drawing.markup()


def _draw_before(drawing: Drawing, before: dict[str, int], *, top: float) -> None:
    _box(drawing, 12, 4, 170, [f"Enrolled: {before['enrolled']}", f"Consented: {before['consented']}"])
    lost = [
        f"Screened out: {before['screened_out']}",
        f"Failed the check: {before['comprehension_failed']}",
        f"Left: {before['left_before_allocation']}",
    ]
    _box(drawing, 212, 30, 182, ["Not allocated", *lost])
    drawing.arrow(97, 44, 97, top - 36)
    drawing.arrow(97, 68, 212, 68)


def _arm_lines(arm: dict[str, Any]) -> list[str]:
    lines = [f"Allocated: {arm['allocated']}", f"Started: {arm['started']}"]
    if arm["completed"] is not None:
        lines += [f"Completed: {arm['completed']}", f"Withdrew: {arm['withdrawn']}"]
    undefined = f" ({arm['undefined']} undefined)" if arm["undefined"] else ""
    return [
        *lines,
        f"Excluded by a rule: {arm['excluded_by_rule']}",
        f"Analysed: {arm['analysed']}{undefined}",
    ]


def _flow_words(flow: dict[str, Any]) -> str:
    return "; ".join(f"{arm['condition']}: {', '.join(_arm_lines(arm))}" for arm in flow["arms"])


def _box(
    drawing: Drawing, x: float, y: float, width: float, lines: list[str], *, height: float | None = None
) -> None:
    drawing.rect(x, y, width, height or 8 + 16 * len(lines), kind="box")
    for at, words in enumerate(lines):
        drawing.text(x + 8, y + 17 + 16 * at, words, kind="label" if at == 0 else "value")
