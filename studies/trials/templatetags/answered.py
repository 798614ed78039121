"""Looks up what was sent, and what is wrong with it, by the name of a field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def at(values: Mapping[str, Any] | str, name: str) -> Any:
    """Return what belongs to a name; nothing where nothing does (or where a template has no values at all)."""
    return values.get(name, "") if isinstance(values, Mapping) else ""


@register.filter
def all_at(values: Mapping[str, Any] | str, name: str) -> list[str]:
    """Return everything that was sent under a name, as a list."""
    found = at(values, name)
    return list(found) if isinstance(found, list | tuple) else [found] if found else []
