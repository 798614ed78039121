"""Reading small values out of a mapping while every fault is kept; no plan is known here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Faults(list[str]):
    """Sentences on what is wrong, and the readers that add to them; each begins with its place."""

    def keys(self, item: Mapping[str, Any], *, known: Sequence[str], where: str) -> None:
        """Name every key that nobody knows."""
        for key in item:
            if key not in known:
                self.append(f"{where}.{key}: not supported yet. Known are: {', '.join(known)}.")

    def choice(
        self, item: Mapping[str, Any], key: str, choices: Sequence[str], *, where: str = "plan", default: str
    ) -> str:
        """Read one of several words."""
        found = item.get(key, default)
        if found not in choices:
            self.append(
                f"{where}.{key}: must be one of {', '.join(choices)}, got {found!r}; "
                "anything else is not supported yet."
            )
            return default
        return str(found)

    def number(
        self,
        item: Mapping[str, Any],
        key: str,
        *,
        default: float | None = None,
        low: float = 0.0,
        high: float | None = None,
        where: str = "plan",
    ) -> float | None:
        """Read a number above 0, at least ``low`` and below ``high``; None where nothing (or nonsense) is said."""
        value = item.get(key, default)
        if value is None:
            return None
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        if not numeric or not 0 < value < float("inf") or value < low or (high is not None and value >= high):
            limit = f" and below {high}" if high is not None else ""
            self.append(f"{where}.{key}: must be a number above 0{limit}, got {value!r}.")
            return None
        return float(value)

    def names(self, value: Any, *, where: str) -> tuple[str, ...]:
        """Read a list of different names."""
        found = self.listed(value)
        wrong = [one for one in found if not isinstance(one, str) or not one.strip()]
        if wrong or len({str(one) for one in found}) < len(found):
            self.append(f"{where}: must be a list of different names, got {value!r}.")
            return ()
        return tuple(found)

    def flag(self, item: Mapping[str, Any], key: str, *, where: str) -> bool:
        """Read true or false."""
        value = item.get(key, False)
        if not isinstance(value, bool):
            self.append(f"{where}.{key}: must be true or false, got {value!r}.")
            return False
        return value

    @staticmethod
    def listed(value: Any) -> list[Any]:
        """Return a list as it is, nothing as an empty one, and one thing as a list of it."""
        if value is None:
            return []
        return list(value) if isinstance(value, list | tuple) else [value]


def words(value: Any) -> str:
    """Return a recorded text; YAML reads a time as a time, and nothing said is the empty text.

    Parameters
    ----------
    value : object
        Text, time or None.

    Returns
    -------
    str
        A time in ISO form.

    Examples
    --------
    >>> words(None), words("2026-01-01")
    ('', '2026-01-01')
    """
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
