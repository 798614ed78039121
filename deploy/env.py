"""Environment variables: every one that Assay knows is read here, with its default and its meaning on one line."""

import os
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True)
class Variable:
    """A variable that settings asked for; the list of them is what the operator's documentation is tested against."""

    name: str
    default: str
    means: str


VARIABLES: dict[str, Variable] = {}


def _read(name: str, *, default: str, means: str) -> str:
    VARIABLES[name] = Variable(name, default, means)
    return os.environ.get(name, default)


def text(name: str, *, default: str, means: str) -> str:
    """Read a string."""
    return _read(name, default=default, means=means)


def boolean(name: str, *, default: bool, means: str) -> bool:
    """Read a switch: 1, true, yes, on or 0, false, no, off; a typing error must not open a door, so it is refused."""
    raw = _read(name, default="1" if default else "0", means=means).strip().lower()
    if raw in TRUE:
        return True
    if raw in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0 (or true/false, yes/no, on/off), got {raw!r}.")


def integer(name: str, *, default: int, means: str) -> int:
    """Read a whole number."""
    raw = _read(name, default=str(default), means=means)
    try:
        return int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, got {raw!r}.") from None


def number(name: str, *, default: float, means: str) -> float:
    """Read a number."""
    raw = _read(name, default=f"{default:g}", means=means)
    try:
        return float(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number, got {raw!r}.") from None


def names(name: str, *, default: str, means: str) -> list[str]:
    """Read a list separated by commas."""
    return [part.strip() for part in _read(name, default=default, means=means).split(",") if part.strip()]


def path(name: str, *, default: Path, means: str) -> Path:
    """Read a folder or file name; a relative one is relative to the working directory."""
    return Path(_read(name, default=str(default), means=means)).absolute()


def secret(name: str, *, default: str, means: str) -> str:
    """Read a secret from NAME, or from the file that NAME_FILE names, which must then exist and hold something."""
    file = _read(f"{name}_FILE", default="", means=f"file that holds {name}")
    if not file:
        return _read(name, default=default, means=means)
    try:
        value = Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE names {file}, which cannot be read: {error.strerror}."
        ) from None
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE names {file}, which is empty.")
    return value
