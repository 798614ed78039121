"""The door of every shelf: a plug-in is one file that registers itself; what is on a shelf is found at first use.

`explainers.core.registry` is its deliberate twin: the two cellars do not know each other.
"""

import os
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from threading import RLock
from typing import Any, Generic, TypeVar

T = TypeVar("T")
PLUGIN_MODULES = "ASSAY_PLUGIN_MODULES"


class PluginClashError(ValueError):
    """Two plug-ins of one shelf want the same name."""


class UnknownPluginError(LookupError):
    """No plug-in of that name is on the shelf."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class MissingPlugin:
    """The stand-in for a plug-in that old data name and this installation lacks."""

    name: str
    version: str = ""
    kind: str = "plugin"

    @property
    def label(self) -> str:
        return f"{self.name} {self.version} (not installed)".replace("  ", " ")


class Registry(Generic[T]):
    """The plug-ins of one shelf, by name.

    Discovery is lazy and happens once, in this order: the files of the shelf's folder (those whose name starts
    with an underscore are skipped), installed entry points of the group, the dotted module names in the
    environment variable ``ASSAY_PLUGIN_MODULES`` (separated by commas or blanks).

    Parameters
    ----------
    kind : str
        What a plug-in of the shelf is called in messages, such as ``measure``.
    shelf : str
        Dotted name of the package whose files are the built-in plug-ins; may be empty.
    group : str
        Name of the entry point group, such as ``assay.measures``.

    Examples
    --------
    >>> shelf = Registry[type](kind="toy", shelf="", group="assay.toys")
    >>> @shelf.register
    ... class Ball:
    ...     name = "ball"
    >>> shelf.names(), shelf.get("ball") is Ball
    (['ball'], True)
    """

    def __init__(self, *, kind: str, shelf: str, group: str) -> None:
        self.kind, self.shelf, self.group = kind, shelf, group
        self._items: dict[str, T] = {}
        self._discovered = self._is_discovering = False
        self._lock = RLock()

    def register(self, item: T) -> T:
        """Put a plug-in on the shelf under its ``name``; works as a decorator and as a call."""
        name = _name_of(item, kind=self.kind)
        known = self._items.setdefault(name, item)
        if known is not item:
            raise PluginClashError(
                f"Two plug-ins want the {self.kind} name '{name}': {_where(known)} and {_where(item)}. "
                "Rename one of them."
            )
        return item

    def get(self, name: str) -> T:
        """Return the plug-in of that name; `UnknownPluginError` says which names there are."""
        self._discover()
        if name not in self._items:
            there = ", ".join(sorted(self._items)) or "none"
            raise UnknownPluginError(f"There is no {self.kind} '{name}'. There are: {there}.")
        return self._items[name]

    def get_or_missing(self, name: str, *, version: str = "") -> T | MissingPlugin:
        """Return the plug-in, or a stand-in that carries name and version, so that old data still load."""
        self._discover()
        return self._items.get(name) or MissingPlugin(name=name, version=version, kind=self.kind)

    def names(self) -> list[str]:
        """Return the names on the shelf, sorted."""
        self._discover()
        return sorted(self._items)

    @contextmanager
    def temporarily(self, item: T) -> Iterator[T]:
        """Put a plug-in on the shelf for the length of a ``with`` block."""
        self._discover()
        before = dict(self._items)
        try:
            yield self.register(item)
        finally:
            self._items = before

    def _discover(self) -> None:
        if self._discovered:
            return
        # Threads of a fresh process may all be the first to ask: whoever comes second waits for a whole shelf. The
        # files of the shelf ask again while they are read, in the thread that reads them.
        with self._lock:
            if self._discovered or self._is_discovering:
                return
            self._is_discovering = True
            try:
                self._load()
                self._discovered = True
            finally:
                self._is_discovering = False

    def _load(self) -> None:
        self._load_shelf()
        for point in sorted(entry_points(group=self.group), key=lambda point: point.name):
            found = point.load()
            if hasattr(found, "name"):
                self.register(found)
        for module in os.environ.get(PLUGIN_MODULES, "").replace(",", " ").split():
            import_module(module)

    def _load_shelf(self) -> None:
        if not self.shelf:
            return
        package = import_module(self.shelf)
        for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
            if not found.name.startswith("_"):
                import_module(f"{self.shelf}.{found.name}")


def _name_of(item: Any, *, kind: str) -> str:
    name = getattr(item, "name", None)
    if not isinstance(name, str) or not name:
        raise ValueError(f"The {kind} {_where(item)} declares no name. Give it a class attribute 'name'.")
    return name


def _where(item: Any) -> str:
    owner = item if hasattr(item, "__qualname__") else type(item)
    return f"{owner.__module__}.{owner.__qualname__}"
