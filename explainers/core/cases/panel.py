"""How the values of a case are written for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PanelRow:
    """
    One line of the panel that shows a case.

    Parameters
    ----------
    label : str
        The feature, for people.
    value : str
        The value, rounded to the decimals of the feature.
    unit : str
        Its unit; may be empty.
    reference : str
        The reference range in words, such as `11.0 to 24.2`; empty if there is none.
    flag : str
        `above`, `below` or empty.
    meaning : str
        What the feature is, in a sentence.
    position : float or None
        Where a mark stands on a line on which the reference range is the stretch from 25 to 75 percent;
        None without a range.
    """

    label: str
    value: str
    unit: str
    reference: str
    flag: str
    meaning: str
    position: float | None


def format_value(value: float, *, decimals: int) -> str:
    """
    Write a number for people.

    Parameters
    ----------
    value : float
        Finite.
    decimals : int
        Digits after the point.

    Returns
    -------
    str
        With a true minus sign; a rounded zero has no sign.

    Examples
    --------
    >>> format_value(19.384, decimals=1), format_value(-0.001, decimals=1)
    ('19.4', '0.0')
    """
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")  # noqa: RUF001 - the minus sign of typography


def panel_rows(inputs: Mapping[str, float], *, features: Sequence[Mapping[str, Any]]) -> list[PanelRow]:
    """
    Return the lines that show a case to people.

    Parameters
    ----------
    inputs : Mapping
        Feature name to number in its unit.
    features : Sequence of Mapping
        What `check_schema` gave; the order of the lines.

    Returns
    -------
    list of PanelRow
        One per feature. A value equal to a limit is inside the range.

    Examples
    --------
    >>> panel_rows({"age": 91}, features=check_schema({"features": [{"name": "age", "high": 90}]}))[0].flag
    'above'
    """
    rows = []
    for feature in features:
        value = inputs[feature["name"]]
        low, high = feature["low"], feature["high"]
        flag = (
            "above"
            if high is not None and value > high
            else "below"
            if low is not None and value < low
            else ""
        )
        rows.append(
            PanelRow(
                label=feature["label"],
                value=format_value(value, decimals=feature["decimals"]),
                unit=feature["unit"],
                reference=reference_range(feature),
                flag=flag,
                meaning=feature["meaning"],
                position=range_position(value, low=low, high=high),
            )
        )
    return rows


def range_position(value: float, *, low: float | None, high: float | None) -> float | None:
    """
    Place a value beside its reference range.

    Formula: 25 + 50 (value - low) / (high - low), kept within 3 to 97.

    Parameters
    ----------
    value : float
        In the unit of the feature.
    low : float or None
        Start of the range.
    high : float or None
        End of the range.

    Returns
    -------
    float or None
        Percent of the line, to one decimal; None if the range is open or empty.

    Examples
    --------
    >>> range_position(5, low=0, high=10), range_position(99, low=0, high=10), range_position(5, low=0, high=None)
    (50.0, 97.0, None)
    """
    if low is None or high is None or not high > low:
        return None
    return round(min(97.0, max(3.0, 25 + 50 * (value - low) / (high - low))), 1)


def reference_range(feature: Mapping[str, Any]) -> str:
    """
    Write a reference range in words.

    Parameters
    ----------
    feature : Mapping
        With `low`, `high` and `decimals`.

    Returns
    -------
    str
        `a to b`, `at least a`, `at most b`, or empty.

    Examples
    --------
    >>> reference_range({"low": 1, "high": None, "decimals": 0})
    'at least 1'
    """
    low, high = (
        None if feature[word] is None else format_value(feature[word], decimals=feature["decimals"])
        for word in ("low", "high")
    )
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"at least {low}" if low is not None else f"at most {high}" if high is not None else ""
