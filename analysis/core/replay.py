"""Replaying an allocation: within which groups of places the conditions could have fallen otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.core.allocation import draw_allocation
from analysis.core.estimate import CannotEstimateError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

BLOCKS = "The recorded allocation is replayed: conditions are exchanged within its permuted blocks."
STRATA = "No allocation list: conditions are exchanged over participants within strata."
UNMATCHED = "The allocation list does not hold these participants: conditions are exchanged within strata."
REDRAWN = (
    "The list cannot be drawn again from its seed: conditions are exchanged over participants within strata."
)


@dataclass(frozen=True)
class Exchange:
    """Who can be exchanged with whom under the null.

    Attributes
    ----------
    values : numpy.ndarray of float, shape (N,)
        Value of each place; NaN where no participant has a defined one.
    treated : numpy.ndarray of bool, shape (N,)
        Whether the place was given the treatment.
    groups : numpy.ndarray of int, shape (N,)
        Conditions are exchanged only within a group.
    mechanism : {"blocks", "strata"}
        What the groups are.
    note : str
        The same in a sentence.
    """

    values: npt.NDArray[np.float64]
    treated: npt.NDArray[np.bool_]
    groups: npt.NDArray[np.int64]
    mechanism: str
    note: str


def exchange(
    people: pd.DataFrame, *, treatment: str, control: str, allocation: Mapping[str, Any] | None = None
) -> Exchange:
    """Find the groups of places within which two conditions can be exchanged.

    With an allocation list, the places of the two conditions are taken from it, block by block. Given which
    places went to the two conditions together, every order of them within a block was equally likely: this is
    the set that is sampled. Other conditions stay where they are, so that the test is of these two alone.

    Parameters
    ----------
    people : pandas.DataFrame
        Index ``participant_id``; columns ``condition, stratum, slot, scaled`` as of `analysis.core.cells.cells`.
    treatment, control : str
        Names of two conditions.
    allocation : mapping, optional
        Content of ``allocation.json``.

    Returns
    -------
    Exchange
        Rows in an order that does not depend on the order of ``people``.

    Raises
    ------
    CannotEstimateError
        When a participant has another condition than the slot it claimed.

    Notes
    -----
    Participants whose value is not defined stay in: under the null they would be undefined in either condition.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"condition": ["ig", "ai"], "stratum": "", "slot": [0, 1], "scaled": [1.0, 0.0]},
    ...                       index=["p1", "p2"])
    >>> exchange(people, treatment="ig", control="ai").mechanism
    'strata'
    """
    found = exchange_jointly(people, conditions=[control, treatment], allocation=allocation)
    return Exchange(
        values=found.values[:, 0],
        treated=found.conditions == 1,
        groups=found.groups,
        mechanism=found.mechanism,
        note=found.note,
    )


@dataclass(frozen=True)
class JointExchange:
    """Who can be exchanged with whom when several conditions are compared at once.

    Attributes
    ----------
    values : numpy.ndarray of float, shape (N, M)
        One column for each measure; NaN where no participant has a defined value.
    conditions : numpy.ndarray of int, shape (N,)
        Place of the condition in the names that were asked for.
    groups, mechanism, note
        As of `Exchange`.
    """

    values: npt.NDArray[np.float64]
    conditions: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    mechanism: str
    note: str


def exchange_jointly(
    people: pd.DataFrame,
    *,
    conditions: Sequence[str],
    columns: Sequence[str] = ("scaled",),
    allocation: Mapping[str, Any] | None = None,
) -> JointExchange:
    """Find the groups of places within which several conditions can be exchanged together; see `exchange`.

    Parameters
    ----------
    people : pandas.DataFrame
        As for `exchange`, with a column for each measure.
    conditions : sequence of str
        Names; participants of others are left out and stay where they are.
    columns : sequence of str
        Columns of values.
    allocation : mapping, optional
        Content of ``allocation.json``.

    Returns
    -------
    JointExchange
        For `analysis.estimators.max_t.MaxT`; rows in an order that does not depend on the order of ``people``.

    Raises
    ------
    CannotEstimateError
        When a participant has another condition than the slot it claimed.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"condition": ["ig", "ai", "p"], "stratum": "", "slot": [0, 1, 2],
    ...                        "scaled": [1.0, 0.0, 2.0]}, index=["p1", "p2", "p3"])
    >>> exchange_jointly(people, conditions=["ai", "ig", "p"]).conditions.tolist()
    [1, 0, 2]
    """
    chosen = people[people["condition"].isin(list(conditions))].sort_index()
    strata = chosen["stratum"].astype(object).where(chosen["stratum"].notna(), "")
    if allocation is None:
        return _within_strata(chosen, strata, conditions=conditions, columns=columns, note=STRATA)
    places = _blocks(allocation)
    if places is None:
        return _within_strata(chosen, strata, conditions=conditions, columns=columns, note=REDRAWN)
    keys = [(str(stratum), _slot(slot)) for stratum, slot in zip(strata, chosen["slot"], strict=True)]
    if any(key not in places for key in keys) or len(set(keys)) < len(keys):
        return _within_strata(chosen, strata, conditions=conditions, columns=columns, note=UNMATCHED)
    _check_conditions(chosen, keys=keys, places=places)
    values = dict(zip(keys, chosen[list(columns)].to_numpy(dtype=float), strict=True))
    return _within_blocks(values, places=places, conditions=conditions, measures=len(columns))


def _within_strata(
    chosen: pd.DataFrame,
    strata: pd.Series[Any],
    *,
    conditions: Sequence[str],
    columns: Sequence[str],
    note: str,
) -> JointExchange:
    import numpy as np

    names = sorted({str(name) for name in strata})
    return JointExchange(
        values=chosen[list(columns)].to_numpy(dtype=float),
        conditions=np.array([list(conditions).index(name) for name in chosen["condition"]], dtype=np.int64),
        groups=np.array([names.index(str(name)) for name in strata], dtype=np.int64),
        mechanism="strata",
        note=note,
    )


_Places = dict[tuple[str, int], tuple[int, str]]


def _within_blocks(
    values: Mapping[tuple[str, int], npt.NDArray[np.float64]],
    *,
    places: _Places,
    conditions: Sequence[str],
    measures: int,
) -> JointExchange:
    import numpy as np

    touched = {(key[0], places[key][0]) for key in values}
    rows = [
        (key, (key[0], block), condition)
        for key, (block, condition) in sorted(places.items())
        if condition in conditions and (key[0], block) in touched
    ]
    numbers = {group: at for at, group in enumerate(sorted(touched))}
    nobody = np.full(measures, np.nan)
    return JointExchange(
        values=np.array([values.get(key, nobody) for key, _, _ in rows], dtype=float).reshape(-1, measures),
        conditions=np.array([list(conditions).index(condition) for _, _, condition in rows], dtype=np.int64),
        groups=np.array([numbers[group] for _, group, _ in rows], dtype=np.int64),
        mechanism="blocks",
        note=BLOCKS,
    )


def _blocks(allocation: Mapping[str, Any]) -> _Places | None:
    """Return block and condition of every place, or None when the blocks cannot be known."""
    rows: Sequence[Mapping[str, Any]] = allocation.get("list") or []
    listed = {(str(row.get("stratum") or ""), int(row["slot"])): row for row in rows}
    if not listed or len(listed) < len(rows):
        return None
    if all(row.get("block") is not None for row in rows):
        return {key: (int(row["block"]), str(row["condition"])) for key, row in listed.items()}
    return _redrawn(allocation, listed=listed)


def _redrawn(
    allocation: Mapping[str, Any], *, listed: Mapping[tuple[str, int], Mapping[str, Any]]
) -> _Places | None:
    strata = sorted({stratum for stratum, _ in listed})
    keys = {stratum: sorted(key for key in listed if key[0] == stratum) for stratum in strata}
    for seed in _seeds(str(allocation.get("seed", ""))):
        drawn = draw_allocation(
            seed,
            conditions=list(allocation.get("conditions", [])),
            ratio=list(allocation.get("ratio", [])),
            strata={stratum: len(keys[stratum]) for stratum in strata},
            block_multiples=list(allocation.get("block_multiples", (1, 2))),
        )
        found = {
            key: (slot.block, slot.condition)
            for stratum in strata
            for key, slot in zip(keys[stratum], drawn[stratum], strict=True)
        }
        if all(listed[key]["condition"] == condition for key, (_, condition) in found.items()):
            return found
    return None


def _seeds(text: str) -> list[bytes | str]:
    try:
        return [bytes.fromhex(text), text]
    except ValueError:
        return [text]


def _slot(value: Any) -> int:
    import pandas as pd

    return -1 if pd.isna(value) else int(value)


def _check_conditions(chosen: pd.DataFrame, *, keys: Sequence[tuple[str, int]], places: _Places) -> None:
    for person, condition, key in zip(chosen.index, chosen["condition"], keys, strict=True):
        if places[key][1] != condition:
            raise CannotEstimateError(
                f"Participant {person} has condition {condition}, but slot {key[1]} of the allocation list says "
                f"{places[key][1]}: the list is not of this dataset."
            )
