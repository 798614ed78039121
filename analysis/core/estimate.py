"""What an estimator is and what it returns; and how it says that it must not be used."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

Direction = Literal["two_sided", "greater", "less"]
DIRECTIONS: tuple[Direction, ...] = ("two_sided", "greater", "less")
NAN = math.nan


class CannotEstimateError(ValueError):
    """The data do not allow this estimate; the message says why, in a sentence for the report."""


@dataclass(frozen=True)
class Estimate:
    """One estimate with its uncertainty.

    Attributes
    ----------
    estimator, version : str
        Who made it.
    value : float
        On the scale of the measure (differences of logarithms for a measure on the log scale).
    std_error, df, statistic : float
        NaN where the estimator has none.
    low, high : float
        Limits of the interval; NaN where there is none.
    level : float
        Coverage of the interval, such as 0.95.
    p : float
        NaN where there is no test.
    direction : {"two_sided", "greater", "less"}
        Of the test.
    n : dict of str to int
        Participants by condition.
    details : dict
        Further numbers of the estimator, plain JSON.
    notes : tuple of str
        Sentences for the report.
    """

    estimator: str
    version: str
    value: float
    std_error: float = NAN
    df: float = NAN
    statistic: float = NAN
    low: float = NAN
    high: float = NAN
    level: float = NAN
    p: float = NAN
    direction: Direction = "two_sided"
    n: dict[str, int] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the estimate as plain values."""
        return asdict(self) | {"notes": list(self.notes)}


class Estimator:
    """An estimator declares what it assumes and what it was checked against; ``estimate`` is a static method.

    Attributes
    ----------
    name, version, label : str
        Name, version of the method, name in reports.
    assumptions : tuple of str
        Sentences.
    returns : tuple of str
        Fields of `Estimate` that it fills.
    referee : str
        Program that it was checked against.
    reference : str
        Source with DOI.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    label: ClassVar[str]
    assumptions: ClassVar[tuple[str, ...]]
    returns: ClassVar[tuple[str, ...]]
    referee: ClassVar[str]
    reference: ClassVar[str]


def check_direction(direction: str) -> None:
    """Refuse a direction that no test knows.

    Parameters
    ----------
    direction : str
        One of `DIRECTIONS`.

    Raises
    ------
    ValueError
        Names the directions there are.

    Examples
    --------
    >>> check_direction("up")
    Traceback (most recent call last):
    ValueError: direction must be one of two_sided, greater, less, got 'up'.
    """
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)}, got {direction!r}.")
