"""Figures with curves: learning over trials, calibration, benefit against the mixture of trials."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from analysis.report.svg import SERIES, Axis, Drawing, axis_for, bottom_axis, left_axis, legend
from analysis.report.wording import level_text, signed, tick_texts

_LEFT, _RIGHT = 54.0, 382.0
_HEIGHT = 240.0


def learning_figure(course: dict[str, Any], *, conditions: list[str], name: str) -> Markup:
    """Draw accuracy over the course of the study, one curve for each condition."""
    rows = course["steps"]
    names = [one for one in conditions if any(row["condition"] == one for row in rows)]
    words = "; ".join(
        f"{one}: "
        + ", ".join(level_text(row["value"], unit="proportion") for row in rows if row["condition"] == one)
        for one in names
    )
    drawing, across, up = _plot(
        name,
        "Accuracy over the course of the study",
        words,
        names,
        _sides(rows),
        (1.0, float(course["length"])),
    )
    for series, one in enumerate(names):
        points = [(_middle(row), row) for row in rows if row["condition"] == one]
        _curve(drawing, points, across=across, up=up, series=series, of=len(names))
    labels = [f"{tick:g}" for tick in across.ticks()]
    bottom_axis(
        drawing, across, y=up.start, labels=labels, title="Decision, counted from the participant's first"
    )
    return drawing.markup()


def calibration_figure(rows: list[dict[str, Any]], *, conditions: list[str], name: str) -> Markup:
    """Draw how often decisions of a stated confidence were right; on the diagonal, confidence is accuracy."""
    names = [one for one in conditions if any(row["condition"] == one for row in rows)]
    words = "; ".join(
        f"{row['condition']}, stated {level_text(row['confidence'], unit='proportion')}: right "
        f"{level_text(row['value'], unit='proportion')}"
        for row in rows
    )
    stated = [row["confidence"] for row in rows]
    drawing, across, up = _plot(
        name, "Accuracy by stated confidence", words, names, _sides(rows) + stated, (min(stated), max(stated))
    )
    ends = max(across.low, up.low), min(across.high, up.high)
    if ends[1] > ends[0]:
        drawing.line(across.at(ends[0]), up.at(ends[0]), across.at(ends[1]), up.at(ends[1]), kind="zero")
    for series, one in enumerate(names):
        points = [(row["confidence"], row) for row in rows if row["condition"] == one]
        _curve(drawing, points, across=across, up=up, series=series, of=len(names))
    labels = tick_texts(across.ticks(), unit="proportion", scale="identity")
    bottom_axis(drawing, across, y=up.start, labels=labels, title="Stated confidence \N{RIGHTWARDS ARROW}")
    return drawing.markup()


def benefit_figure(benefit: dict[str, Any], *, name: str) -> Markup:
    """Draw the difference in accuracy against the mixture of trials, with the mixture of the study marked."""
    curve = benefit["curve"]
    pair = f"{benefit['treatment']} against {benefit['control']}"
    words = (
        f"{pair}: {_points(benefit['when_zero'])} points at 0 %, {_points(benefit['when_one'])} points at 100 %; the "
        f"study had {level_text(benefit['observed'], unit='proportion')}"
    )
    drawing = Drawing(name, f"Difference in accuracy by {benefit['label']}", words, _HEIGHT + 40)
    across = Axis(0.0, 1.0, _LEFT, _RIGHT)
    sides = [row[side] for row in curve for side in ("low", "high")]
    up = axis_for(sides, start=_HEIGHT, end=32.0, include=[0.0])
    labels = tick_texts(up.ticks(), unit="proportion", scale="identity", sign=True)
    left_axis(drawing, up, left=_LEFT, right=_RIGHT, labels=labels, title="Difference in accuracy, points")
    low = [(across.at(row["at"]), up.at(row["low"])) for row in curve]
    high = [(across.at(row["at"]), up.at(row["high"])) for row in curve]
    drawing.path([*low, *reversed(high)], kind="shade", closed=True)
    drawing.line(_LEFT, up.at(0.0), _RIGHT, up.at(0.0), kind="zero")
    drawing.path([(across.at(row["at"]), up.at(row["value"])) for row in curve], kind="curve series0")
    _here(drawing, benefit, across=across, up=up)
    if benefit["break_even"] is not None:
        drawing.circle(across.at(benefit["break_even"]), up.at(0.0), 5, kind="mean")
    texts = tick_texts(across.ticks(), unit="proportion", scale="identity")
    title = f"{benefit['label'][0].upper()}{benefit['label'][1:]} \N{RIGHTWARDS ARROW}"
    bottom_axis(drawing, across, y=up.start, labels=texts, title=title)
    return drawing.markup()


def _here(drawing: Drawing, benefit: dict[str, Any], *, across: Axis, up: Axis) -> None:
    x = across.at(benefit["observed"])
    drawing.line(x, up.start, x, up.end, kind="frame")
    side, anchor = (-6, "end") if benefit["observed"] > 0.5 else (6, "start")
    drawing.text(x + side, up.end + 12, "this study", anchor=anchor, kind="tick halo")


def _points(value: float | None) -> str:
    return signed(value, unit="proportion", scale="identity")


def _sides(rows: list[dict[str, Any]]) -> list[float]:
    return [row[side] for row in rows for side in ("low", "value", "high") if row[side] is not None]


def _middle(row: dict[str, Any]) -> float:
    return float(row["first"] + row["last"]) / 2


def _plot(
    name: str, title: str, words: str, names: list[str], values: list[float], ends: tuple[float, float]
) -> tuple[Drawing, Axis, Axis]:
    top = 18.0 * len(names) + 36.0
    bottom = top + _HEIGHT - 40
    drawing = Drawing(name, title, words, bottom + 40)
    legend(drawing, names, left=_LEFT, top=14.0)
    up = axis_for(values, start=bottom, end=top, limits=(0.0, 1.0))
    labels = tick_texts(up.ticks(), unit="proportion", scale="identity")
    left_axis(drawing, up, left=_LEFT, right=_RIGHT, labels=labels, title="Accuracy")
    return drawing, axis_for(list(ends), start=_LEFT, end=_RIGHT), up


def _curve(
    drawing: Drawing,
    points: list[tuple[float, dict[str, Any]]],
    *,
    across: Axis,
    up: Axis,
    series: int,
    of: int,
) -> None:
    # Curves stand a little beside each other, so that their intervals can be told apart.
    shift = 4.0 * (series - (of - 1) / 2)
    look = f"series{series % SERIES}"
    known = [(across.at(at) + shift, row) for at, row in points if row["value"] is not None]
    for x, row in known:
        if row["low"] is not None:
            drawing.line(x, up.at(row["low"]), x, up.at(row["high"]), kind=f"whisker {look}")
    drawing.path([(x, up.at(row["value"])) for x, row in known], kind=f"curve {look}")
    for x, row in known:
        drawing.marker(x, up.at(row["value"]), series=series)
