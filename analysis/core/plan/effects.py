"""Reading the planned effects of factors: levels, what they are split by, and what is held."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from analysis.core.plan.faults import Faults
from analysis.core.plan.values import Contrast, Effect, parse_contrast

KEYS = ("measure", "effect", "by", "at")


def read_effects(value: Any, *, faults: Faults, measures: Collection[str]) -> tuple[Effect, ...]:
    """Read a list of effects, each such as ``{measure: accuracy, effect: path - prediction, by: hard - easy}``.

    Parameters
    ----------
    value : object
        As it is written; nothing is no effect.
    faults : Faults
        Gets a sentence for everything that is wrong.
    measures : collection of str
        Names of measures that exist; not checked when empty.

    Returns
    -------
    tuple of Effect
        Those that could be read. Which factors have these levels is known with the data only.

    Examples
    --------
    >>> faults = Faults()
    >>> given = [{"measure": "accuracy", "effect": "path - prediction", "at": {"difficulty": "hard"}}]
    >>> [str(one) for one in read_effects(given, faults=faults, measures=())], faults
    (['path - prediction at difficulty=hard'], [])
    """
    found = []
    for at, item in enumerate(faults.listed(value)):
        where = f"effects[{at}]"
        if not isinstance(item, Mapping):
            faults.append(
                f"{where}: must be a mapping such as {{measure: accuracy, effect: path - prediction}}."
            )
            continue
        before = len(faults)
        faults.keys(item, known=KEYS, where=where)
        if measures and item.get("measure") not in measures:
            faults.append(f"{where}.measure: there is no measure {item.get('measure')!r}.")
        levels = _contrast(item, "effect", where=where, faults=faults)
        by = _contrast(item, "by", where=where, faults=faults) if "by" in item else None
        held = item.get("at", {})
        if not isinstance(held, Mapping) or not all(isinstance(one, str) for one in held.values()):
            faults.append(f"{where}.at: must say levels of factors, such as {{difficulty: hard}}.")
        if len(faults) == before and levels is not None:
            found.append(Effect(str(item.get("measure")), levels, by, tuple(sorted(held.items()))))
    return tuple(found)


def _contrast(item: Mapping[str, Any], key: str, *, where: str, faults: Faults) -> Contrast | None:
    try:
        return parse_contrast(item.get(key, ""))
    except ValueError:
        faults.append(
            f"{where}.{key}: is written 'level - level' with two levels of one factor, got {item.get(key)!r}."
        )
        return None
