"""Reading ``allocation.json``: which condition every place holds, and whether the recorded seed gives it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.core.allocation import METHODS, draw_allocation
from analysis.core.minimisation import Minimisation, levels_of, minimisation_replay, minimisation_stream

Places = dict[tuple[str, int], tuple[int, str]]
"""Block and condition of a place, by (stratum, slot)."""


def places_of(allocation: Mapping[str, Any]) -> Places | None:
    """Return block and condition of every place that somebody could claim.

    Parameters
    ----------
    allocation : mapping
        Content of ``allocation.json``. Places that were passed over, because the quota of their condition was full,
        are left out: nobody could have had them.

    Returns
    -------
    dict or None
        None when a place is listed twice, or blocks are not listed and the seed does not give the list again.

    Examples
    --------
    >>> places_of({"list": [{"stratum": "", "slot": 0, "block": 0, "condition": "ai"}]})
    {('', 0): (0, 'ai')}
    """
    rows = [row for row in allocation.get("list") or [] if not row.get("passed_over")]
    listed = {(str(row.get("stratum") or ""), int(row["slot"])): row for row in rows}
    if not listed or len(listed) < len(rows):
        return None
    if all(row.get("block") is not None for row in rows):
        return {key: (int(row["block"]), str(row["condition"])) for key, row in listed.items()}
    if allocation.get("method") == "minimisation":
        return {key: (0, str(row["condition"])) for key, row in listed.items()}
    return _redrawn(allocation, listed=listed)


def redraw_faults(allocation: Mapping[str, Any]) -> list[str]:
    """Draw the allocation again from its seed and say where it differs from what is listed.

    Parameters
    ----------
    allocation : mapping
        Content of ``allocation.json``, with the seed, which is told when recruitment is over.

    Returns
    -------
    list of str
        A sentence for each place that differs; empty when all are what the seed gives.

    Examples
    --------
    >>> rows = [{"stratum": "", "slot": 0, "block": 0, "condition": "ig"}]
    >>> redraw_faults({"method": "simple", "conditions": ["ai", "ig"], "ratio": [1, 1], "seed": "s", "list": rows})
    []
    """
    if not allocation.get("seed"):
        return ["The seed is not told yet: recruitment is not over."]
    rows: Sequence[Mapping[str, Any]] = allocation.get("list") or []
    if allocation.get("method") == "minimisation":
        return _minimisation_faults(allocation, rows)
    listed = {(str(row.get("stratum") or ""), int(row["slot"])): str(row["condition"]) for row in rows}
    found: list[str] = []
    for seed in _seeds(str(allocation["seed"])):
        drawn = _drawn(allocation, seed=seed, listed=listed)
        found = [
            f"Slot {slot} of stratum {stratum or 'all'} holds {listed[stratum, slot]}, "
            f"the seed gives {drawn[stratum, slot][1]}."
            for stratum, slot in sorted(listed)
            if drawn[stratum, slot][1] != listed[stratum, slot]
        ]
        if not found:
            return []
    return found


def minimisation_of(allocation: Mapping[str, Any]) -> Minimisation:
    """Return the rule of an allocation by minimisation.

    Parameters
    ----------
    allocation : mapping
        Content of ``allocation.json``.

    Returns
    -------
    Minimisation
        The rule.

    Examples
    --------
    >>> minimisation_of({"conditions": ["ai", "ig"], "ratio": [1, 1], "minimisation": {"probability": 0.9}}).probability
    0.9
    """
    own = allocation.get("minimisation") or {}
    return Minimisation(
        conditions=tuple(allocation["conditions"]),
        ratio=tuple(allocation["ratio"]),
        probability=float(own.get("probability", 0.8)),
        imbalance=str(own.get("imbalance", "range")),
    )


def _minimisation_faults(allocation: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    ordered = sorted(rows, key=lambda row: int(row["slot"]))
    arrivals = [levels_of(str(row.get("stratum") or "")) for row in ordered]
    listed = [(str(row["condition"]), int(row.get("copy") or 0)) for row in ordered]
    found: list[str] = []
    for seed in _seeds(str(allocation["seed"])):
        words = minimisation_stream(seed, places=len(ordered))
        again = minimisation_replay(words, rule=minimisation_of(allocation), arrivals=arrivals)
        found = [
            f"Place {row['slot']} was given {was[0]}, the seed gives {now[0]}."
            for row, was, now in zip(ordered, listed, again, strict=True)
            if was != now
        ]
        if not found:
            return []
    return found


def _redrawn(
    allocation: Mapping[str, Any], *, listed: Mapping[tuple[str, int], Mapping[str, Any]]
) -> Places | None:
    for seed in _seeds(str(allocation.get("seed", ""))):
        found = _drawn(allocation, seed=seed, listed=listed)
        if all(row["condition"] == found[key][1] for key, row in listed.items()):
            return {key: found[key] for key in listed}
    return None


def _drawn(
    allocation: Mapping[str, Any], *, seed: bytes | str, listed: Mapping[tuple[str, int], Any]
) -> Places:
    sizes: dict[str, int] = {}
    for stratum, slot in listed:
        sizes[stratum] = max(sizes.get(stratum, 0), slot + 1)
    method = str(allocation.get("method", METHODS[0]))
    drawn = draw_allocation(
        seed,
        conditions=list(allocation.get("conditions", [])),
        ratio=list(allocation.get("ratio", [])),
        strata=sizes,
        block_multiples=list(allocation.get("block_multiples", (1, 2))),
        method=method if method in METHODS else METHODS[0],
    )
    return {
        (stratum, slot.seq): (slot.block, slot.condition)
        for stratum, slots in drawn.items()
        for slot in slots
    }


def _seeds(text: str) -> list[bytes | str]:
    try:
        return [bytes.fromhex(text), text]
    except ValueError:
        return [text]
