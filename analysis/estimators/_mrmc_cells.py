"""Readings of a reader study as cells: who read which case in which condition, and all that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from analysis.core.estimate import CannotEstimateError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

Metric = Literal["auc", "sensitivity", "specificity", "balanced_accuracy"]
METRICS: tuple[Metric, ...] = ("auc", "sensitivity", "specificity", "balanced_accuracy")
_SHOWN = 3


@dataclass(frozen=True)
class Readings:
    """A reader study as arrays.

    Attributes
    ----------
    conditions, readers : tuple of str
        In order.
    cell_condition, cell_reader : ndarray of int, shape (C,)
        Condition and reader of each cell (a reader in a condition).
    scores : ndarray of float, shape (C, K)
        Score for the positive class (0 or 1 where decisions are analysed); NaN where the case was not read.
    positive : ndarray of bool, shape (K,)
        Truth of the cases.
    readers_nested, cases : bool, str
        Whether each reader read in one condition only; "crossed", "nested in reader", "nested in condition",
        "nested in both" or "partially paired".
    notes : tuple of str
        Sentences for the report.
    """

    conditions: tuple[str, ...]
    readers: tuple[str, ...]
    cell_condition: npt.NDArray[np.int64]
    cell_reader: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    positive: npt.NDArray[np.bool_]
    readers_nested: bool
    cases: str
    notes: tuple[str, ...]


def read_cells(
    table: pd.DataFrame,
    *,
    names: Mapping[str, str],
    metric: Metric,
    positive: object = None,
    decision: str | None = None,
) -> Readings:
    """Bring a long table of readings into cells.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each reading.
    names : mapping of str
        Columns under the keys ``reader, case, condition, truth, rating``.
    metric : {"auc", "sensitivity", "specificity", "balanced_accuracy"}
        What will be computed: the last three need decisions.
    positive : object, optional
        Label of the positive class where the truth is not 0 or 1.
    decision : str, optional
        Column of the decision; see `analysis.estimators.mrmc.mrmc`.

    Returns
    -------
    Readings
        Cells in order of condition, then reader.

    Raises
    ------
    CannotEstimateError
        With one sentence for each fault.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(r, k, c, k < 2, k) for r in "ab" for k in range(4) for c in "xy"]
    >>> table = pd.DataFrame(rows, columns=["reader", "case", "condition", "truth", "rating"])
    >>> found = read_cells(table, names={name: name for name in table.columns}, metric="auc")
    >>> found.conditions, found.scores.shape, found.cases
    (('x', 'y'), (4, 4), 'crossed')
    """
    wanted = [*names.values(), *([decision] if decision else [])]
    absent = [name for name in dict.fromkeys(wanted) if name not in table.columns]
    if absent:
        raise CannotEstimateError(f"The table lacks the column(s) {', '.join(absent)}.")
    rows, notes = _rows(table, names=names, metric=metric, positive=positive, decision=decision)
    faults = _reading_faults(rows, names)
    if faults:
        raise CannotEstimateError("\n".join(faults))
    found = _cells(rows, table[names["condition"]], notes)
    faults = _design_faults(found, metric)
    if faults:
        raise CannotEstimateError("\n".join(faults))
    return found


def _rows(
    table: pd.DataFrame, *, names: Mapping[str, str], metric: Metric, positive: object, decision: str | None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    import pandas as pd

    keys = {key: table[names[key]].astype(object) for key in ("reader", "case", "condition", "truth")}
    rows = pd.DataFrame(keys)
    rows["score"], used = _score(table, names=names, metric=metric, positive=positive, decision=decision)
    gone = int(rows["score"].isna().sum())
    notes = (f"{gone} reading(s) without an answer were left out.",) if gone else ()
    rows = rows[rows["score"].notna()]
    empty = [names[key] for key in keys if rows[key].isna().any()]
    if empty:
        raise CannotEstimateError(f"Some readings have nothing in the column(s) {', '.join(empty)}.")
    if rows.empty:
        raise CannotEstimateError("The table holds no reading with an answer.")
    rows["truth"] = _binary(rows["truth"], positive, column=names["truth"])
    return rows, used + notes


def _score(
    table: pd.DataFrame, *, names: Mapping[str, str], metric: Metric, positive: object, decision: str | None
) -> tuple[pd.Series[float], tuple[str, ...]]:
    """Return the score for the positive class and the sentences that say how it was made."""
    import pandas as pd

    rating = names["rating"]
    decided = None if decision is None else _binary(table[decision].astype(object), positive, column=decision)
    if metric != "auc":
        if decided is None:
            return _binary(table[rating].astype(object), positive, column=rating), ()
        return decided, (f"Decisions are those of the column {decision}.",)
    score = pd.to_numeric(table[rating], errors="coerce").astype(float)
    if (score.isna() & table[rating].notna()).any():
        raise CannotEstimateError(
            f"The column {rating} must hold numbers to compute an AUC: a score that rises with the evidence for "
            "the positive class."
        )
    if decided is None:
        return score, ()
    if (score < 0).any():
        raise CannotEstimateError(
            f"The confidences in {rating} must not be negative when {decision} gives the sign."
        )
    signed = score.where(decided == 1, -score).where(decided.notna())
    return signed, (
        f"The score is the confidence, taken as negative where {decision} is not the positive class.",
    )


def _binary(values: pd.Series[Any], positive: object, *, column: str) -> pd.Series[float]:
    """Return 1.0 for the positive class, 0.0 for the other, NaN where there is nothing."""
    import pandas as pd

    here = values[values.notna()]
    kinds = sorted({str(value) for value in here.unique()})
    if positive is not None and not set(kinds) <= {"0", "1", "0.0", "1.0", "True", "False"}:
        if len(kinds) > 2 or (len(kinds) == 2 and str(positive) not in kinds):
            raise CannotEstimateError(
                f"The column {column} must hold the positive class {positive!r} and one other, got {_list(kinds)}."
            )
        return (values.astype(str) == str(positive)).astype(float).where(values.notna())
    numbers = pd.to_numeric(here, errors="coerce")
    if not numbers.isin([0, 1]).all():
        raise CannotEstimateError(
            f"The column {column} must hold 0 and 1, or two labels of which positive= names the positive one; "
            f"got {_list(kinds)}."
        )
    return numbers.astype(float).reindex(values.index)


def _reading_faults(rows: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    faults = []
    again = rows[rows.duplicated(["reader", "case", "condition"])]
    if len(again):
        one = again.iloc[0]
        faults.append(
            f"{len(again)} reading(s) repeat a reader, case and condition, such as {one['reader']}, {one['case']}, "
            f"{one['condition']}: one reading of a case by a reader in a condition is expected."
        )
    truths = rows.groupby("case")["truth"].nunique()
    if (truths > 1).any():
        faults.append(
            f"{names['truth']} differs between readings of the same case, such as {truths[truths > 1].index[0]}."
        )
    if rows["condition"].nunique() < 2:
        faults.append(f"There is one {names['condition']}, {rows['condition'].iloc[0]}: nothing to compare.")
    if rows["case"].nunique() < 2:
        faults.append(f"There is one {names['case']}: how results vary between cases cannot be seen.")
    return faults


def _cells(rows: pd.DataFrame, condition: pd.Series[Any], notes: tuple[str, ...]) -> Readings:
    import numpy as np
    import pandas as pd

    there = rows["condition"].unique().tolist()
    declared = list(condition.cat.categories) if isinstance(condition.dtype, pd.CategoricalDtype) else []
    conditions = [one for one in declared if one in there] or sorted(there, key=_order)
    readers, cases = (sorted(rows[key].unique().tolist(), key=_order) for key in ("reader", "case"))
    at = [
        pd.Categorical(rows[key], categories=levels).codes.astype(np.int64)
        for key, levels in (("condition", conditions), ("reader", readers), ("case", cases))
    ]
    cell, place = np.unique(at[0] * len(readers) + at[1], return_inverse=True)
    scores = np.full((len(cell), len(cases)), np.nan)
    scores[place, at[2]] = rows["score"].to_numpy(float)
    truth = np.zeros(len(cases), dtype=bool)
    truth[at[2]] = rows["truth"].to_numpy(float) == 1
    cell_condition, cell_reader = cell // len(readers), cell % len(readers)
    return Readings(
        conditions=tuple(map(str, conditions)),
        readers=tuple(map(str, readers)),
        cell_condition=cell_condition,
        cell_reader=cell_reader,
        scores=scores,
        positive=truth,
        readers_nested=bool((np.bincount(cell_reader) == 1).all()),
        cases=_case_design(~np.isnan(scores), cell_condition, cell_reader),
        notes=notes,
    )


def _case_design(
    read: npt.NDArray[np.bool_], condition: npt.NDArray[np.int64], reader: npt.NDArray[np.int64]
) -> str:
    if read.all():
        return "crossed"
    in_reader, in_condition = _one_each(read, reader), _one_each(read, condition)
    if in_reader and in_condition:
        return "nested in both"
    if in_reader:
        return "nested in reader"
    return "nested in condition" if in_condition else "partially paired"


def _one_each(read: npt.NDArray[np.bool_], owner: npt.NDArray[np.int64]) -> bool:
    """Tell whether each case belongs to one owner."""
    import numpy as np

    seen = np.zeros((int(owner.max()) + 1, read.shape[1]), dtype=bool)
    np.logical_or.at(seen, owner, read)
    return bool((seen.sum(axis=0) == 1).all())


def _design_faults(found: Readings, metric: Metric) -> list[str]:
    import numpy as np

    faults = []
    read_in = np.bincount(found.cell_reader)
    if not found.readers_nested and (read_in < len(found.conditions)).any():
        some = [found.readers[at] for at in np.flatnonzero(read_in < len(found.conditions))]
        faults.append(
            f"Reader(s) {_list(some)} did not read in every condition, others did: readers must be crossed with the "
            "conditions, or each belong to one of them. Leave these readers out."
        )
    read = ~np.isnan(found.scores)
    sides = {"positive": metric != "specificity", "negative": metric != "sensitivity"}
    for side, needed in sides.items():
        counts = (read & (found.positive if side == "positive" else ~found.positive)).sum(axis=1)
        few = [
            f"{found.readers[found.cell_reader[at]]} in {found.conditions[found.cell_condition[at]]} ({counts[at]})"
            for at in np.flatnonzero(counts < 2)
        ]
        if needed and few:
            faults.append(f"At least 2 {side} cases must be read in each cell; too few: {_list(few)}.")
    return faults


def _order(value: Any) -> tuple[int, float, str]:
    try:
        return (0, float(value), str(value))
    except (TypeError, ValueError):
        return (1, 0.0, str(value))


def _list(items: list[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more
