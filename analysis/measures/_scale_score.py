"""Scoring a questionnaire from its item rows: reversed items turned, items averaged; data, not code, says how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.registry import UnknownPluginError

if TYPE_CHECKING:
    import pandas as pd


def scale_score(scales: pd.DataFrame, *, questionnaire: str, subscale: str | None = None) -> pd.DataFrame:
    """Score one questionnaire: the mean of its items for each participant, or their sum where its scoring says so.

    A reversed item counts as ``minimum + maximum - value``. Occasions of a repeated questionnaire are averaged
    with equal weight.

    Parameters
    ----------
    scales : pandas.DataFrame
        Columns ``participant_id, step_index, questionnaire, item, value, minimum, maximum, reverse`` and, when
        a subscale is asked for, ``subscale``. ``scoring`` ("mean" or "sum") may be there; without it the mean is taken.
    questionnaire : str
        Name of the questionnaire.
    subscale : str, optional
        Only the items of this subscale.

    Returns
    -------
    pandas.DataFrame
        Index ``participant_id``; ``score`` in the unit of the items and ``answers`` (items answered on scored
        occasions). Participants without a scored occasion are absent.

    Notes
    -----
    An occasion with an unanswered item is not scored: filling it in would be a guess.

    References
    ----------
    .. [1] McGrath et al. (2025). Measuring trust in artificial intelligence. Front. Artif. Intell. 8:1582880.
       https://doi.org/10.3389/frai.2025.1582880

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"participant_id": "p1", "step_index": 3, "questionnaire": "toy", "item": ["a", "b"],
    ...                      "value": [7, 1], "minimum": 1, "maximum": 7, "reverse": [False, True]})
    >>> scale_score(rows, questionnaire="toy")["score"].tolist()
    [7.0]
    """
    chosen = scales[(scales["questionnaire"] == questionnaire).to_numpy(dtype=bool, na_value=False)]
    if subscale is not None:
        chosen = chosen[(chosen["subscale"] == subscale).to_numpy(dtype=bool, na_value=False)]
    chosen = turned_items(chosen)
    items = chosen["turned"].groupby([chosen["participant_id"], chosen["step_index"]])
    occasions = items.agg(["mean", "sum", "count", "size"])
    score = "sum" if is_summed(chosen) else "mean"
    whole = occasions[occasions["count"] == occasions["size"]]
    people = whole.groupby("participant_id")
    return people[score].mean().to_frame("score").assign(answers=people["count"].sum())


def is_summed(scales: pd.DataFrame) -> bool:
    """Say whether the items of one questionnaire are added up instead of averaged.

    Parameters
    ----------
    scales : pandas.DataFrame
        Rows of one questionnaire; ``scoring`` may be missing.

    Returns
    -------
    bool

    Examples
    --------
    >>> import pandas as pd
    >>> is_summed(pd.DataFrame({"scoring": ["sum"]})), is_summed(pd.DataFrame({"value": [1]}))
    (True, False)
    """
    return "scoring" in scales.columns and bool((scales["scoring"] == "sum").any())


def turned_items(scales: pd.DataFrame) -> pd.DataFrame:
    """Return the item rows with a column ``turned``: the value, for a reversed item minimum + maximum - value.

    Parameters
    ----------
    scales : pandas.DataFrame
        Columns ``value, minimum, maximum, reverse``.

    Returns
    -------
    pandas.DataFrame
        A copy, sorted by ``turned``, so that the order of rows changes no sum.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"value": [2, 7], "minimum": 1, "maximum": 7, "reverse": [True, False]})
    >>> turned_items(rows)["turned"].tolist()
    [6.0, 7.0]
    """
    value, low, high = (scales[name].astype(float) for name in ("value", "minimum", "maximum"))
    reverse = scales["reverse"].astype("boolean").fillna(False).astype(bool)
    return scales.assign(turned=value.where(~reverse, low + high - value)).sort_values("turned")


def instruments(scales: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield every questionnaire and, below it, each of its subscales, with the rows.

    Parameters
    ----------
    scales : pandas.DataFrame
        Columns ``questionnaire`` and, when known, ``subscale``.

    Yields
    ------
    tuple of str, str, pandas.DataFrame
        Questionnaire, subscale ("" for the whole) and rows, sorted by name. Rows without minimum and maximum (a
        question that is no scale) and those whose ``scoring`` is "none" are in none.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"questionnaire": "tia", "subscale": ["trust", None], "minimum": 1, "maximum": 5})
    >>> [(name, part, len(found)) for name, part, found in instruments(rows)]
    [('tia', '', 2), ('tia', 'trust', 1)]
    """
    scored = scales[scales["minimum"].notna() & scales["maximum"].notna()]
    if "scoring" in scored.columns:
        scored = scored[(scored["scoring"] != "none").to_numpy(dtype=bool, na_value=True)]
    for name in sorted(scored["questionnaire"].dropna().unique()):
        rows = scored[(scored["questionnaire"] == name).to_numpy(dtype=bool, na_value=False)]
        yield name, "", rows
        if "subscale" in rows.columns:
            for part in sorted(part for part in rows["subscale"].dropna().unique() if part):
                yield name, part, rows[(rows["subscale"] == part).to_numpy(dtype=bool, na_value=False)]


def scale_measure(argument: str) -> type[Measure]:
    """Make the measure of one questionnaire or subscale.

    Parameters
    ----------
    argument : str
        ``questionnaire`` or ``questionnaire/subscale``, as the table of scales names them.

    Returns
    -------
    type of Measure
        Named ``scale_score:argument``; the mean of the items, in the unit of the items.

    Raises
    ------
    UnknownPluginError
        When no questionnaire is named.

    Notes
    -----
    Minimum, maximum and reversal of each item come with the table, so that instruments whose text may not be
    bundled are scored as well. Self-report is never a primary outcome.

    References
    ----------
    .. [1] Hoffman, Mueller, Klein & Litman (2023). Measures for explainable AI. Front. Comput. Sci. 5.
       https://doi.org/10.3389/fcomp.2023.1096257

    Examples
    --------
    >>> import pandas as pd
    >>> answers = {"item": ["a", "b"], "value": [40, 60], "minimum": 0, "maximum": 100, "reverse": False}
    >>> rows = pd.DataFrame({"participant_id": "p1", "step_index": 5, "questionnaire": "nasa_tlx", **answers})
    >>> scale_measure("nasa_tlx").compute(rows).tolist()
    [50.0]
    """
    questionnaire, _, subscale = argument.partition("/")
    if not questionnaire:
        raise UnknownPluginError(
            "scale_score names no questionnaire. Write scale_score:NAME or scale_score:NAME/SUBSCALE."
        )
    part = f", {subscale}" if subscale else ""
    declared = {
        "name": f"scale_score:{argument}",
        "label": f"Score of {questionnaire}{part}",
        "unit": "points of the scale",
        "bounds": (None, None),
        "higher_is_better": None,
        "questionnaire": questionnaire,
        "subscale": subscale or None,
        "reference": "Hoffman et al. 2023, https://doi.org/10.3389/fcomp.2023.1096257",
        "requires": (*_REQUIRED, "subscale") if subscale else _REQUIRED,
        "__doc__": f"Mean of the items of {questionnaire}{part}; see `scale_measure`.",
    }
    return type("ScaleScore", (ScaleMean,), declared)


_REQUIRED = (
    "participant_id",
    "step_index",
    "questionnaire",
    "item",
    "value",
    "minimum",
    "maximum",
    "reverse",
)


class ScaleMean(Measure):
    """The mean of the items of one questionnaire; a subclass names the questionnaire."""

    version = "1"
    family = "self-report"
    level = "participant"
    requires = _REQUIRED
    table = "scales"
    questionnaire: ClassVar[str]
    subscale: ClassVar[str | None] = None

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        """Return the score of each participant, missing where it was not asked or an item was left open."""
        return cls._scores(table)["score"].reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        """Return the answered items of each participant, of scored occasions."""
        counts = cls._scores(table)["answers"]
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)

    @classmethod
    def _scores(cls, table: pd.DataFrame) -> pd.DataFrame:
        check_columns(cls, table)
        return scale_score(table, questionnaire=cls.questionnaire, subscale=cls.subscale)
