"""Carrying minimisation out anew: many arrangements at once, for tests that replay the allocation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.core.minimisation import Minimisation, levels_of
from analysis.core.redraw import minimisation_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Redraw = Callable[[int, np.random.Generator], npt.NDArray[np.int64]]
else:
    Redraw = Callable


def minimised_again(
    allocation: Mapping[str, Any], *, keys: Sequence[tuple[str, int]], conditions: Sequence[str]
) -> Redraw:
    """Return a function that draws arrangements of some conditions as minimisation could have made them.

    Everybody comes in the order in which they came, with the levels that they had; whoever has one of ``conditions``
    is given one of these again by the rule with new random numbers, the others stay where they are.

    Parameters
    ----------
    allocation : mapping
        Content of ``allocation.json``.
    keys : sequence of (str, int)
        Stratum and slot of the people, in the order of the arrangement.
    conditions : sequence of str
        Those that are compared.

    Returns
    -------
    callable
        Of the number of rows and a generator; gives an array of int, shape (rows, people), of places in ``conditions``.

    Notes
    -----
    When ``conditions`` are all conditions of the study the arrangements have exactly the distribution of the
    allocation. With others that stay, their places are taken as fixed, which the rule does not do: an approximation.

    References
    ----------
    .. [1] Proschan, Brittain & Kammerman (2011). Minimize the use of minimization with unequal allocation. Biometrics
       67, 1135-1141. https://doi.org/10.1111/j.1541-0420.2010.01545.x

    Examples
    --------
    >>> import numpy as np
    >>> rows = [{"stratum": "sex=f", "slot": at, "condition": name} for at, name in enumerate(["ai", "ig"] * 3)]
    >>> allocation = {"conditions": ["ai", "ig"], "ratio": [1, 1], "minimisation": {"probability": 1.0}, "list": rows}
    >>> keys = [("sex=f", at) for at in range(6)]
    >>> draw = minimised_again(allocation, keys=keys, conditions=["ai", "ig"])
    >>> draw(4, np.random.default_rng(1)).sum(axis=1).tolist()
    [3, 3, 3, 3]
    """
    rule = minimisation_of(allocation)
    rows = sorted(allocation["list"], key=lambda row: int(row["slot"]))
    place = {int(row["slot"]): at for at, row in enumerate(rows)}
    people = [place[slot] for _stratum, slot in keys]
    where = list(conditions)

    def draw(number: int, generator: np.random.Generator) -> npt.NDArray[np.int64]:
        import numpy as np

        cells = _cells_drawn(rows, rule=rule, conditions=where, number=number, generator=generator)
        named = np.array([where.index(name) if name in where else -1 for name, _copy in rule.cells])
        arranged: npt.NDArray[np.int64] = named[cells[:, people]]
        return arranged

    return draw


def _cells_drawn(
    rows: Sequence[Mapping[str, Any]],
    *,
    rule: Minimisation,
    conditions: Sequence[str],
    number: int,
    generator: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Return the cell of every person (in order of coming) in ``number`` arrangements."""
    import numpy as np

    cells = rule.cells
    compared = np.array([name in conditions for name, _copy in cells])
    levels = [levels_of(str(row.get("stratum") or "")) for row in rows]
    index = {place: at for at, place in enumerate(sorted({p for one in levels for p in one.items()}))}
    counts = np.zeros((number, len(index), len(cells)), dtype=np.int64)
    found = np.empty((number, len(rows)), dtype=np.int64)
    every = np.arange(number)
    for at, (row, mine) in enumerate(zip(rows, levels, strict=True)):
        factors = [index[place] for place in mine.items()]
        if str(row["condition"]) in conditions:
            chosen = _chosen(counts[:, factors, :], rule=rule, compared=compared, generator=generator)
        else:
            given = cells.index((str(row["condition"]), int(row.get("copy") or 0)))
            chosen = np.full(number, given)
        found[:, at] = chosen
        for factor in factors:
            counts[every, factor, chosen] += 1
    return found


def _chosen(
    counts: npt.NDArray[np.int64],
    *,
    rule: Minimisation,
    compared: npt.NDArray[np.bool_],
    generator: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Choose a cell in every arrangement; ``counts`` has shape (arrangements, factors of the person, cells)."""
    import numpy as np

    rows, _factors, cells = counts.shape
    after = counts[:, :, None, :] + np.eye(
        cells, dtype=np.int64
    )  # cell that is added to, then cell that is counted
    if rule.imbalance == "range":
        spread = after.max(axis=3) - after.min(axis=3)
    else:
        spread = cells * (after**2).sum(axis=3) - after.sum(axis=3) ** 2
    total = np.where(compared, spread.sum(axis=1), np.iinfo(np.int64).max)
    best = total == total.min(axis=1, keepdims=True)
    rest = ~best & compared
    takes_best = (generator.random(rows) < rule.probability) | ~rest.any(axis=1)
    wanted = np.where(takes_best[:, None], best, rest)
    chosen: npt.NDArray[np.int64] = np.where(wanted, generator.random((rows, cells)), -1.0).argmax(axis=1)
    return chosen
