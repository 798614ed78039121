"""What the report carries out of a plan, by name; a plan that asks for more is refused, never cut short."""

from __future__ import annotations

from analysis.report.decisive import ABLE

CARRIED_OUT: frozenset[str] = frozenset(  # names as of `analysis.core.plan.features`
    {
        *ABLE,
        "multiplicity: bh",
        "family: together",
        "sensitivity analyse: intention_to_treat",
        "sensitivity analyse: completers",
        "exclude",
        "subgroups",
        "moderators",
        "cases: fixed",
        "claim: equivalence",
        "placed: within",
    }
)
