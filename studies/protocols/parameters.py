"""Parameters of protocols: declared as properties of JSON Schema, each with a default; filled in here. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flag(meaning: str, *, default: bool = False) -> dict[str, Any]:
    """Declare a parameter that is true or false."""
    return {"type": "boolean", "default": default, "description": meaning}


def one_of(*values: str, default: str, meaning: str) -> dict[str, Any]:
    """Declare a parameter that is one of some words."""
    return {"enum": list(values), "default": default, "description": meaning}


def some_of(*values: str, default: list[str], meaning: str, least: int = 1) -> dict[str, Any]:
    """Declare a parameter that is a list of some words, each at most once."""
    items = {"enum": list(values)}
    shape = {"type": "array", "items": items, "minItems": least, "uniqueItems": True}
    return {**shape, "default": default, "description": meaning}


def whole(low: int, high: int, *, default: int, meaning: str) -> dict[str, Any]:
    """Declare a parameter that is a whole number within limits."""
    return {"type": "integer", "minimum": low, "maximum": high, "default": default, "description": meaning}


def words(*, default: list[str], meaning: str, least: int = 0, most: int = 30) -> dict[str, Any]:
    """Declare a parameter that is a list of options of one's own."""
    shape = {"type": "array", "items": {"$ref": "#/$defs/option"}, "minItems": least, "maxItems": most}
    return {**shape, "default": default, "description": meaning}


def line(*, default: str, meaning: str) -> dict[str, Any]:
    """Declare a parameter that is a line of text which participants read."""
    shape = {"type": "string", "minLength": 1, "maxLength": 200}
    return {**shape, "default": default, "description": meaning}


def amounts(*names: str, meaning: str) -> dict[str, Any]:
    """Declare a parameter that gives some things a number each, 0 where none is given."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {"type": "number", "minimum": 0, "maximum": 1e9} for name in names},
        "default": {},
        "description": meaning,
    }


def completed(declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return every declared parameter with its value: the given one, otherwise the default.

    Parameters
    ----------
    declared : mapping
        Name to a property of JSON Schema with ``default``.
    given : mapping
        Name to value, already checked.

    Returns
    -------
    dict
        In the order of the declaration.

    Raises
    ------
    ValueError
        When something is given that is not declared.

    Examples
    --------
    >>> completed({"panel": flag("Show the panel.")}, {})
    {'panel': False}
    """
    unknown = sorted(set(given) - set(declared))
    if unknown:
        known = ", ".join(declared) or "none"
        raise ValueError(f"There is no parameter '{unknown[0]}'; there is: {known}.")
    return {name: given.get(name, entry["default"]) for name, entry in declared.items()}
