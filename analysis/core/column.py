"""What a column, a table and a fault in one are; which columns there are stands in ``columns.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "number", "boolean", "json"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        Name in the file.
    kind : {"text", "integer", "number", "boolean", "json"}
        Booleans are written ``true`` and ``false``.
    unit : str
        "ms", "s", "proportion" (0 to 1) or "" where there is none.
    meaning : str
        In one sentence.
    levels : tuple of str
        The only allowed values; empty when any is allowed.
    nullable : bool
        Whether a row may lack a value (empty in CSV, null in Parquet).
    low, high : float or None
        Bounds, inclusive.
    """

    name: str
    kind: Kind
    unit: str
    meaning: str
    levels: tuple[str, ...] = ()
    nullable: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Table:
    """One table: its columns in order, the columns that together name a row, and those that it may have besides.

    Attributes
    ----------
    name, meaning : str
        In files, and in one sentence.
    columns : tuple of Column
        Columns that every whole table has.
    key : tuple of str
        Names of the columns that together name a row.
    optional : tuple of Column
        Columns that a table of one's own may carry for the measures that need them.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    optional: tuple[Column, ...] = ()

    def column(self, name: str) -> Column | None:
        """Return a column by name, or None; optional ones are found too."""
        return next((column for column in (*self.columns, *self.optional) if column.name == name), None)

    def names(self) -> list[str]:
        """Return the names of the columns that every whole table has, in order."""
        return [column.name for column in self.columns]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a table.

    Attributes
    ----------
    table, column : str
        Where.
    what, expected, got : str
        In words.
    first_row : int or None
        First row with the fault; 1 is the first row of data. None when the fault is not in a row.
    count : int
        Rows with the fault; 0 when it is not in a row.
    """

    table: str
    column: str
    what: str
    expected: str
    got: str
    first_row: int | None = None
    count: int = 0

    @property
    def sentence(self) -> str:
        where = f"{self.count} row(s), first at row {self.first_row}" if self.first_row else "the whole table"
        return f"{self.table}.{self.column}: {self.what}; expected {self.expected}, got {self.got} ({where})."
