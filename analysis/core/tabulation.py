"""What a tabulation is: a measure whose answer is not one number for each participant but a curve or a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from analysis.core.measure import MissingColumnsError

if TYPE_CHECKING:
    import pandas as pd


class Tabulation(ABC):
    """A tabulation declares what it is and computes a frame: some rows for each group of participants.

    Attributes
    ----------
    name, version, label : str
        Name in calls, version of the definition, name in reports.
    unit : str
        Of the column ``value`` where there is one, else of the whole.
    keys : tuple of str
        Names of the index levels below the group; empty when a group has one row.
    columns : dict of str to str
        Every column of the frame with its meaning and unit, in order.
    requires : tuple of str
        Columns that must be there, besides the one that groups.
    uses : tuple of str
        Optional columns that count where they are there.
    reference : str
        Source with DOI.
    table : {"trials", "scales"}
        Table that `compute` takes.
    family : str
        One of `analysis.core.measure.FAMILIES`.
    options : dict of str to str
        Keyword arguments that `compute` takes besides ``by``, with their meaning.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    label: ClassVar[str]
    unit: ClassVar[str]
    keys: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[Mapping[str, str]]
    requires: ClassVar[tuple[str, ...]]
    uses: ClassVar[tuple[str, ...]] = ()
    reference: ClassVar[str]
    table: ClassVar[Literal["trials", "scales"]] = "trials"
    family: ClassVar[str]
    options: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def compute(cls, table: pd.DataFrame, *, by: str = "condition", **options: Any) -> pd.DataFrame:
        """Return the declared columns, indexed by group and keys, sorted.

        Parameters
        ----------
        table : pandas.DataFrame
            Rows of the declared table.
        by : str
            Column that groups.
        **options
            See ``options``.

        Returns
        -------
        pandas.DataFrame
            Missing where something is not defined.

        Raises
        ------
        MissingColumnsError
            When the table lacks columns.
        ValueError
            When an option is unknown or its value cannot be used.
        """
        import pandas as pd

        check_tabulation(cls, table, by=by, options=options)
        rows = pd.DataFrame(list(cls.rows(table, by=by, **options)), columns=[by, *cls.keys, *cls.columns])
        return rows.set_index([by, *cls.keys])

    @classmethod
    @abstractmethod
    def rows(cls, table: pd.DataFrame, *, by: str) -> Iterator[dict[str, Any]]:
        """Yield the rows in order, each with the group, the keys and the declared columns."""


def groups(table: pd.DataFrame, *, by: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Yield the groups of a table, sorted by name; rows without a group are in none.

    Parameters
    ----------
    table : pandas.DataFrame
        Any table.
    by : str
        Column that groups.

    Yields
    ------
    tuple of str, pandas.DataFrame
        Name and rows.

    Examples
    --------
    >>> import pandas as pd
    >>> [name for name, rows in groups(pd.DataFrame({"condition": ["ig", "ai", None]}), by="condition")]
    ['ai', 'ig']
    """
    names = table[by].dropna().unique().tolist()
    for name in sorted(names, key=str):
        if name != "":
            yield name, rows_of(table, by=by, group=name)


def rows_of(table: pd.DataFrame, *, by: str, group: Any) -> pd.DataFrame:
    """Return the rows of one group.

    Parameters
    ----------
    table : pandas.DataFrame
        Any table.
    by : str
        Column that groups.
    group : str
        Name of the group.

    Returns
    -------
    pandas.DataFrame
        Some of the rows, in their order.

    Examples
    --------
    >>> import pandas as pd
    >>> rows_of(pd.DataFrame({"condition": ["ig", None, "ai"]}), by="condition", group="ai").index.tolist()
    [2]
    """
    found: pd.DataFrame = table[(table[by] == group).fillna(False).to_numpy(dtype=bool)]
    return found


def check_tabulation(
    tabulation: type[Tabulation], table: pd.DataFrame, *, by: str, options: Mapping[str, Any]
) -> None:
    """Refuse a table that lacks columns, and options that nobody knows.

    Parameters
    ----------
    tabulation : type of Tabulation
        Its ``requires`` and ``options`` count.
    table : pandas.DataFrame
        The table.
    by : str
        Column that groups.
    options : mapping
        As given.

    Raises
    ------
    MissingColumnsError
        Names every column that is not there.
    ValueError
        Names every unknown option, and those there are.

    Examples
    --------
    >>> import pandas as pd
    >>> class Toy(Tabulation):
    ...     name, requires, table = "toy", ("participant_id", "correct"), "trials"
    >>> try:
    ...     check_tabulation(Toy, pd.DataFrame({"participant_id": ["p1"]}), by="condition", options={})
    ... except MissingColumnsError as error:
    ...     print(error)
    The measure 'toy' needs the column(s) condition, correct of the table trials, which are not there.
    """
    absent = [name for name in (by, *tabulation.requires) if name not in table.columns]
    if absent:
        raise MissingColumnsError(
            f"The measure '{tabulation.name}' needs the column(s) {', '.join(absent)} of the table "
            f"{tabulation.table}, which are not there."
        )
    unknown = sorted(set(options) - set(tabulation.options))
    if unknown:
        there = ", ".join(tabulation.options) or "none"
        raise ValueError(
            f"The measure '{tabulation.name}' has no option {', '.join(unknown)}. There are: {there}."
        )
