"""Conditions written as factors: every combination of levels that is not omitted becomes a condition of an arm.

What lies between participants makes the arms; what lies within a participant, in runs of trials or trial by trial,
makes the conditions of an arm. A plain list of conditions is one factor called ``condition``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

CONDITION = "condition"
ALL = "all"
ONLY_WITH = "only_with"
Levels = Mapping[str, str]


@dataclass(frozen=True)
class Factor:
    """One factor: its levels as the file has them, and where it is placed.

    ``placed`` is ``between`` (of participants), ``within`` (each participant meets all levels, in runs of trials; with
    ``per`` = ``step`` one level in each step of trials) or ``case`` (levels are mixed trial by trial).
    """

    name: str
    levels: Mapping[str, Mapping[str, Any]]
    placed: str = "between"
    order: str = "drawn"
    per: str = "block"
    counts: Mapping[str, int] = field(default_factory=dict)
    washout_days: float = 0

    def weight(self, level: str) -> int:
        return self.counts.get(level, 1) if self.counts else 1


@dataclass(frozen=True)
class Arm:
    """A combination of what lies between, and the condition of everything that lies within it."""

    name: str
    levels: Levels
    conditions: Mapping[str, str]
    label: str = ""


@dataclass(frozen=True)
class Share:
    """How many of a participant's trials in a step lie under the same levels."""

    within: str
    level: str
    size: Fraction


@dataclass(frozen=True)
class Crossing:
    """The factors of a study, crossed."""

    factors: tuple[Factor, ...]
    omitted: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    plain: bool = False

    @property
    def between(self) -> tuple[Factor, ...]:
        return tuple(factor for factor in self.factors if factor.placed == "between")

    @property
    def inside(self) -> tuple[Factor, ...]:
        return tuple(factor for factor in self.factors if factor.placed != "between")

    @property
    def runs(self) -> tuple[Factor, ...]:
        """Return the factors whose levels stay for a run of trials."""
        return tuple(factor for factor in self.factors if factor.placed == "within")

    @property
    def is_by_step(self) -> bool:
        """Say whether each step of trials shows one level of what stays for a run."""
        return any(factor.per == "step" for factor in self.runs)

    @cached_property
    def cells(self) -> tuple[Levels, ...]:
        """Return every combination of levels that is not omitted."""
        names = [factor.name for factor in self.factors]
        every = product(*(factor.levels for factor in self.factors))
        found = (dict(zip(names, levels, strict=True)) for levels in every)
        return tuple(cell for cell in found if not self._is_omitted(cell))

    @cached_property
    def content(self) -> tuple[dict[str, Any], ...]:
        """Return what each cell shows: the parts of its levels, merged; a part may need company to take effect."""
        return tuple(
            merged(
                [part for factor in self.factors if _counts(part := factor.levels[cell[factor.name]], cell)]
            )
            for cell in self.cells
        )

    @cached_property
    def conditions(self) -> dict[str, dict[str, Any]]:
        """Return the conditions by name; cells of several arms that show the same are one condition."""
        found: dict[str, dict[str, Any]] = {}
        for name, shown, levels in zip(self._names, self.content, self._told, strict=True):
            found.setdefault(name, shown | {"levels": {} if self.plain else levels})
        return found

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """Return the arms in the order in which the levels stand in the file."""
        by_arm: dict[tuple[str, ...], dict[str, str]] = {}
        for cell, name in zip(self.cells, self._names, strict=True):
            key = tuple(cell[factor.name] for factor in self.between)
            by_arm.setdefault(key, {})[self.within_of(cell)] = name
        return tuple(self._arm(key, conditions) for key, conditions in by_arm.items())

    def _arm(self, key: tuple[str, ...], conditions: Mapping[str, str]) -> Arm:
        levels = dict(zip((factor.name for factor in self.between), key, strict=True))
        words = [str(factor.levels[levels[factor.name]].get("label", "")) for factor in self.between]
        label = ", ".join(word for word in words if word)
        return Arm("_".join(key) or ALL, {} if self.plain else levels, conditions, label)

    def within_of(self, cell: Levels) -> str:
        """Return the word that names what lies within a participant."""
        return ",".join(f"{factor.name}={cell[factor.name]}" for factor in self.inside)

    def level_of(self, cell: Levels) -> str:
        """Return the word that names what stays for a run of trials."""
        return ",".join(f"{factor.name}={cell[factor.name]}" for factor in self.runs)

    def shares(self, arm: Arm, size: int) -> tuple[Share, ...]:
        """Divide the trials of a step over what lies within an arm: factor by factor, by their counts."""
        cells = [cell for cell in self.cells if self._arm_name(cell) == arm.name]
        return tuple(
            Share(self.within_of(cell), self.level_of(cell), share)
            for cell, share in _divided(cells, self.inside, Fraction(size))
        )

    def shares_of_step(self, arm: Arm, size: int) -> tuple[Share, ...]:
        """Divide the trials of a step that shows one level only: for each level, all of them over what it mixes."""
        shares = self.shares(arm, size)
        whole: dict[str, Fraction] = {}
        for share in shares:
            whole[share.level] = whole.get(share.level, Fraction(0)) + share.size
        return tuple(Share(each.within, each.level, each.size * size / whole[each.level]) for each in shares)

    def levels_in_order(self, arm: Arm) -> tuple[str, ...]:
        """Return the levels that stay for a run of trials, as the file orders them."""
        return tuple(dict.fromkeys(share.level for share in self.shares(arm, 1)))

    def _arm_name(self, cell: Levels) -> str:
        return "_".join(cell[factor.name] for factor in self.between) or ALL

    def _is_omitted(self, cell: Levels) -> bool:
        return any(all(cell[name] in levels for name, levels in each.items()) for each in self.omitted)

    @cached_property
    def _matters(self) -> frozenset[str]:
        """Return the factors of which some level changes what people see."""
        found = set()
        texts = [_text(shown) for shown in self.content]
        for factor in self.factors:
            seen: dict[str, str] = {}
            for cell, text in zip(self.cells, texts, strict=True):
                others = _text({name: level for name, level in cell.items() if name != factor.name})
                if seen.setdefault(others, text) != text:
                    found.add(factor.name)
        return frozenset(found)

    @cached_property
    def _told(self) -> tuple[dict[str, str], ...]:
        """Return the levels of each cell that its condition is named by."""
        groups: dict[str, list[Levels]] = {}
        keys = []
        # Only what lies between can fall together: levels within a participant are told apart by when they are met.
        loose = {factor.name for factor in self.between} & self._matters
        for cell, shown in zip(self.cells, self.content, strict=True):
            fixed = {name: level for name, level in cell.items() if name not in loose}
            keys.append(_text([fixed, shown]))
            groups.setdefault(keys[-1], []).append(cell)
        return tuple(_shared(groups[key]) for key in keys)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        short = [
            "_".join(level for name, level in told.items() if not self._is_forced(name, told))
            or "_".join(told.values())
            for told in self._told
        ]
        whole = ["_".join(told.values()) for told in self._told]
        by_name: dict[str, set[str]] = {}
        for name, full in zip(short, whole, strict=True):
            by_name.setdefault(name, set()).add(full)
        return tuple(
            name if len(by_name[name]) == 1 else full for name, full in zip(short, whole, strict=True)
        )

    def _is_forced(self, name: str, told: Levels) -> bool:
        """Say whether the factors before leave a factor no choice, so that naming its level says nothing."""
        before = list(told)[: list(told).index(name)]
        fitting = {cell[name] for cell in self.cells if all(cell[other] == told[other] for other in before)}
        return len(fitting) == 1 and bool(before)


def crossing_of(data: Mapping[str, Any]) -> Crossing:
    """Read the factors of a study file, or its plain list of conditions, as far as they fit together."""
    allocation = data.get("allocation", {})
    if "factors" in data:
        factors = tuple(_factor(name, entry) for name, entry in data["factors"].items())
        return Crossing(factors, tuple(_omitted(each) for each in data.get("omit", [])))
    conditions = data.get("conditions", {})
    within = allocation.get("within")
    if within is None:
        # The order of 'between' is the one that the allocation draws from; a mapping has none of its own.
        names = [name for name in allocation.get("between", conditions) if name in conditions]
        return Crossing((Factor(CONDITION, {name: conditions[name] for name in names}),), plain=True)
    entry = {"conditions": within} if isinstance(within, list) else dict(within)
    names = [name for name in entry.get("conditions", conditions) if name in conditions]
    levels = {name: conditions[name] for name in names}
    return Crossing((_factor(CONDITION, {"placed": "within", **entry, "levels": levels}),), plain=True)


def _factor(name: str, entry: Mapping[str, Any]) -> Factor:
    levels = {level: part or {} for level, part in entry["levels"].items()}
    return Factor(
        name=name,
        levels=levels,
        placed=entry.get("placed", "between"),
        order=entry.get("order", "drawn"),
        per=entry.get("per", "block"),
        counts=entry.get("counts", {}),
        washout_days=entry.get("washout_days", 0),
    )


def _omitted(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: (levels,) if isinstance(levels, str) else tuple(levels) for name, levels in entry.items()}


def merged(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge the parts of a condition: mappings join, lists of explanations follow each other, labels are strung.

    A later part wins where two say the same thing.
    """
    found: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            if key == ONLY_WITH:
                continue
            if key == "label":
                found[key] = f"{found[key]}, {value}" if found.get(key) else value
            elif key == "explanations":
                found[key] = [*found.get(key, []), *value]
            elif isinstance(value, Mapping) and isinstance(found.get(key), Mapping):
                found[key] = merged([found[key], value])
            else:
                found[key] = value
    return found


def _counts(part: Mapping[str, Any], cell: Levels) -> bool:
    """Say whether a level takes effect in a cell: what it names as company must be there."""
    wanted = {
        name: [each] if isinstance(each, str) else each for name, each in part.get(ONLY_WITH, {}).items()
    }
    return all(cell.get(name) in levels for name, levels in wanted.items())


def _divided(
    cells: Sequence[Levels], factors: Sequence[Factor], size: Fraction
) -> Iterator[tuple[Levels, Fraction]]:
    if not factors:
        yield from ((cell, size) for cell in cells)
        return
    first, *rest = factors
    there = [level for level in first.levels if any(cell[first.name] == level for cell in cells)]
    total = sum(first.weight(level) for level in there)
    for level in there:
        share = size * first.weight(level) / total if total else Fraction(0)
        yield from _divided([cell for cell in cells if cell[first.name] == level], rest, share)


def _shared(cells: Sequence[Levels]) -> dict[str, str]:
    first = cells[0]
    return {name: level for name, level in first.items() if all(cell[name] == level for cell in cells)}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
