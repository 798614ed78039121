"""Participants as the unit: one row for each and its condition, with the value, also where that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.core.estimate import CannotEstimateError
from analysis.core.measure import Measure

if TYPE_CHECKING:
    import pandas as pd

_PLACE = ("condition", "stratum", "slot")


def roster(table: pd.DataFrame, *, participants: pd.DataFrame | None = None) -> pd.DataFrame:
    """List the participants with the conditions that they were given or met.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of participants with ``participant_id``, ``condition`` and, when known, ``stratum`` and ``slot``.
    participants : pandas.DataFrame, optional
        One row for each participant (and condition); then those who left no row in ``table`` are listed as well.

    Returns
    -------
    pandas.DataFrame
        Index ``participant_id`` (sorted); columns ``condition, stratum, slot``. Who met several conditions has a row
        for each; participants without a condition are absent.

    Raises
    ------
    CannotEstimateError
        When there are no conditions.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"participant_id": ["p2", "p1", "p1"], "condition": ["ig", "ai", "ig"]})
    >>> list(roster(table)["condition"].items())
    [('p1', 'ai'), ('p1', 'ig'), ('p2', 'ig')]
    """
    source = table if participants is None else participants
    if "condition" not in source.columns:
        raise CannotEstimateError(
            "The table has no column 'condition', so that conditions cannot be compared."
        )
    placed = source[source["condition"].notna() & (source["condition"].astype(object) != "")]
    columns = ["participant_id", *[name for name in _PLACE if name in placed.columns]]
    people = placed[columns].drop_duplicates(["participant_id", "condition"])
    people = people.sort_values(["participant_id", "condition"]).set_index("participant_id")
    return people.reindex(columns=list(_PLACE))


def cells(
    measure: type[Measure], table: pd.DataFrame, *, participants: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Compute a measure for each participant, and for each condition that one met.

    Parameters
    ----------
    measure : type of Measure
        What is computed.
    table : pandas.DataFrame
        Rows of the table that the measure takes.
    participants : pandas.DataFrame, optional
        As for `roster`.

    Returns
    -------
    pandas.DataFrame
        As of `roster`, with ``value`` (unit of the measure, NaN where not defined), ``scaled`` (its logarithm
        for a measure on the log scale, else the same) and ``opportunities``. Where somebody met several conditions,
        each value comes from the rows of its condition alone.

    Raises
    ------
    CannotEstimateError
        As for `roster`.
    ValueError
        When a required column is absent.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.measures import registry
    >>> trials = pd.DataFrame({"participant_id": ["p1", "p2", "p2"], "condition": ["ig", "ai", "ig"],
    ...                        "correct": [True, None, False]})
    >>> cells(registry.get("accuracy"), trials)["value"].tolist()
    [1.0, nan, 0.0]
    """
    import numpy as np

    people = roster(table, participants=participants)
    keys: Any = people.index
    if not people.index.is_unique:
        known = table[table["condition"].notna()]
        table = known.assign(
            participant_id=paired_keys(known["participant_id"], known["condition"]).to_numpy()
        )
        keys = paired_keys(people.index.to_series(), people["condition"])
    value = measure.compute(table).reindex(keys).astype(float)
    counts = measure.opportunities(table).reindex(keys).fillna(0).astype(int)
    scaled = value.map(np.log) if measure.scale == "log" else value
    found = {"value": value, "scaled": scaled, "opportunities": counts}
    return people.assign(**{name: column.to_numpy() for name, column in found.items()})


def paired_keys(participants: pd.Series[str], conditions: pd.Series[str]) -> pd.Series[str]:
    """Return one name for each pair of participant and condition.

    Parameters
    ----------
    participants, conditions : pandas.Series
        Of equal length, compared by place.

    Returns
    -------
    pandas.Series
        Names; equal where both are equal.

    Examples
    --------
    >>> import pandas as pd
    >>> paired_keys(pd.Series(["p1", "p1"]), pd.Series(["ai", "ig"])).nunique()
    2
    """
    return participants.astype(str) + "\x1f" + conditions.astype(str).to_numpy()
