"""The tables that leave a study, as data: every column with kind, unit and meaning, and what it means to be valid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from analysis.core.column import Column, Fault, Table
from analysis.core.columns import (
    ALLOCATION_COLUMNS,
    EVENT_COLUMNS,
    OPTIONAL_PARTICIPANT_COLUMNS,
    OPTIONAL_PRESENTATION_COLUMNS,
    OPTIONAL_RESPONSE_COLUMNS,
    OPTIONAL_SCALE_COLUMNS,
    OPTIONAL_TRIAL_COLUMNS,
    PARTICIPANT_COLUMNS,
    PRESENTATION_COLUMNS,
    RESPONSE_COLUMNS,
    SCALE_COLUMNS,
    TRIAL_COLUMNS,
)
from analysis.core.validation import column_faults, key_faults

if TYPE_CHECKING:
    import pandas as pd

FACTOR_PREFIX = "factor_"


class TableInvalidError(ValueError):
    """A table breaks its schema; `faults` holds everything that is wrong."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(fault.sentence for fault in self.faults))


TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        Table(
            "trials",
            "one row for each scheduled trial, also those never reached",
            TRIAL_COLUMNS,
            ("participant_id", "block_index", "trial_index"),
            OPTIONAL_TRIAL_COLUMNS,
        ),
        Table(
            "responses",
            "one row for each answered field of each stage",
            RESPONSE_COLUMNS,
            ("participant_id", "block_index", "trial_index", "stage", "field"),
            OPTIONAL_RESPONSE_COLUMNS,
        ),
        Table(
            "presentations",
            "one row for each thing shown",
            PRESENTATION_COLUMNS,
            ("participant_id", "block_index", "trial_index", "stage", "position"),
            OPTIONAL_PRESENTATION_COLUMNS,
        ),
        Table(
            "participants",
            "one row for each participant",
            PARTICIPANT_COLUMNS,
            ("participant_id",),
            OPTIONAL_PARTICIPANT_COLUMNS,
        ),
        Table(
            "scales",
            "one row for each questionnaire item that was asked",
            SCALE_COLUMNS,
            ("participant_id", "step_index", "item"),
            OPTIONAL_SCALE_COLUMNS,
        ),
        Table("events", "one row for each event", EVENT_COLUMNS, ("participant_id", "source", "seq")),
        Table(
            "allocation",
            "one row for each slot of the allocation list",
            ALLOCATION_COLUMNS,
            ("stratum", "slot"),
        ),
    )
}


def codebook(tables: Iterable[str | Table] = tuple(TABLES)) -> list[dict[str, Any]]:
    """Describe every column of the tables, one row each.

    Parameters
    ----------
    tables : iterable of str or Table
        Names of tables, or tables with columns of their own; all by default.

    Returns
    -------
    list of dict
        Keys ``table, column, kind, unit, meaning, levels, low, high, nullable``; ``levels`` joined by "|".

    Raises
    ------
    KeyError
        When a table is unknown.

    Examples
    --------
    >>> row = next(row for row in codebook(["trials"]) if row["column"] == "rt_ms")
    >>> row["unit"], row["low"], row["nullable"]
    ('ms', 0, True)
    """
    return [
        {
            "table": table.name,
            "column": column.name,
            "kind": column.kind,
            "unit": column.unit,
            "meaning": column.meaning,
            "levels": "|".join(column.levels),
            "low": column.low,
            "high": column.high,
            "nullable": column.nullable,
        }
        for table in (TABLES[each] if isinstance(each, str) else each for each in tables)
        for column in table.columns
    ]


def validate(table: pd.DataFrame, name: str = "trials", *, partial: bool = False) -> list[Fault]:
    """Find everything that is wrong with a table.

    Parameters
    ----------
    table : pandas.DataFrame
        Typed or as text (as read from CSV); a value is judged by what it says, not by its dtype.
    name : str
        Name of a table in `TABLES`.
    partial : bool
        True: absent and unknown columns are no faults (a table of one's own). False: the table must be complete.

    Returns
    -------
    list of Fault
        Empty when the table is valid. Columns in the order of the schema, then the key.

    Raises
    ------
    KeyError
        When the schema has no such table.

    Notes
    -----
    Nothing is repaired. Columns whose name starts with ``factor_`` are free text and always allowed; the optional
    columns of a table are allowed and judged where they are there.

    Examples
    --------
    >>> import pandas as pd
    >>> bad = pd.DataFrame({"participant_id": ["p1", "p2"], "rt_ms": [350, -1]})
    >>> [fault.sentence for fault in validate(bad, "trials", partial=True)]
    ['trials.rt_ms: value too low; expected at least 0, got -1 (1 row(s), first at row 2).']
    """
    schema = TABLES[name]
    faults: list[Fault] = [] if partial else _shape_faults(table, schema)
    for column in (*schema.columns, *schema.optional):
        if column.name in table.columns:
            faults.extend(column_faults(table[column.name], column=column, table=name))
    faults.extend(key_faults(table, schema=schema))
    return faults


def _shape_faults(table: pd.DataFrame, schema: Table) -> list[Fault]:
    there = [str(name) for name in table.columns]
    absent = [
        Fault(schema.name, name, "column is missing", "a column of this name", "none")
        for name in schema.names()
        if name not in there
    ]
    unknown = [
        Fault(
            schema.name,
            name,
            "column is unknown",
            f"a column of the schema or one named {FACTOR_PREFIX}…",
            name,
        )
        for name in there
        if schema.column(name) is None and not name.startswith(FACTOR_PREFIX)
    ]
    return absent + unknown


__all__ = ["TABLES", "Column", "Fault", "Table", "TableInvalidError", "codebook", "validate"]
