"""What the report carries out of a plan, by name; a plan that asks for more is refused, never cut short."""

from __future__ import annotations

CARRIED_OUT: frozenset[str] = frozenset()  # names as of `analysis.core.plan.features`
