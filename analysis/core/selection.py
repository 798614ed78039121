"""Which trials count: the one selection that every measure over trials uses.

A trial counts when it was answered, is no practice trial, is no attention check, and its protocol is among
those that the measure is about. Trials that timed out, were skipped or were never reached do not count; the
report shows how many there are. Rows that a rule of the study excludes are not dropped here: whether they are
analysed is the plan's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

DECISION_PROTOCOLS = ("decision", "judge_advisor", "own_stages")
TWO_STAGE_PROTOCOLS = ("judge_advisor", "own_stages")
SIMULATION_PROTOCOLS = ("forward_simulation",)
COUNTERFACTUAL_PROTOCOLS = ("counterfactual_simulation",)
AGREEMENT_PROTOCOLS = ("agreement",)
DISTINCTION_PROTOCOLS = ("distinction",)
DEFERRAL_PROTOCOLS = ("deferral",)
DIAGNOSIS_PROTOCOLS = ("diagnose",)
INTERVENTION_PROTOCOLS = ("intervene",)
AUDIT_PROTOCOLS = ("audit",)
PREFERENCE_PROTOCOLS = ("preference",)
LEARNING_PROTOCOLS = ("learning_transfer", "forward_simulation")


def counted(trials: pd.DataFrame, *, protocols: Sequence[str]) -> pd.DataFrame:
    """Return the trials that count for measures over these protocols.

    Parameters
    ----------
    trials : pandas.DataFrame
        Columns ``protocol``, ``status``, ``is_practice``, ``is_attention_check``. An absent column means:
        every trial is of the first protocol, answered, no practice, no check.
    protocols : sequence of str
        Names of protocols.

    Returns
    -------
    pandas.DataFrame
        Some of the rows, in their order.

    Raises
    ------
    ValueError
        When no protocol is named.

    Notes
    -----
    A missing value of ``is_practice`` or ``is_attention_check`` counts as no.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"status": ["answered", "timed_out", "answered"], "is_practice": [True, False, False]})
    >>> counted(trials, protocols=("decision",)).index.tolist()
    [2]
    """
    if not protocols:
        raise ValueError("counted needs at least one protocol, got none.")
    keep = ~is_true(trials, "is_practice") & ~is_true(trials, "is_attention_check")
    if "status" in trials.columns:
        keep &= (trials["status"] == "answered").fillna(False).astype(bool)
    if "protocol" in trials.columns:
        keep &= trials["protocol"].isin(list(protocols))
    return trials if keep.all() else trials[keep]  # tables are large: what is whole is not copied


def is_true(table: pd.DataFrame, column: str) -> pd.Series[bool]:
    """Return a yes-or-no column as plain booleans; absent and missing are no.

    Parameters
    ----------
    table : pandas.DataFrame
        Any table.
    column : str
        Name of a boolean column.

    Returns
    -------
    pandas.Series of bool
        One for each row.

    Examples
    --------
    >>> import pandas as pd
    >>> is_true(pd.DataFrame({"excluded": [True, None]}), "excluded").tolist()
    [True, False]
    """
    import pandas as pd

    if column not in table.columns:
        return pd.Series(False, index=table.index)
    return table[column].astype("boolean").fillna(False).astype(bool)


def is_false(table: pd.DataFrame, column: str) -> pd.Series[bool]:
    """Return where a yes-or-no column says no; a missing value says nothing.

    Parameters
    ----------
    table : pandas.DataFrame
        Any table.
    column : str
        Name of a boolean column that is there.

    Returns
    -------
    pandas.Series of bool
        One for each row.

    Examples
    --------
    >>> import pandas as pd
    >>> is_false(pd.DataFrame({"ai_correct": [True, False, None]}), "ai_correct").tolist()
    [False, True, False]
    """
    return table[column].notna() & ~is_true(table, column)


def same(left: pd.Series[Any], right: pd.Series[Any]) -> pd.Series[bool]:
    """Return where two columns hold the same text; a missing value is the same as nothing.

    Parameters
    ----------
    left, right : pandas.Series
        Of equal index.

    Returns
    -------
    pandas.Series of bool
        One for each row.

    Examples
    --------
    >>> import pandas as pd
    >>> same(pd.Series(["a", None]), pd.Series(["a", None])).tolist()
    [True, False]
    """
    return left.notna() & right.notna() & (left.astype(object) == right.astype(object))


def numbers(values: pd.Series[Any]) -> pd.Series[float]:
    """Return a column as numbers; text that is no number is missing.

    Parameters
    ----------
    values : pandas.Series
        Text, numbers or both.

    Returns
    -------
    pandas.Series of float
        One for each row.

    Examples
    --------
    >>> import pandas as pd
    >>> numbers(pd.Series(["2.5", "benign", None])).tolist()
    [2.5, nan, nan]
    """
    import pandas as pd

    return pd.to_numeric(values, errors="coerce").astype(float)


def seen_ms(trials: pd.DataFrame, column: str = "rt_ms") -> pd.Series[float]:
    """Return the response time less the time in which the page was hidden, in ms.

    Parameters
    ----------
    trials : pandas.DataFrame
        With ``rt_ms`` and, when known, ``hidden_ms``; a missing hidden time is 0.
    column : str
        Name of the column of times.

    Returns
    -------
    pandas.Series of float
        One for each row; missing where it is missing or not above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> seen_ms(pd.DataFrame({"rt_ms": [900.0, 500.0], "hidden_ms": [100.0, 500.0]})).tolist()
    [800.0, nan]
    """
    times = trials[column].astype(float)
    if "hidden_ms" in trials.columns:
        times = times - trials["hidden_ms"].astype(float).fillna(0.0)
    return times.where(times > 0)


def truths(values: pd.Series[Any]) -> pd.Series[float]:
    """Return a yes-or-no column as 1, 0 and missing.

    Parameters
    ----------
    values : pandas.Series
        Booleans, possibly missing.

    Returns
    -------
    pandas.Series of float
        One for each row.

    Examples
    --------
    >>> import pandas as pd
    >>> truths(pd.Series([True, False, None])).tolist()
    [1.0, 0.0, nan]
    """
    import numpy as np
    import pandas as pd

    plain = values.astype("boolean").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return pd.Series(plain, index=values.index)
