"""What a parameter of a method may be, declared beside its default, and said in a sentence when it is not."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Limit(Protocol):
    """A declaration of what a parameter may be."""

    def allows(self, value: Any) -> bool:
        """
        Say whether a value may be used.

        Parameters
        ----------
        value : Any
            What a study declares.

        Returns
        -------
        bool
            True if it may.
        """

    def __str__(self) -> str: ...


@dataclass(frozen=True)
class Whole:
    """
    A whole number.

    Parameters
    ----------
    low : int
        The least.
    high : int
        The largest.
    """

    low: int
    high: int

    def allows(self, value: Any) -> bool:
        """
        Say whether a value is a whole number within the limits (a boolean is none).

        Parameters
        ----------
        value : Any
            What a study declares.

        Returns
        -------
        bool
            True if it may be used.

        Examples
        --------
        >>> Whole(1, 9).allows(9), Whole(1, 9).allows(True), Whole(1, 9).allows(2.0)
        (True, False, False)
        """
        return type(value) is int and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"a whole number from {self.low} to {self.high}"


@dataclass(frozen=True)
class Number:
    """
    A finite number.

    Parameters
    ----------
    low : float
        The least; only above it if `open_low`.
    high : float
        The largest.
    open_low : bool
        Whether `low` itself is too small.
    """

    low: float
    high: float
    open_low: bool = False

    def allows(self, value: Any) -> bool:
        """
        Say whether a value is a finite number within the limits (a boolean is none).

        Parameters
        ----------
        value : Any
            What a study declares.

        Returns
        -------
        bool
            True if it may be used.

        Examples
        --------
        >>> Number(0, 1, open_low=True).allows(0), Number(0, 1).allows(0), Number(0, 1).allows(float("nan"))
        (False, True, False)
        """
        if type(value) not in (int, float) or not math.isfinite(value):
            return False
        return bool((self.low < value if self.open_low else self.low <= value) and value <= self.high)

    def __str__(self) -> str:
        return f"a number {'above' if self.open_low else 'from'} {self.low} to {self.high}"


@dataclass(frozen=True)
class Choice:
    """
    One of some values.

    Parameters
    ----------
    *options : str or bool
        The values.
    """

    options: tuple[str | bool, ...]

    def __init__(self, *options: str | bool) -> None:
        object.__setattr__(self, "options", options)

    def allows(self, value: Any) -> bool:
        """
        Say whether a value is one of the options.

        Parameters
        ----------
        value : Any
            What a study declares.

        Returns
        -------
        bool
            True if it may be used.

        Examples
        --------
        >>> Choice("a", "b").allows("a"), Choice(True, False).allows(1)
        (True, False)
        """
        return any(type(value) is type(option) and value == option for option in self.options)

    def __str__(self) -> str:
        return f"one of {', '.join(str(option) for option in self.options)}"


SPACES = Choice("log_odds", "score", "probability")
SWITCH = Choice(True, False)


def limit_faults(parameters: Mapping[str, Any], *, limits: Mapping[str, Limit]) -> Iterator[str]:
    """
    Yield a clause for every parameter that is not what it may be.

    Parameters
    ----------
    parameters : Mapping
        Name to value, complete.
    limits : Mapping
        Name to what it may be.

    Yields
    ------
    str
        Such as `steps is a whole number from 1 to 4096, not 0`.

    Examples
    --------
    >>> list(limit_faults({"steps": 0}, limits={"steps": Whole(1, 9)}))
    ['steps is a whole number from 1 to 9, not 0']
    """
    for name, limit in limits.items():
        if not limit.allows(parameters[name]):
            yield f"{name} is {limit}, not {parameters[name]!r:.80}"
