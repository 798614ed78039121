"""Participants as the unit: one row for each, with condition and value, also where the value is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.estimate import CannotEstimateError
from analysis.core.measure import Measure

if TYPE_CHECKING:
    import pandas as pd

_PLACE = ("condition", "stratum", "slot")


def roster(table: pd.DataFrame, *, participants: pd.DataFrame | None = None) -> pd.DataFrame:
    """List the participants who were given a condition.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of participants with ``participant_id``, ``condition`` and, when known, ``stratum`` and ``slot``.
    participants : pandas.DataFrame, optional
        One row for each participant; then those who left no row in ``table`` are listed as well.

    Returns
    -------
    pandas.DataFrame
        Index ``participant_id`` (sorted); columns ``condition, stratum, slot``. Participants without a
        condition are absent.

    Raises
    ------
    CannotEstimateError
        When there are no conditions, or a participant has more than one.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"participant_id": ["p2", "p1", "p1"], "condition": ["ig", "ai", "ai"]})
    >>> roster(table)["condition"].tolist()
    ['ai', 'ig']
    """
    source = table if participants is None else participants
    if "condition" not in source.columns:
        raise CannotEstimateError(
            "The table has no column 'condition', so that conditions cannot be compared."
        )
    placed = source[source["condition"].notna() & (source["condition"].astype(object) != "")]
    columns = ["participant_id", *[name for name in _PLACE if name in placed.columns]]
    people = placed[columns].drop_duplicates(["participant_id", "condition"])
    again = people["participant_id"][people["participant_id"].duplicated()]
    if len(again):
        raise CannotEstimateError(
            f"{again.nunique()} participant(s), such as {again.iloc[0]}, have trials in several conditions. "
            "Comparisons within participants are not supported yet."
        )
    return people.set_index("participant_id").sort_index().reindex(columns=list(_PLACE))


def cells(
    measure: type[Measure], table: pd.DataFrame, *, participants: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Compute a measure for each participant who was given a condition.

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
        for a measure on the log scale, else the same) and ``opportunities``.

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
    >>> trials = pd.DataFrame({"participant_id": ["p1", "p2"], "condition": ["ig", "ai"], "correct": [True, None]})
    >>> cells(registry.get("accuracy"), trials)["value"].tolist()
    [1.0, nan]
    """
    import numpy as np

    people = roster(table, participants=participants)
    value = measure.compute(table).reindex(people.index).astype(float)
    counts = measure.opportunities(table).reindex(people.index).fillna(0).astype(int)
    scaled = value.map(np.log) if measure.scale == "log" else value
    return people.assign(value=value, scaled=scaled, opportunities=counts)
