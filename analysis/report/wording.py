"""Words and printed numbers of the report; the only place where a number is rounded."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"


def number(value: float | None, *, digits: int = 2) -> str:
    """Print a number, or a dash where it is missing.

    Parameters
    ----------
    value : float or None
        NaN is missing.
    digits : int
        Decimals.

    Returns
    -------
    str
        With a true minus sign.

    Examples
    --------
    >>> number(1234.5, digits=1), number(-1.0) == MINUS + "1.00", number(None) == DASH
    ('1,234.5', True, True)
    """
    if value is None or math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{abs(value):,.{digits}f}"
    return text if value >= 0 or float(text.replace(",", "")) == 0 else f"{MINUS}{text}"


def coverage(alpha: float) -> str:
    """Print the coverage of an interval with as few decimals as keep it below 100 %.

    Parameters
    ----------
    alpha : float
        Above 0, below 1.

    Returns
    -------
    str
        Per cent.

    Examples
    --------
    >>> coverage(0.05), coverage(0.003052), coverage(0.00002)
    ('95 %', '99.7 %', '99.998 %')
    """
    percent = 100 * (1 - alpha)
    if abs(percent - round(percent)) < 1e-9:
        return f"{percent:.0f} %"
    digits = next((count for count in range(1, 12) if round(percent, count) < 100), 12)
    return f"{percent:.{digits}f} %"


def p_value(p: float | None) -> str:
    """Print a p value as ``p = 0.031`` or ``p < 0.001``.

    Parameters
    ----------
    p : float or None
        0 to 1; NaN is missing.

    Returns
    -------
    str
        Words.

    Examples
    --------
    >>> p_value(0.0312), p_value(0.00004), p_value(0.9999)
    ('p = 0.031', 'p < 0.001', 'p > 0.999')
    """
    if p is None or math.isnan(p):
        return f"p {DASH}"
    if p < 0.001:
        return "p < 0.001"
    return "p > 0.999" if p > 0.999 else f"p = {p:.3f}"


def level_text(value: float | None, *, unit: str) -> str:
    """Print a value of a measure in the unit that people read.

    Parameters
    ----------
    value : float or None
        0 to 1 for a proportion, milliseconds for a time.
    unit : str
        Unit of the measure.

    Returns
    -------
    str
        Per cent, seconds or points.

    Examples
    --------
    >>> level_text(0.7346, unit="proportion"), level_text(12345.0, unit="ms")
    ('73.5 %', '12.3 s')
    """
    if value is None or math.isnan(value):
        return DASH
    if unit == "proportion":
        return f"{number(100 * value, digits=1)} %"
    return f"{number(value / 1000, digits=1)} s" if unit == "ms" else number(value)


def effect_text(value: float | None, *, unit: str, scale: str) -> str:
    """Print a difference without its sign, in words.

    Parameters
    ----------
    value : float or None
        Difference; of logarithms when ``scale`` is "log".
    unit, scale : str
        Of the measure.

    Returns
    -------
    str
        Such as "6.1 percentage points" or "12.0 %".

    Examples
    --------
    >>> effect_text(-0.061, unit="proportion", scale="identity"), effect_text(0.1133, unit="ms", scale="log")
    ('6.1 percentage points', '12.0 %')
    """
    if value is None or math.isnan(value):
        return DASH
    if scale == "log":
        return f"{number(100 * abs(math.expm1(value)), digits=1)} %"
    if unit == "proportion":
        return f"{number(100 * abs(value), digits=1)} percentage points"
    return f"{number(abs(value))} {unit.split(' of ', maxsplit=1)[0]}"


def signed(value: float | None, *, unit: str, scale: str) -> str:
    """Print a difference with its sign, short, for tables and intervals.

    Parameters
    ----------
    value : float or None
        Difference; of logarithms when ``scale`` is "log", printed as a ratio.
    unit, scale : str
        Of the measure.

    Returns
    -------
    str
        Such as "+6.1" (percentage points) or a ratio after a multiplication sign.

    Examples
    --------
    >>> signed(0.061, unit="proportion", scale="identity"), signed(0.1133, unit="ms", scale="log")[1:]
    ('+6.1', '1.12')
    """
    if value is None or math.isnan(value):
        return DASH
    if scale == "log":
        return f"{TIMES}{number(math.exp(value))}"
    shown = number(100 * value, digits=1) if unit == "proportion" else number(value)
    return shown if shown.startswith(MINUS) or float(shown.replace(",", "")) == 0 else f"+{shown}"


def tick_texts(ticks: list[float], *, unit: str, scale: str, sign: bool = False) -> list[str]:
    """Print the ticks of an axis with as few decimals as keep them apart.

    Parameters
    ----------
    ticks : list of float
        In equal steps.
    unit, scale : str
        Of the measure; "log" only for differences.
    sign : bool
        Print a plus sign before positive differences.

    Returns
    -------
    list of str
        As many as ticks.

    Examples
    --------
    >>> tick_texts([0.65, 0.7, 0.75], unit="proportion", scale="identity")
    ['65 %', '70 %', '75 %']
    """
    if scale == "log":
        return [f"{TIMES}{number(math.exp(tick))}" for tick in ticks]
    factor, after = {"proportion": (100.0, "" if sign else " %"), "ms": (0.001, " s")}.get(unit, (1.0, ""))
    step = factor * abs(ticks[1] - ticks[0]) if len(ticks) > 1 else 1.0
    digits = next(count for count in range(7) if count == 6 or abs(round(step, count) - step) < 1e-9)
    plus = ["+" if sign and tick > 1e-12 else "" for tick in ticks]
    return [
        f"{mark}{number(factor * tick, digits=digits)}{after}" for mark, tick in zip(plus, ticks, strict=True)
    ]


def interval(estimate: dict[str, Any], *, unit: str, scale: str) -> str:
    """Print an interval such as "+2.0 to +10.2".

    Parameters
    ----------
    estimate : dict
        With ``low`` and ``high``.
    unit, scale : str
        Of the measure.

    Returns
    -------
    str
        Words.

    Examples
    --------
    >>> interval({"low": 0.01, "high": 0.02}, unit="proportion", scale="identity")
    '+1.0 to +2.0'
    """
    return " to ".join(signed(estimate[side], unit=unit, scale=scale) for side in ("low", "high"))


def limits(estimate: dict[str, Any], *, unit: str, scale: str) -> str:
    """Print an interval whose limits may be missing, or may not exist on a side.

    Parameters
    ----------
    estimate : dict
        ``low`` and ``high``, if it has any.
    unit, scale : str
        Of the measure.

    Returns
    -------
    str
        A dash where there are none.

    Examples
    --------
    >>> limits({"low": -math.inf, "high": 0.02}, unit="proportion", scale="identity")
    'no limit to +2.0'
    """
    sides = [estimate.get(side) for side in ("low", "high")]
    if any(value is None or math.isnan(value) for value in sides):
        return DASH
    told = (
        "no limit" if math.isinf(value) else signed(value, unit=unit, scale=scale)
        for value in sides
        if value is not None
    )
    return " to ".join(told)


def unit_text(unit: str, *, scale: str) -> str:
    """Say in which unit differences are printed.

    Parameters
    ----------
    unit, scale : str
        Of the measure.

    Returns
    -------
    str
        Words.

    Examples
    --------
    >>> unit_text("proportion", scale="identity"), unit_text("ms", scale="log")
    ('percentage points', 'ratio')
    """
    if scale == "log":
        return "ratio"
    return "percentage points" if unit == "proportion" else unit.split(" of ", maxsplit=1)[0]


def moment_text(moment: str | None) -> str:
    """Write a moment as people read it.

    Parameters
    ----------
    moment : str or None
        ISO 8601, with an offset.

    Returns
    -------
    str
        Day and time in UTC; what is no such moment is returned as it is, and None as nothing.

    Examples
    --------
    >>> moment_text("2026-11-20T13:16:15.040062+01:00")
    '20 November 2026, 12:16 UTC'
    >>> moment_text("before recruitment")
    'before recruitment'
    """
    try:
        found = datetime.fromisoformat(moment or "")
    except ValueError:
        return moment or ""
    if found.tzinfo is None:
        return moment or ""
    utc = found.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"


def inside(label: str) -> str:
    """Write a label as it stands inside a sentence.

    Parameters
    ----------
    label : str
        With a capital at the beginning.

    Returns
    -------
    str
        Small at the beginning, unless it begins with an abbreviation.

    Examples
    --------
    >>> inside("Accuracy"), inside("AI accuracy"), inside("Area under the ROC curve")
    ('accuracy', 'AI accuracy', 'area under the ROC curve')
    """
    return label if label[1:2].isupper() else f"{label[:1].lower()}{label[1:]}"


def listed(words: list[str]) -> str:
    """Join words as a sentence does.

    Parameters
    ----------
    words : list of str
        At least one.

    Returns
    -------
    str
        "a, b and c".

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
