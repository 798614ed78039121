"""Replaying an allocation: within which groups of places the conditions could have fallen otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from analysis.core.estimate import CannotEstimateError
from analysis.core.redraw import Places, places_of
from analysis.core.rerandomise import Redraw, minimised_again

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

BLOCKS = "The recorded allocation is replayed: conditions are exchanged within its permuted blocks."
STRATA = "No allocation list: conditions are exchanged over participants within strata."
UNMATCHED = "The allocation list does not hold these participants: conditions are exchanged within strata."
SIMPLE = (
    "The recorded allocation is replayed: simple randomisation, so conditions are exchanged within strata."
)
MINIMISED = (
    "The recorded allocation is replayed: minimisation is carried out anew with other random numbers, people in the "
    "order in which they came."
)
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
    mechanism : {"blocks", "strata", "simple", "minimisation"}
        What the groups are, or what is carried out anew.
    note : str
        The same in a sentence.
    redraw : callable or None
        Draws arrangements (1: treated) where exchanging within groups is not what the allocation did.
    """

    values: npt.NDArray[np.float64]
    treated: npt.NDArray[np.bool_]
    groups: npt.NDArray[np.int64]
    mechanism: str
    note: str
    redraw: Redraw | None = None


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
        redraw=found.redraw,
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
    groups, mechanism, note, redraw
        As of `Exchange`; arrangements hold places in the names that were asked for.
    """

    values: npt.NDArray[np.float64]
    conditions: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    mechanism: str
    note: str
    redraw: Redraw | None = None


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
    places = places_of(allocation)
    if places is None:
        return _within_strata(chosen, strata, conditions=conditions, columns=columns, note=REDRAWN)
    keys = [(str(stratum), _slot(slot)) for stratum, slot in zip(strata, chosen["slot"], strict=True)]
    if any(key not in places for key in keys) or len(set(keys)) < len(keys):
        return _within_strata(chosen, strata, conditions=conditions, columns=columns, note=UNMATCHED)
    _check_conditions(chosen, keys=keys, places=places)
    if allocation.get("method") == "simple":
        simple = _within_strata(chosen, strata, conditions=conditions, columns=columns, note=SIMPLE)
        return replace(simple, mechanism="simple")
    if allocation.get("method") == "minimisation":
        whole = _within_strata(chosen, strata, conditions=conditions, columns=columns, note=MINIMISED)
        redraw = minimised_again(allocation, keys=keys, conditions=conditions)
        return replace(whole, mechanism="minimisation", redraw=redraw, groups=whole.groups * 0)
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


def _within_blocks(
    values: Mapping[tuple[str, int], npt.NDArray[np.float64]],
    *,
    places: Places,
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


def _slot(value: Any) -> int:
    import pandas as pd

    return -1 if pd.isna(value) else int(value)


def _check_conditions(chosen: pd.DataFrame, *, keys: Sequence[tuple[str, int]], places: Places) -> None:
    for person, condition, key in zip(chosen.index, chosen["condition"], keys, strict=True):
        if places[key][1] != condition:
            raise CannotEstimateError(
                f"Participant {person} has condition {condition}, but slot {key[1]} of the allocation list says "
                f"{places[key][1]}: the list is not of this dataset."
            )
