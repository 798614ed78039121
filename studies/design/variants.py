"""Variants of an explanation: the same one by another seed or another checkpoint, spread over the participants.

A variant belongs to the plan of a participant and not to a condition: whoever shares a condition is compared as one
group, and within it people see different variants of the same explanation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studies.design.draws import Draws

NO_VARIANT = ""


@dataclass(frozen=True)
class Variant:
    """One variant: its name in the tables, its seed, and the alias of its checkpoint (none: what gives the advice)."""

    name: str
    seed: int = 0
    checkpoint: str = ""


def read_variants(document: Mapping[str, Any]) -> tuple[Variant, ...]:
    """Return the variants of a normalised document; a study without any has none."""
    return tuple(Variant(**each) for each in document.get("variants", ()))


def variants_dealt(names: Sequence[str], *, plans: int, draws: Draws) -> list[str]:
    """Deal variants to plans in shuffled rounds: after every round each was dealt equally often.

    Examples
    --------
    >>> dealt = variants_dealt(["a", "b"], plans=5, draws=Draws(b"seed"))
    >>> len(dealt), {*dealt[:2]} == {*dealt[2:4]} == {"a", "b"}
    (5, True)
    """
    found: list[str] = []
    while names and len(found) < plans:
        round_of = list(names)
        draws.shuffle(round_of)
        found += round_of
    return found[:plans] if names else [NO_VARIANT] * plans
