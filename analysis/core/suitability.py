"""Whether a table can carry the analysis that is asked of it: the right unit, enough people, something that varies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.cells import cells
from analysis.core.estimate import CannotEstimateError
from analysis.core.measure import Measure, MissingColumnsError
from analysis.core.plan import Hypothesis, Plan
from analysis.core.schema import TABLES
from analysis.core.selection import is_true
from analysis.core.validation import typed

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 3


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Give the columns of a table of trials their types; what cannot be read becomes missing.

    Parameters
    ----------
    table : pandas.DataFrame
        As it came; its faults are told by `analysis.core.schema.validate`.

    Returns
    -------
    pandas.DataFrame
        For judging the design only, never for an analysis.

    Examples
    --------
    >>> import pandas as pd
    >>> readable(pd.DataFrame({"correct": ["true", "yes"]}))["correct"].tolist()
    [True, <NA>]
    """
    schema = TABLES["trials"]
    columns = [one for one in (*schema.columns, *schema.optional) if one.name in table.columns]
    return table.assign(**{one.name: typed(table[one.name], kind=one.kind)[0] for one in columns})


def design_faults(table: pd.DataFrame, *, placed: str = "between") -> list[str]:
    """Find every way in which a table of trials would be analysed by the wrong unit or as the wrong design.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of ``trials``, typed; practice and attention checks are left aside where they are marked.
    placed : {"between", "within"}
        Whether conditions are to differ between participants or within each.

    Returns
    -------
    list of str
        A sentence for each fault: what, where, what to do. Empty when nothing was found.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": ["p1", "p1", "p2", "p2"], "condition": ["ai", "ig", "ai", "ig"],
    ...                        "correct": [True, False, True, True]})
    >>> design_faults(trials)[0][:69]
    'trials.condition: 2 of 2 participant(s) have trials in several condit'
    >>> design_faults(trials, placed="within")
    []
    """
    rows = table
    for mark in ("is_practice", "is_attention_check"):
        if mark in rows.columns:
            rows = rows[~is_true(rows, mark)]
    if rows.empty:
        return ["trials: there is no row of the main part: nothing can be analysed."]
    found = [*_unit_faults(rows)]
    if "participant_id" in rows.columns and "condition" in rows.columns:
        found += _condition_faults(rows, placed=placed)
    elif "condition" not in rows.columns:
        found.append("trials.condition: column is missing; conditions cannot be compared without it.")
    return [*found, *_variance_faults(rows)]


def plan_faults(table: pd.DataFrame, plan: Plan, *, measure_of: Callable[[str], type[Measure]]) -> list[str]:
    """Find every planned question that a table cannot answer.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of ``trials``, typed. Questions on other tables are left aside.
    plan : Plan
        Checked.
    measure_of : callable
        Gives the measure of a name.

    Returns
    -------
    list of str
        A sentence for each fault, beginning with its place in the plan.
    """
    questions = [("primary", plan.primary)]
    questions += [(f"secondary[{at}]", one) for at, one in enumerate(plan.secondary)]
    found = []
    for where, one in questions:
        measure = measure_of(one.measure)
        if measure.table == "trials":
            found += [f"{where}: {words}" for words in _question_faults(table, one, measure=measure)]
    return found


def _unit_faults(rows: pd.DataFrame) -> Iterator[str]:
    if "participant_id" not in rows.columns:
        yield (
            "trials.participant_id: column is missing; without it trials of one person would be taken for so many "
            "people (pooled trials are not a unit of analysis)."
        )
        return
    people = int(rows["participant_id"].nunique())
    several = "trial_index" in rows.columns and rows["trial_index"].nunique() > 1
    if people == len(rows) and several:
        yield (
            f"trials.participant_id: each of the {len(rows)} rows has a participant of its own although there are "
            f"{rows['trial_index'].nunique()} trials: pooled trials are not a unit of analysis. Give the rows of one "
            "person the same participant_id."
        )
    if people == 1 and len(rows) > 1:
        yield "trials.participant_id: all rows are of one participant; nothing can be said about people from one."


def _condition_faults(rows: pd.DataFrame, *, placed: str) -> Iterator[str]:
    known = rows[rows["condition"].notna() & (rows["condition"].astype(object) != "")]
    each = known.groupby("participant_id")["condition"].nunique()
    mixed = each[each > 1]
    if placed == "between" and len(mixed):
        yield (
            f"trials.condition: {len(mixed)} of {len(each)} participant(s) have trials in several conditions (such as "
            f"{mixed.index[0]}): the factor lies within participants and must not be analysed as between them. Say "
            "placed: within, or keep the first condition of each."
        )
    if placed == "within" and len(each) and not len(mixed):
        yield (
            "trials.condition: no participant has trials in more than one condition: the factor lies between "
            "participants. Say placed: between."
        )
    counts = known.groupby("condition")["participant_id"].nunique().sort_index()
    if len(counts) < 2:
        yield f"trials.condition: only {', '.join(map(str, counts.index)) or 'none'} is there; two are compared."
    for name in counts[counts < 2].index:
        yield (
            f"trials.condition: {name} has one participant; the spread between people cannot be known from one (at "
            "least 2 are needed)."
        )
    yield from _confounded(known)


def _confounded(known: pd.DataFrame) -> Iterator[str]:
    if "case_id" not in known.columns or known["condition"].nunique() < 2:
        return
    each = known.groupby("case_id")["condition"].nunique()
    if len(each) > 1 and each.max() == 1:
        yield (
            "trials.case_id: no case was seen in more than one condition: a difference of conditions cannot be told "
            "from a difference of their cases. Treat it as a comparison of condition and cases together."
        )


def _variance_faults(rows: pd.DataFrame) -> Iterator[str]:
    for name in ("correct", "response", "rt_ms"):
        if name not in rows.columns:
            continue
        values = rows[name].dropna()
        if values.empty:
            yield f"trials.{name}: no row has a value; nothing can be computed from it."
        elif len(values) > 1 and values.nunique() == 1:
            yield f"trials.{name}: every one of {len(values)} value(s) is {values.iloc[0]}; nothing varies."


def _question_faults(table: pd.DataFrame, one: Hypothesis, *, measure: type[Measure]) -> Iterator[str]:
    try:
        if one.placed == "within":
            absent = measure.missing_columns(table)
            if absent:
                yield f"the measure '{measure.name}' needs the column(s) {', '.join(absent)}, which are not there."
            return
        people = cells(measure, table)
    except (CannotEstimateError, MissingColumnsError) as error:
        yield str(error)
        return
    for contrast in one.contrasts:
        values: dict[str, Any] = {}
        for name in (contrast.treatment, contrast.control):
            values[name] = people.loc[people["condition"] == name, "value"].dropna()
            if len(values[name]) < 2:
                yield (
                    f"{measure.name} is defined for {len(values[name])} participant(s) in {name}; {contrast} needs at "
                    "least 2."
                )
        if all(len(found) >= 2 and found.nunique() == 1 for found in values.values()):
            yield f"{measure.name} does not vary within {contrast.treatment} nor within {contrast.control}."
