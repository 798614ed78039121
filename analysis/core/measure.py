"""What a measure is: a declaration and one method that turns a table into one value for each participant."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from analysis.core.selection import DECISION_PROTOCOLS, counted

if TYPE_CHECKING:
    import pandas as pd


FAMILIES = (
    "decision quality",
    "reliance",
    "decision theory",
    "confidence",
    "self-report",
    "understanding",
    "speed",
    "treatment",
)


class MissingColumnsError(ValueError):
    """A table lacks columns that a measure requires."""


class Measure(ABC):
    """A measure declares what it is and computes one value for each participant.

    Attributes
    ----------
    name, version, label : str
        Name in plans, version of the definition, name in reports.
    level : {"trial", "participant"}
        What one opportunity is: a trial, or the participant as a whole.
    unit : str
        "proportion" (0 to 1), "ms", or the range of a scale in words.
    bounds : tuple of float or None
        Lowest and highest value possible.
    higher_is_better : bool or None
        None where neither end is better.
    requires : tuple of str
        Columns that must be there.
    uses : tuple of str
        Optional columns that count where they are there.
    protocols : sequence of str
        Of the trials that count; without meaning for a questionnaire.
    reference : str
        Source with DOI.
    scale : {"identity", "log"}
        Scale of contrasts. On "log" a contrast is a ratio, and the mean over participants is the geometric mean.
    table : {"trials", "scales"}
        Table that `compute` takes.
    family : str
        Which part of the catalogue it belongs to, one of `FAMILIES`; empty for a measure that does not say.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    label: ClassVar[str]
    level: ClassVar[Literal["trial", "participant"]]
    unit: ClassVar[str]
    bounds: ClassVar[tuple[float | None, float | None]]
    higher_is_better: ClassVar[bool | None]
    requires: ClassVar[tuple[str, ...]]
    uses: ClassVar[tuple[str, ...]] = ()
    protocols: ClassVar[Sequence[str]] = DECISION_PROTOCOLS
    reference: ClassVar[str]
    scale: ClassVar[Literal["identity", "log"]] = "identity"
    table: ClassVar[Literal["trials", "scales"]] = "trials"
    family: ClassVar[str] = ""

    @classmethod
    @abstractmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        """Return one value for each participant in the table, NaN where it is not defined."""

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        """Return how many observations the value of each participant stands on; 1 where it is defined, by default."""
        return cls.compute(table).notna().astype(int)

    @classmethod
    def missing_columns(cls, table: pd.DataFrame) -> list[str]:
        """Return the required columns that the table lacks."""
        return [name for name in cls.requires if name not in table.columns]


class TrialRate(Measure):
    """A share of trials: of those that are an opportunity, those in which the event happened.

    A rate without opportunities is missing, never 0. A subclass gives two small methods.
    """

    level = "trial"
    unit = "proportion"
    bounds = (0.0, 1.0)

    @classmethod
    @abstractmethod
    def opportunity(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        """Return which of the counted trials are an opportunity."""

    @classmethod
    @abstractmethod
    def event(cls, trials: pd.DataFrame) -> pd.Series[bool]:
        """Return in which of the opportunities the event happened."""

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        """Return events / opportunities of each participant."""
        tally = cls.tally(table)
        share = tally["events"] / tally["opportunities"].where(tally["opportunities"] > 0)
        return share.astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        """Return the opportunities of each participant."""
        return cls.tally(table)["opportunities"].rename(cls.name)

    @classmethod
    def tally(cls, table: pd.DataFrame) -> pd.DataFrame:
        """Return ``events`` and ``opportunities`` of each participant, those without any included."""
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        chosen = trials[cls.opportunity(trials).to_numpy(dtype=bool)]
        happened = cls.event(chosen).astype(int)
        groups = happened.groupby(chosen["participant_id"])
        found = groups.agg(["sum", "count"]).set_axis(["events", "opportunities"], axis=1)
        return found.reindex(everybody(table), fill_value=0).astype(int)


class TrialSummary(Measure):
    """A statistic over those trials of a participant that have what it needs.

    A subclass says which trials these are, and what the statistic is. Who has none of them is missing.
    """

    level = "trial"

    @classmethod
    @abstractmethod
    def usable(cls, trials: pd.DataFrame) -> pd.DataFrame:
        """Return those of the counted trials that have what it needs, with ``participant_id``."""

    @classmethod
    @abstractmethod
    def summarise(cls, usable: pd.DataFrame) -> pd.Series[float]:
        """Return the statistic by participant; who is left out is missing."""

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        """Return the statistic of each participant."""
        return cls.summarise(cls._usable(table)).reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        """Return the usable trials of each participant."""
        counts = cls._usable(table).groupby("participant_id").size()
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)

    @classmethod
    def _usable(cls, table: pd.DataFrame) -> pd.DataFrame:
        check_columns(cls, table)
        return cls.usable(counted(table, protocols=cls.protocols))


class TrialMean(TrialSummary):
    """The mean over trials of a number that each trial has or lacks.

    A mean without a trial is missing, never 0. A subclass gives one small method.
    """

    @classmethod
    @abstractmethod
    def values(cls, trials: pd.DataFrame) -> pd.Series[float]:
        """Return the number of each counted trial, NaN where it has none."""

    @classmethod
    def usable(cls, trials: pd.DataFrame) -> pd.DataFrame:
        """Return the trials with a number, and the number."""
        found = trials[["participant_id"]].assign(value=cls.values(trials).astype(float))
        # Sorted, because the last digit of a sum depends on the order of its terms.
        return found[found["value"].notna()].sort_values("value")

    @classmethod
    def summarise(cls, usable: pd.DataFrame) -> pd.Series[float]:
        """Return the mean of each participant."""
        return usable.groupby("participant_id")["value"].mean()


def everybody(table: pd.DataFrame) -> pd.Index[Any]:
    """Return the participants of a table, sorted, so that the order of rows changes nothing.

    Parameters
    ----------
    table : pandas.DataFrame
        With column ``participant_id``.

    Returns
    -------
    pandas.Index
        Each participant once.

    Examples
    --------
    >>> import pandas as pd
    >>> everybody(pd.DataFrame({"participant_id": ["b", "a", "b"]})).tolist()
    ['a', 'b']
    """
    import pandas as pd

    found: pd.Index[Any] = pd.Index(
        sorted(table["participant_id"].unique()), name="participant_id", dtype=object
    )
    return found


def check_columns(measure: type[Measure], table: pd.DataFrame) -> None:
    """Refuse a table that lacks what a measure requires.

    Parameters
    ----------
    measure : type of Measure
        Its ``requires`` are demanded.
    table : pandas.DataFrame
        The table that `compute` was given.

    Raises
    ------
    MissingColumnsError
        Names every column that is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> class Toy(Measure):
    ...     name, requires, table = "toy", ("participant_id", "rt_ms"), "trials"
    ...     compute = classmethod(lambda cls, table: table["rt_ms"])
    >>> try:
    ...     check_columns(Toy, pd.DataFrame({"participant_id": ["p1"]}))
    ... except MissingColumnsError as error:
    ...     print(error)
    The measure 'toy' needs the column(s) rt_ms of the table trials, which are not there.
    """
    absent = measure.missing_columns(table)
    if absent:
        raise MissingColumnsError(
            f"The measure '{measure.name}' needs the column(s) {', '.join(absent)} of the table {measure.table}, "
            "which are not there."
        )
