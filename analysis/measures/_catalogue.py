"""The table of the shelf, made from the declarations; the README holds a copy that a test compares."""

from __future__ import annotations

from analysis.core.measure import FAMILIES
from analysis.core.schema import TABLES
from analysis.measures import registry, tabulations

_BETTER = {True: "more", False: "less", None: "-"}


def catalogue() -> str:
    """Return the shelf as a Markdown table: first the measures of each family, then its tabulations.

    Returns
    -------
    str
        One line for each, in the order of `FAMILIES` and of names.

    Examples
    --------
    >>> catalogue().splitlines()[0]
    '| measure | what | unit | better | one value for |'
    """
    lines = ["| measure | what | unit | better | one value for |", "| --- | --- | --- | --- | --- |"]
    for family in FAMILIES:
        lines.append(f"| **{family}** | | | | |")
        for name in registry.names():
            measure = registry.get(name)
            if measure.family == family:
                better = _BETTER[measure.higher_is_better]
                lines.append(f"| `{name}` | {measure.label} | {measure.unit} | {better} | a participant |")
        for name in tabulations.names():
            table = tabulations.get(name)
            if table.family == family:
                place = " x ".join(["a condition", *(key.replace("_", " ") for key in table.keys)])
                lines.append(f"| `{name}` | {table.label} | {table.unit} | | {place} |")
    return "\n".join(lines) + "\n"


def optional_columns() -> str:
    """Return the columns that a table of trials may have besides, as a Markdown table.

    Returns
    -------
    str
        One line for each, with the measures that need it and those that use it where it is there.

    Examples
    --------
    >>> optional_columns().splitlines()[0]
    '| column of trials | meaning | needed by | used by |'
    """
    shelf = {name: registry.get(name) for name in registry.names()}
    needs = {name: found.requires for name, found in shelf.items()}
    uses = {name: found.uses for name, found in shelf.items()}
    for name in tabulations.names():
        needs[name], uses[name] = tabulations.get(name).requires, tabulations.get(name).uses
    lines = ["| column of trials | meaning | needed by | used by |", "| --- | --- | --- | --- |"]
    for column in TABLES["trials"].optional:
        needed, used = (
            ", ".join(f"`{name}`" for name, columns in found.items() if column.name in columns)
            for found in (needs, uses)
        )
        lines.append(f"| `{column.name}` | {column.meaning} | {needed} | {used} |")
    return "\n".join(lines) + "\n"
