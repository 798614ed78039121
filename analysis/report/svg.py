"""SVG written by hand: a few shapes, one linear axis, text; no numbers are computed here but positions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

SERIES = 6  # of different looks
WIDTH = 400.0  # narrow on purpose: on a phone the text of a figure must stay readable


@dataclass
class Drawing:
    """A figure under construction.

    Attributes
    ----------
    name : str
        Short name; makes the ids unique within the page.
    title, description : str
        What a screen reader says.
    width, height : float
        Of the view box.
    """

    name: str
    title: str
    description: str
    height: float
    width: float = WIDTH
    parts: list[str] = field(default_factory=list)

    def line(self, x1: float, y1: float, x2: float, y2: float, *, kind: str) -> None:
        """Add a line of a kind (a CSS class)."""
        self.parts.append(
            f'<line class="{kind}" x1="{_at(x1)}" y1="{_at(y1)}" x2="{_at(x2)}" y2="{_at(y2)}"/>'
        )

    def rect(self, x: float, y: float, width: float, height: float, *, kind: str) -> None:
        """Add a rectangle."""
        size = f'width="{_at(max(width, 0))}" height="{_at(max(height, 0))}"'
        self.parts.append(f'<rect class="{kind}" x="{_at(x)}" y="{_at(y)}" {size}/>')

    def circle(self, x: float, y: float, radius: float, *, kind: str) -> None:
        """Add a circle."""
        self.parts.append(f'<circle class="{kind}" cx="{_at(x)}" cy="{_at(y)}" r="{_at(radius)}"/>')

    def text(self, x: float, y: float, words: str, *, anchor: str = "start", kind: str = "label") -> None:
        """Add text; ``anchor`` is start, middle or end."""
        self.parts.append(
            f'<text class="{kind}" x="{_at(x)}" y="{_at(y)}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def arrow(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Add a line that ends in an arrow head, straight down, to the right or to the left."""
        self.line(x1, y1, x2, y2, kind="frame")
        back = -6 if x2 > x1 else 6
        tips = ((-4, -6), (4, -6)) if x1 == x2 else ((back, -4), (back, 4))
        points = " ".join(f"{_at(x2 + dx)},{_at(y2 + dy)}" for dx, dy in ((0, 0), *tips))
        self.parts.append(f'<polygon class="head" points="{points}"/>')

    def path(self, points: Sequence[tuple[float, float]], *, kind: str, closed: bool = False) -> None:
        """Add a line through points, or the area inside them."""
        at = " ".join(f"{_at(x)},{_at(y)}" for x, y in points)
        self.parts.append(f'<{"polygon" if closed else "polyline"} class="{kind}" points="{at}"/>')

    def marker(self, x: float, y: float, *, series: int) -> None:
        """Add the mark of a series: circle, square, diamond or triangle, so that colour alone tells nothing."""
        kind, size = f"mark series{series % SERIES}", 4.0
        if series % 4 == 0:
            self.circle(x, y, size, kind=kind)
            return
        corners = {
            1: [(-size, -size), (size, -size), (size, size), (-size, size)],
            2: [(0, -size - 1), (size + 1, 0), (0, size + 1), (-size - 1, 0)],
            3: [(0, -size - 1), (size + 1, size), (-size - 1, size)],
        }[series % 4]
        self.path([(x + dx, y + dy) for dx, dy in corners], kind=kind, closed=True)

    def markup(self) -> Markup:
        """Return the finished figure."""
        head = (
            f'<svg class="figure" role="img" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_at(self.width)} '
            f'{_at(self.height)}" aria-labelledby="{self.name}-title {self.name}-desc">'
            f'<title id="{self.name}-title">{escape(self.title)}</title>'
            f'<desc id="{self.name}-desc">{escape(self.description)}</desc>'
        )
        return Markup(head + "".join(self.parts) + "</svg>")  # noqa: S704 - every text above went through escape


@dataclass(frozen=True)
class Axis:
    """A linear axis from data to positions."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the position of a value, held inside the axis."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(max(share, -0.02), 1.02) * (self.end - self.start)

    def ticks(self, count: int = 5) -> list[float]:
        """Return round values along the axis."""
        step = _round_step((self.high - self.low) / count)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def axis_for(
    values: Sequence[float],
    *,
    start: float,
    end: float,
    include: Sequence[float] = (),
    limits: Sequence[float | None] = (None, None),
) -> Axis:
    """Make an axis that holds all values with a little room.

    Parameters
    ----------
    values : sequence of float
        Missing values (None, NaN) are left out.
    start, end : float
        Positions of its ends.
    include : sequence of float
        Values that must be on it.
    limits : sequence of float or None
        Lowest and highest value that exist.

    Returns
    -------
    Axis
        From 0 to 1 when there are no values.

    Examples
    --------
    >>> axis_for([0.5, 0.9], start=0, end=100, limits=(0, 1)).high
    0.924
    """
    known = [float(value) for value in (*values, *include) if value is not None and math.isfinite(value)]
    if not known:
        return Axis(0.0, 1.0, start, end)
    low, high = min(known), max(known)
    room = 0.06 * (high - low) or 0.05 * abs(high) or 0.5
    low, high = low - room, high + room
    if limits[0] is not None:
        low = max(low, limits[0])
    if limits[1] is not None:
        high = min(high, limits[1])
    return Axis(low, high, start, end) if high > low else Axis(low - room, low + room, start, end)


def bottom_axis(drawing: Drawing, axis: Axis, *, y: float, labels: Sequence[str], title: str) -> None:
    """Draw ticks, their labels and the title of an axis below a figure.

    Parameters
    ----------
    drawing : Drawing
        Where.
    axis : Axis
        Horizontal.
    y : float
        Position of the line.
    labels : sequence of str
        One for each tick.
    title : str
        What the axis shows, with unit.
    """
    drawing.line(axis.start, y, axis.end, y, kind="axis")
    for tick, words in zip(axis.ticks(), labels, strict=True):
        drawing.line(axis.at(tick), y, axis.at(tick), y + 4, kind="axis")
        drawing.text(axis.at(tick), y + 16, words, anchor="middle", kind="tick")
    drawing.text((axis.start + axis.end) / 2, y + 32, title, anchor="middle", kind="tick")


def left_axis(
    drawing: Drawing, axis: Axis, *, left: float, right: float, labels: Sequence[str], title: str
) -> None:
    """Draw grid lines, their labels and the title of a vertical axis.

    Parameters
    ----------
    drawing : Drawing
        Where.
    axis : Axis
        Vertical.
    left, right : float
        Ends of the grid lines.
    labels : sequence of str
        One for each tick.
    title : str
        What the axis shows.
    """
    for tick, words in zip(axis.ticks(), labels, strict=True):
        drawing.line(left, axis.at(tick), right, axis.at(tick), kind="grid")
        drawing.text(left - 6, axis.at(tick) + 4, words, anchor="end", kind="tick")
    drawing.text(left, axis.end - 12, f"↑ {title}", kind="tick")


def legend(drawing: Drawing, names: Sequence[str], *, left: float, top: float) -> None:
    """Draw one line of the legend for each series: its mark and its name.

    Parameters
    ----------
    drawing : Drawing
        Where.
    names : sequence of str
        In the order of the series.
    left, top : float
        Position of the first line.
    """
    for at, name in enumerate(names):
        y = top + 18 * at
        drawing.line(left, y - 4, left + 24, y - 4, kind=f"curve series{at % SERIES}")
        drawing.marker(left + 12, y - 4, series=at)
        drawing.text(left + 32, y, clipped(name, width=320), kind="value")


def clipped(words: str, *, width: float) -> str:
    """Cut words that do not fit; the description of the figure has them in full.

    Parameters
    ----------
    words : str
        One line.
    width : float
        Room.

    Returns
    -------
    str
        With an ellipsis where something was cut.

    Examples
    --------
    >>> clipped("Integrated gradients", width=80), clipped("ai", width=80)
    ('Integrated…', 'ai')
    """
    most = max(4, int(width / 7.2))
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def _round_step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor for factor in (1, 2, 2.5, 5, 10) if raw <= factor * power * (1 + 1e-9)) * power


def _at(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"
