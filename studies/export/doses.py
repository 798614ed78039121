"""What of a treatment came to sight, and how much of it was taken: readings of the pages, joined to their trials."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studies.design.conditions import ADVICE
from studies.design.spec import ConditionSpec, StudySpec
from studies.trials.doses import DOSE, STAGE, TRIAL
from studies.trials.models import Event, PresentedItem

Row = dict[str, Any]
Panel = tuple[int, str, int]
"""A trial, one of its stages, and the number of a part of the treatment."""
DAY_MS = 86_400_000
COUNTS = ("opens", "toggles", "zooms")
SHOWN = ("advice_shown", "n_explanations_shown")


@dataclass(frozen=True)
class Dose:
    """What was taken of one panel: milliseconds in view, and how often it was opened, turned over and zoomed."""

    visible_ms: float
    opens: int
    toggles: int
    zooms: int

    def __add__(self, other: Dose) -> Dose:
        return Dose(
            self.visible_ms + other.visible_ms,
            self.opens + other.opens,
            self.toggles + other.toggles,
            self.zooms + other.zooms,
        )


def doses_of(people: Sequence[int]) -> dict[Panel, Dose]:
    """Return what these participants took of each panel.

    A page instance counts on, so its last reading holds all of it; a page that was loaded again is another instance,
    and what both saw is added up.
    """
    last: dict[tuple[str, Panel], tuple[int, Dose]] = {}
    rows = Event.objects.filter(participant__in=list(people), kind=DOSE)
    for source, seq, payload in rows.values_list("source", "seq", "payload").iterator():
        panel, dose = _panel(payload), _dose(payload)
        if panel is None or dose is None:
            continue
        kept = last.get((source, panel))
        if kept is None or kept[0] < seq:
            last[source, panel] = (seq, dose)
    found: dict[Panel, Dose] = {}
    for (_source, panel), (_seq, dose) in last.items():
        found[panel] = found[panel] + dose if panel in found else dose
    return found


def dose_columns(condition: ConditionSpec, item: Row, doses: Mapping[Panel, Dose]) -> Row:
    """Return when a thing was to be shown and what was taken of it; empty where it is no part of a treatment."""
    blank: Row = dict.fromkeys(("reveal", "visible_ms", *COUNTS))
    name = ADVICE if item["item"] == "advice" else item["name"]
    part = next((part for part in condition.parts if part.name == name), None)
    if part is None or item["item"] not in ("advice", "explanation"):
        return blank
    dose = doses.get((item["presentation__trial_id"], item["presentation__stage"], part.number))
    taken = {} if dose is None else {"visible_ms": dose.visible_ms} | {c: getattr(dose, c) for c in COUNTS}
    return blank | {"reveal": part.reveal.kind} | taken


def has_held_parts(spec: StudySpec) -> bool:
    """Say whether some trials may show less than their condition has."""
    return any(part.reveal.is_held or part.when for c in spec.conditions for part in c.parts)


def shown_in(trials: Sequence[int]) -> Iterator[tuple[int, Row]]:
    """Yield by trial whether its advice came to sight, and how many of its explanations."""
    seen: dict[int, set[tuple[str, str]]] = defaultdict(set)
    items = PresentedItem.objects.filter(
        presentation__trial__in=list(trials), item__in=("advice", "explanation")
    )
    for trial, item, name in items.values_list("presentation__trial_id", "item", "name"):
        seen[trial].add((item, name))
    for trial in trials:
        kinds = [kind for kind, _name in seen[trial]]
        yield (
            trial,
            {"advice_shown": "advice" in kinds, "n_explanations_shown": kinds.count("explanation")},
        )


def _panel(payload: Any) -> Panel | None:
    if not isinstance(payload, dict):
        return None
    trial, stage, number = payload.get(TRIAL), payload.get(STAGE), payload.get("panel")
    if not isinstance(trial, int) or not isinstance(stage, str) or not isinstance(number, int):
        return None
    return trial, stage, number


def _dose(payload: Mapping[str, Any]) -> Dose | None:
    """Read a page's reading; one that cannot be is none."""
    ms: Any = payload.get("visible_ms")
    counts: list[Any] = [payload.get(name) for name in COUNTS]
    if type(ms) not in (int, float) or any(type(count) is not int for count in counts):
        return None
    return Dose(float(ms), *counts) if all(0 <= number <= DAY_MS for number in (ms, *counts)) else None
