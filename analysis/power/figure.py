"""The picture of power: one line for each number of cases and trials, with its Monte-Carlo limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 640.0, 400.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 60.0, 500.0, 24.0, 340.0
# Dark enough on white, and apart from each other for the colour-blind; lines differ in their dashes as well.
_COLOURS = ("#0b5394", "#b45f06", "#38761d", "#741b47", "#444444", "#0c7c86")
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 2")


def power_figure(rows: Sequence[Mapping[str, Any]], *, target: float) -> str:
    """Draw power against participants.

    Parameters
    ----------
    rows : sequence of mapping
        As of `analysis.power.simulate.PowerResult`.
    target : float
        Drawn as a line across.

    Returns
    -------
    str
        A stand-alone SVG with title and description for screen readers.

    Examples
    --------
    >>> row = {"participants": 100, "cases": 24, "trials": 24, "power": 0.8, "low": 0.77, "high": 0.83}
    >>> power_figure([row], target=0.9)[:4]
    '<svg'
    """
    lines = _lines(rows)
    sizes = sorted({row["participants"] for row in rows})
    parts = [*_axes(sizes), _target(target)]
    for at, (label, found) in enumerate(lines.items()):
        parts += _line(found, sizes=sizes, at=at)
        parts.append(_legend(label, at=at))
    says = "; ".join(
        f"{row['participants']} participants, {row['cases']} cases, {row['trials']} trials: {row['power']:.3f}"
        for row in rows
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13" aria-labelledby="power-title power-desc">'
        '<title id="power-title">Power against the number of participants</title>'
        f'<desc id="power-desc">{escape(says)}. Bars are 95 % limits of the simulation.</desc>'
        f'<rect width="{_WIDTH:g}" height="{_HEIGHT:g}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _lines(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda one: (one["cases"], one["trials"], one["participants"])):
        label = f"{row['cases']} cases"
        if row["trials"] < row["cases"]:
            label += f", {row['trials']} each"
        found.setdefault(label, []).append(row)
    return found


def _x(value: float, sizes: Sequence[int]) -> float:
    if sizes[0] == sizes[-1]:
        return (_LEFT + _RIGHT) / 2
    return _LEFT + 20 + (value - sizes[0]) / (sizes[-1] - sizes[0]) * (_RIGHT - _LEFT - 40)


def _y(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _axes(sizes: Sequence[int]) -> list[str]:
    parts = []
    for tick in range(0, 101, 20):
        y = _y(tick / 100)
        parts.append(f'<line x1="{_LEFT:g}" y1="{y:.1f}" x2="{_RIGHT:g}" y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(f'<text x="{_LEFT - 8:g}" y="{y + 4:.1f}" text-anchor="end">{tick} %</text>')
    last = -100.0
    for size in sizes:
        x = _x(size, sizes)
        if x - last >= 36:
            parts.append(f'<text x="{x:.1f}" y="{_BOTTOM + 20:g}" text-anchor="middle">{size}</text>')
            last = x
    middle = (_LEFT + _RIGHT) / 2
    parts.append(f'<text x="{middle:g}" y="{_BOTTOM + 44:g}" text-anchor="middle">participants in all</text>')
    parts.append(f'<text x="{_LEFT - 8:g}" y="{_TOP - 8:g}" text-anchor="end">power</text>')
    return parts


def _target(target: float) -> str:
    y = _y(target)
    return (
        f'<line x1="{_LEFT:g}" y1="{y:.1f}" x2="{_RIGHT:g}" y2="{y:.1f}" stroke="#000000" stroke-dasharray="5 4"/>'
        f'<text x="{_RIGHT + 6:g}" y="{y + 4:.1f}">wanted: {100 * target:g} %</text>'
    )


def _line(rows: Sequence[Mapping[str, Any]], *, sizes: Sequence[int], at: int) -> list[str]:
    colour = _COLOURS[at % len(_COLOURS)]
    dash = f' stroke-dasharray="{_DASHES[at % len(_DASHES)]}"' if _DASHES[at % len(_DASHES)] else ""
    points = " ".join(f"{_x(row['participants'], sizes):.1f},{_y(row['power']):.1f}" for row in rows)
    parts = [f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>']
    for row in rows:
        x, y = _x(row["participants"], sizes), _y(row["power"])
        low, high = _y(row["low"]), _y(row["high"])
        parts.append(f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" stroke="{colour}"/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')
    return parts


def _legend(label: str, *, at: int) -> str:
    y = _BOTTOM - 18 * (at + 1)
    colour = _COLOURS[at % len(_COLOURS)]
    dash = f' stroke-dasharray="{_DASHES[at % len(_DASHES)]}"' if _DASHES[at % len(_DASHES)] else ""
    return (
        f'<line x1="{_RIGHT + 8:g}" y1="{y:g}" x2="{_RIGHT + 36:g}" y2="{y:g}" stroke="{colour}" '
        f'stroke-width="2"{dash}/><text x="{_RIGHT + 42:g}" y="{y + 4:g}">{escape(label)}</text>'
    )
