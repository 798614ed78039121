"""Comparing groups of participants: differences, intervals, Hedges g, and who is the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.core.selection import DECISION_PROTOCOLS, counted
from analysis.core.tabulation import groups

if TYPE_CHECKING:
    import pandas as pd

NAN = math.nan
LEVEL = 0.95


def mean_interval(values: pd.Series[float], *, level: float = LEVEL) -> dict[str, float]:
    """Return the mean over participants with its t interval.

    Parameters
    ----------
    values : pandas.Series of float
        One for each participant; missing ones are left out.
    level : float
        Coverage.

    Returns
    -------
    dict
        ``value, std_error, df, low, high`` in the unit of the values; missing where not defined (fewer than two
        values, or no variance), and ``n``.

    Examples
    --------
    >>> import pandas as pd
    >>> found = mean_interval(pd.Series([1.0, 2.0, 3.0, None]))
    >>> found["value"], found["n"], round(found["low"], 4)
    (2.0, 3, -0.4841)
    """
    known = values.dropna().sort_values()
    n = len(known)
    spread = float(known.std(ddof=1)) if n > 1 and known.nunique() > 1 else NAN
    return _interval(float(known.mean()), spread / math.sqrt(n) if n else NAN, n - 1, level=level) | {"n": n}


def difference(
    treatment: pd.Series[float], control: pd.Series[float], *, level: float = LEVEL
) -> dict[str, float]:
    """Return the difference of two groups of participants.

    Welch's when nobody is in both groups; else that of the participants who are in both (paired).

    Parameters
    ----------
    treatment, control : pandas.Series of float
        Indexed by participant; missing values are left out.
    level : float
        Coverage.

    Returns
    -------
    dict
        ``value, std_error, df, low, high``; ``hedges_g`` (J d with the pooled standard deviation between
        participants, `J = 1 - 3 / (4 (n1 + n0 - 2) - 1)`), ``n``, ``n_reference``. Missing where not defined.

    References
    ----------
    .. [1] Vaccaro, Almaatouq & Malone (2024). https://doi.org/10.1038/s41562-024-02024-1

    Examples
    --------
    >>> import pandas as pd
    >>> one = pd.Series([2.0, 4.0, 6.0], index=["p1", "p2", "p3"])
    >>> other = pd.Series([1.0, 3.0, 5.0], index=["p4", "p5", "p6"])
    >>> found = difference(one, other)
    >>> found["value"], round(found["hedges_g"], 6)
    (1.0, 0.4)
    """
    one, other = treatment.dropna(), control.dropna()
    both = one.index.intersection(other.index)
    if len(both):
        one, other = one.loc[both], other.loc[both]
        found = mean_interval(one - other, level=level)
    else:
        found = _welch(one.sort_values(), other.sort_values(), level=level)
    return found | {"n": len(one), "n_reference": len(other), "hedges_g": hedges_g(one, other)}


def hedges_g(one: pd.Series[float], other: pd.Series[float]) -> float:
    """Return Hedges g of two sets of values; NaN with fewer than two values or without variance.

    Parameters
    ----------
    one, other : pandas.Series of float
        Without missing values.

    Returns
    -------
    float
        In pooled standard deviations.

    Examples
    --------
    >>> import pandas as pd
    >>> round(hedges_g(pd.Series([2.0, 4.0, 6.0]), pd.Series([1.0, 3.0, 5.0])), 6)
    0.4
    """
    n1, n0 = len(one), len(other)
    if min(n1, n0) < 2 or (one.nunique() < 2 and other.nunique() < 2):
        return NAN
    one, other = one.sort_values(), other.sort_values()
    df = n1 + n0 - 2
    pooled = math.sqrt(((n1 - 1) * float(one.var(ddof=1)) + (n0 - 1) * float(other.var(ddof=1))) / df)
    return (1 - 3 / (4 * df - 1)) * float(one.mean() - other.mean()) / pooled


def two_sided(found: Mapping[str, float]) -> float:
    """Return the p-value of a difference from 0; NaN without a standard error.

    Parameters
    ----------
    found : mapping
        ``value, std_error, df``, as of `mean_interval`.

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> two_sided({"value": 0.0, "std_error": 1.0, "df": 10.0})
    1.0
    """
    from scipy import stats

    if math.isnan(found["std_error"]):
        return NAN
    return 2 * float(stats.t.sf(abs(found["value"]) / found["std_error"], found["df"]))


def unaided_group(table: pd.DataFrame, *, by: str, name: str, given: Any = None) -> Any:
    """Return the group that saw neither advice nor an explanation.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``by``, ``advice_source`` and, when known, ``explanations``.
    by : str
        Column that groups.
    name : str
        Name of the measure, for the message.
    given : str, optional
        Named by the caller; then it is checked and returned.

    Returns
    -------
    str
        Name of the group.

    Raises
    ------
    ValueError
        When there is not exactly one such group; the message says how to name it.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"condition": ["ai", "own"], "advice_source": ["ai", "none"]})
    >>> unaided_group(trials, by="condition", name="augmentation")
    'own'
    """
    return _reference(
        table, by=by, name=name, given=given, advised=False, what="without advice and explanation"
    )


def unexplained_group(table: pd.DataFrame, *, by: str, name: str, given: Any = None) -> Any:
    """Return the group that saw advice and no explanation; see `unaided_group`.

    Parameters
    ----------
    table, by, name, given
        As for `unaided_group`.

    Returns
    -------
    str
        Name of the group.

    Examples
    --------
    >>> import pandas as pd
    >>> shown = {"advice_source": ["ai", "ai", "none"], "explanations": ["ig", "", ""]}
    >>> unexplained_group(pd.DataFrame({"condition": ["ig", "ai", "own"], **shown}), by="condition", name="toy")
    'ai'
    """
    return _reference(
        table, by=by, name=name, given=given, advised=True, what="with advice and no explanation"
    )


def _reference(table: pd.DataFrame, *, by: str, name: str, given: Any, advised: bool, what: str) -> Any:
    there = [group for group, _ in groups(table, by=by)]
    if given is not None:
        if given not in there:
            raise ValueError(
                f"The measure '{name}' finds no {by} {given!r}. There are: {', '.join(map(str, there)) or 'none'}."
            )
        return given
    found = []
    if "advice_source" in table.columns:
        trials = counted(table, protocols=DECISION_PROTOCOLS)
        explained = trials["explanations"].fillna("") != "" if "explanations" in trials.columns else False
        told = trials["advice_source"].fillna("none") != "none"
        fits = (told if advised else ~told) & ~explained
        found = [group for group, rows in groups(trials.assign(fits=fits), by=by) if rows["fits"].all()]
    if len(found) != 1:
        raise ValueError(
            f"The measure '{name}' needs the {by} {what} as its reference, and finds {len(found)} of that kind. "
            f"Name it: reference='...', one of {', '.join(map(str, there))}."
        )
    return found[0]


def _welch(one: pd.Series[float], other: pd.Series[float], *, level: float) -> dict[str, float]:
    n1, n0 = len(one), len(other)
    value = float(one.mean()) - float(other.mean()) if n1 and n0 else NAN
    if min(n1, n0) < 2 or (one.nunique() < 2 and other.nunique() < 2):
        return _interval(value, NAN, NAN, level=level)
    parts = [float(side.var(ddof=1)) / len(side) for side in (one, other)]
    df = sum(parts) ** 2 / (parts[0] ** 2 / (n1 - 1) + parts[1] ** 2 / (n0 - 1))
    return _interval(value, math.sqrt(sum(parts)), df, level=level)


def _interval(value: float, std_error: float, df: float, *, level: float) -> dict[str, float]:
    from scipy import stats

    known = std_error > 0
    reach = float(stats.t.ppf((1 + level) / 2, df)) * std_error if known else NAN
    return {
        "value": value,
        "std_error": std_error if known else NAN,
        "df": float(df) if known else NAN,
        "low": value - reach,
        "high": value + reach,
    }
