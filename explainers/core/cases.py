"""Cases of a tabular case set: the schema of their features, checks, and how a value is written for people."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explainers.core.errors import CaseSetRefused

FEATURE_KEYS = {"name", "label", "unit", "low", "high", "decimals", "meaning"}


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


def check_schema(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """
    Check the schema of a tabular case set and fill in what may be left out.

    Parameters
    ----------
    schema : Mapping
        `{"features": [{"name", "label", "unit", "low", "high", "decimals", "meaning"}]}`; only `name` is needed.

    Returns
    -------
    list of dict
        The features, each with every key.

    Raises
    ------
    CaseSetRefused
        With a sentence on the first fault.

    Examples
    --------
    >>> check_schema({"features": [{"name": "age", "unit": "years"}]})[0]["label"]
    'age'
    """
    features = schema.get("features")
    if not isinstance(features, list) or not features or set(schema) != {"features"}:
        raise CaseSetRefused('The schema is {"features": [...]} with at least one feature.')
    complete = [_check_feature(feature, number=number) for number, feature in enumerate(features, start=1)]
    names = [feature["name"] for feature in complete]
    if len(set(names)) != len(names):
        raise CaseSetRefused("A feature name occurs twice in the schema.")
    return complete


def _check_feature(feature: Any, *, number: int) -> dict[str, Any]:
    if not isinstance(feature, Mapping) or not isinstance(feature.get("name"), str) or not feature["name"]:
        raise CaseSetRefused(f"Feature {number} of the schema needs a name.")
    unknown = sorted(set(feature) - FEATURE_KEYS)
    if unknown:
        raise CaseSetRefused(f"Feature {feature['name']}: unknown {', '.join(map(str, unknown))[:200]}.")
    complete = {
        "name": feature["name"],
        "label": feature.get("label") or feature["name"],
        "unit": feature.get("unit") or "",
        "low": feature.get("low"),
        "high": feature.get("high"),
        "decimals": feature.get("decimals", 2),
        "meaning": feature.get("meaning") or "",
    }
    if not all(isinstance(complete[word], str) for word in ("label", "unit", "meaning")):
        raise CaseSetRefused(f"Feature {feature['name']}: label, unit and meaning are texts.")
    if type(complete["decimals"]) is not int or not 0 <= complete["decimals"] <= 12:
        raise CaseSetRefused(f"Feature {feature['name']}: decimals is a whole number from 0 to 12.")
    if not all(complete[word] is None or is_number(complete[word]) for word in ("low", "high")):
        raise CaseSetRefused(f"Feature {feature['name']}: low and high are finite numbers or left out.")
    return complete


def check_rows(
    rows: Sequence[Mapping[str, Any]], *, features: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """
    Check the cases against the features: unique keys, every feature present, every value a finite number.

    Parameters
    ----------
    rows : Sequence of Mapping
        `{"key": str, "inputs": {feature name: number}}`.
    features : Sequence of Mapping
        What `check_schema` gave.

    Returns
    -------
    list of dict
        The same rows; numbers are floats.

    Raises
    ------
    CaseSetRefused
        Naming every faulty row and feature, up to ten.

    Examples
    --------
    >>> check_rows([{"key": "a", "inputs": {"age": 40}}], features=[{"name": "age"}])
    [{'key': 'a', 'inputs': {'age': 40.0}}]
    """
    names = [feature["name"] for feature in features]
    faults: list[str] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        key, inputs = row.get("key"), row.get("inputs")
        if not isinstance(key, str) or not 0 < len(key) <= 80 or key in seen:
            faults.append(f"row {number}: the key {key!r:.80} is empty, too long or used twice")
            continue
        seen.add(key)
        if not isinstance(inputs, Mapping) or set(inputs) != set(names):
            faults.append(f"row {number} ({key}): the features are not those of the schema")
            continue
        faults += [
            f"row {number} ({key}), feature {name}: {inputs[name]!r:.60} is not a finite number"
            for name in names
            if not is_number(inputs[name])
        ]
    if faults or not rows:
        shown = "; ".join(faults[:10]) or "there are no rows"
        raise CaseSetRefused(f"The cases were not taken: {shown}{'; and more' if len(faults) > 10 else ''}.")
    return [
        {"key": row["key"], "inputs": {name: float(row["inputs"][name]) for name in names}} for row in rows
    ]


def is_number(value: Any) -> bool:
    """
    Say whether a value is a finite number (a boolean is none).

    Parameters
    ----------
    value : Any
        Anything.

    Returns
    -------
    bool
        True for finite int and float.

    Examples
    --------
    >>> is_number(1.5), is_number(True), is_number(float("nan")), is_number("1")
    (True, False, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


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
