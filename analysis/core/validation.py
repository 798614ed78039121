"""Judging the values of one column, and the key of a table; the rules themselves are data in `columns` and `schema`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from analysis.core.column import Column, Fault, Table

if TYPE_CHECKING:
    import pandas as pd

_WORDS = {"true": True, "false": False}
_NAMES = {
    "integer": "a whole number",
    "number": "a finite number",
    "boolean": "true or false",
    "json": "JSON text",
}


def typed(values: pd.Series[Any], *, kind: str) -> tuple[pd.Series[Any], pd.Series[bool]]:
    """Give the values of a column their declared type.

    Parameters
    ----------
    values : pandas.Series
        Any dtype; empty text and NaN are missing.
    kind : str
        Kind of the column.

    Returns
    -------
    pandas.Series, pandas.Series of bool
        Typed values (``object`` text, ``float64``, nullable ``Int64`` or ``boolean``), and which of them could
        not be read (those are missing in the first).

    Examples
    --------
    >>> import pandas as pd
    >>> found, bad = typed(pd.Series(["1", "", "x"]), kind="integer")
    >>> found.tolist(), bad.tolist()
    ([1, <NA>, <NA>], [False, False, True])
    """
    missing = values.isna()
    if values.dtype.kind not in "biuf":
        missing = missing | (values == "").fillna(False).astype(bool)
    readers = {"integer": _integers, "number": _numbers, "boolean": _booleans, "json": _texts, "text": _texts}
    found = readers[kind](values, missing)
    bad = found.isna() & ~missing
    if kind == "json":
        bad = bad | _not_json(found)
    return found, bad


def column_faults(values: pd.Series[Any], *, column: Column, table: str) -> list[Fault]:
    """Find what is wrong with the values of one column; see `analysis.core.schema.validate`."""
    found, bad = typed(values, kind=column.kind)
    faults = []

    def add(what: str, expected: str, rows: pd.Series[bool]) -> None:
        where = rows.fillna(False).to_numpy(dtype=bool).nonzero()[0]
        if len(where):
            got = _shown(values.iloc[int(where[0])])
            faults.append(Fault(table, column.name, what, expected, got, int(where[0]) + 1, len(where)))

    add("value cannot be read", _NAMES.get(column.kind, "text"), bad)
    if not column.nullable and column.name != "stratum":
        add("value is missing", "a value in every row", found.isna() & ~bad)
    if column.levels:
        add(
            "value is not a level",
            f"one of {', '.join(column.levels)}",
            found.notna() & ~found.isin(column.levels),
        )
    if column.low is not None:
        add("value too low", f"at least {column.low:g}", found < column.low)
    if column.high is not None:
        add("value too high", f"at most {column.high:g}", found > column.high)
    return faults


def key_faults(table: pd.DataFrame, *, schema: Table) -> list[Fault]:
    """Find rows that repeat the key of the table; none when a key column is absent."""
    if any(name not in table.columns for name in schema.key):
        return []
    again = table.duplicated(list(schema.key)).to_numpy(dtype=bool).nonzero()[0]
    if not len(again):
        return []
    first = int(again[0])
    got = ", ".join(_shown(table[name].iloc[first]) for name in schema.key)
    names = ", ".join(schema.key)
    return [
        Fault(schema.name, names, "row is there twice", "each combination once", got, first + 1, len(again))
    ]


def _shown(value: Any) -> str:
    return "nothing" if value is None or value != value or value == "" else str(value)[:60]


def _texts(values: pd.Series[Any], missing: pd.Series[bool]) -> pd.Series[Any]:
    from pandas.api.types import infer_dtype

    words = values.astype(object)
    if missing.any():
        words = words.where(~missing, None)
    if infer_dtype(words, skipna=True) in ("string", "empty"):
        return words  # a large table is not told over value by value
    return words.map(lambda value: None if value is None else str(value))


def _numbers(values: pd.Series[Any], missing: pd.Series[bool]) -> pd.Series[Any]:
    import numpy as np
    import pandas as pd

    if values.dtype == bool or str(values.dtype) == "boolean":
        return pd.Series(np.nan, index=values.index)
    if (
        values.dtype.kind in "iuf" and str(values.dtype).islower()
    ):  # a plain dtype of numpy holds numbers already
        plain = values.astype("float64")
        return plain.where(np.isfinite(plain))
    found = pd.to_numeric(values.astype(object).where(~missing, None), errors="coerce").astype("float64")
    return found.where(np.isfinite(found))


def _integers(values: pd.Series[Any], missing: pd.Series[bool]) -> pd.Series[Any]:
    found = _numbers(values, missing)
    return found.where(found == found.round()).astype("Int64")


def _booleans(values: pd.Series[Any], missing: pd.Series[bool]) -> pd.Series[Any]:
    if values.dtype == bool or str(values.dtype) == "boolean":
        return values.astype("boolean")
    words = values.astype(object).where(~missing, None)
    read = words.map(lambda value: _WORDS.get(str(value).lower()) if value is not None else None)
    return read.astype("boolean")


def _not_json(values: pd.Series[Any]) -> pd.Series[bool]:
    def broken(text: Any) -> bool:
        try:
            json.loads(text)
        except ValueError:
            return True
        return False

    return values.map(lambda text: isinstance(text, str) and broken(text)).astype(bool)
