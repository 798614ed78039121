"""People alone: the condition without advice, or the same people's initial decisions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.core.measure import Measure, MissingColumnsError
from analysis.core.tabulation import groups
from analysis.measures._comparison import unaided_group

if TYPE_CHECKING:
    import pandas as pd

INITIAL = "initial"
_INITIAL_OF = {
    "response": "response_initial",
    "correct": "correct_initial",
    "confidence": "confidence_initial",
    "score": "score_initial",
    "rt_ms": "rt_initial_ms",
}


def alone_by_group(
    table: pd.DataFrame, *, by: str, name: str, measure: type[Measure], reference: Any
) -> dict[Any, pd.Series[float]]:
    """Return, for each group that is compared, the values of people alone.

    Parameters
    ----------
    table : pandas.DataFrame
        Trials.
    by : str
        Column that groups.
    name : str
        Name of the tabulation, for messages.
    measure : type of Measure
        What is computed.
    reference : str or None
        Name of the group of people alone; "initial" for the initial decisions of each group itself; None to find the
        group without advice and explanation.

    Returns
    -------
    dict of str to pandas.Series of float
        For "initial" every group; else every group but the reference, all with the reference's values.

    Raises
    ------
    ValueError
        When the reference cannot be found.
    MissingColumnsError
        When the table has no initial decisions.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.measures.accuracy import Accuracy
    >>> trials = pd.DataFrame({"participant_id": ["p1"], "condition": "ai", "correct": True, "correct_initial": False})
    >>> found = alone_by_group(trials, by="condition", name="toy", measure=Accuracy, reference="initial")
    >>> found["ai"].tolist()
    [0.0]
    """
    parts = dict(groups(table, by=by))
    if reference == INITIAL:
        return {
            group: measure.compute(initially(rows, measure=measure, name=name))
            for group, rows in parts.items()
        }
    alone = unaided_group(table, by=by, name=name, given=reference)
    values = measure.compute(parts[alone])
    return {group: values for group in parts if group != alone}


def initially(table: pd.DataFrame, *, measure: type[Measure], name: str) -> pd.DataFrame:
    """Return the trials as if the initial decision had been the final one.

    Parameters
    ----------
    table : pandas.DataFrame
        Trials of a two-stage protocol.
    measure : type of Measure
        The columns that it requires are replaced by their initial form.
    name : str
        For the message.

    Returns
    -------
    pandas.DataFrame
        A copy.

    Raises
    ------
    MissingColumnsError
        When an initial form is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from analysis.measures.accuracy import Accuracy
    >>> trials = pd.DataFrame({"participant_id": ["p1"], "correct": [True], "correct_initial": [False]})
    >>> initially(trials, measure=Accuracy, name="toy")["correct"].tolist()
    [False]
    """
    wanted = {final: first for final, first in _INITIAL_OF.items() if final in measure.requires}
    absent = [first for first in wanted.values() if first not in table.columns]
    if absent:
        raise MissingColumnsError(
            f"The measure '{name}' needs the column(s) {', '.join(absent)} of the table trials, which are not there."
        )
    return table.assign(**{final: table[first] for final, first in wanted.items()})


def one_sided(found: Mapping[str, float]) -> float:
    """Return the p-value of a difference above 0; NaN without a standard error.

    Parameters
    ----------
    found : mapping
        ``value, std_error, df``.

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> one_sided({"value": 0.0, "std_error": 1.0, "df": 10.0})
    0.5
    """
    from scipy import stats

    if math.isnan(found["std_error"]):
        return math.nan
    return float(stats.t.sf(found["value"] / found["std_error"], found["df"]))
