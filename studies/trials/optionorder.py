"""The order of options that is drawn for each participant, from the seed of the allocation: it can be drawn again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from analysis.core.stream import sub_seed
from studies.design.models import StudyVersion
from studies.protocols.fields import Field, Option
from studies.protocols.stages import Stage
from studies.trials.content import kept


@kept
def allocation_seed(version_id: int) -> str:
    """Return the recorded seed of a version."""
    return str(StudyVersion.objects.values_list("allocation_seed", flat=True).get(pk=version_id))


def is_drawn(stages: Sequence[Stage]) -> bool:
    """Say whether some options stand in an order of the participant's own."""
    return any(field.order == "drawn" for stage in stages for field in stage.fields)


def stages_drawn(stages: Sequence[Stage], *, seed: str, slot: str) -> tuple[Stage, ...]:
    """Return the stages with their options in the order of a slot; a field has the same in every trial and stage."""
    return tuple(
        replace(stage, fields=tuple(_field_drawn(field, seed, slot) for field in stage.fields))
        for stage in stages
    )


def _field_drawn(field: Field, seed: str, slot: str) -> Field:
    if field.order != "drawn":
        return field
    taken = _shuffled(field.options, seed, slot, field.name, "options")
    placed = _shuffled(field.options_in, seed, slot, field.name, "options_in")
    return replace(field, options=taken, options_in=placed)


def _shuffled(options: Sequence[Option], seed: str, *labels: str) -> tuple[Option, ...]:
    # Sorted first, so that the order depends on nothing but the seed, the slot and which options there are.
    order = sorted(options, key=lambda option: option.value)
    random.Random(sub_seed(seed, "option_order", *labels)).shuffle(order)  # noqa: S311 - replayable on purpose
    return tuple(order)
