"""Scoring a questionnaire from its item rows: reversed items turned, items averaged; data, not code, says how."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.registry import UnknownPluginError

if TYPE_CHECKING:
    import pandas as pd


def scale_score(scales: pd.DataFrame, *, questionnaire: str, subscale: str | None = None) -> pd.DataFrame:
    """Score one questionnaire: the mean of its items for each participant.

    A reversed item counts as ``minimum + maximum - value``. Occasions of a repeated questionnaire are averaged
    with equal weight.

    Parameters
    ----------
    scales : pandas.DataFrame
        Columns ``participant_id, step_index, questionnaire, item, value, minimum, maximum, reverse`` and, when
        a subscale is asked for, ``subscale``.
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
    value, low, high = (chosen[name].astype(float) for name in ("value", "minimum", "maximum"))
    turned = value.where(~chosen["reverse"].astype(bool), low + high - value)
    items = turned.groupby([chosen["participant_id"], chosen["step_index"]])
    occasions = items.agg(["mean", "count", "size"])
    whole = occasions[occasions["count"] == occasions["size"]]
    people = whole.groupby("participant_id")
    return people["mean"].mean().to_frame("score").assign(answers=people["count"].sum())


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
        "questionnaire": questionnaire,
        "subscale": subscale or None,
        "requires": (*_REQUIRED, "subscale") if subscale else _REQUIRED,
        "__doc__": f"Mean of the items of {questionnaire}{part}; see `scale_measure`.",
    }
    return type("ScaleScore", (_ScaleMean,), declared)


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


class _ScaleMean(Measure):
    version = "1"
    family = "self-report"
    level = "participant"
    unit = "points of the scale"
    bounds = (None, None)
    higher_is_better = None
    requires = _REQUIRED
    reference = "Hoffman et al. 2023, https://doi.org/10.3389/fcomp.2023.1096257"
    table = "scales"
    questionnaire: ClassVar[str]
    subscale: ClassVar[str | None]

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        return cls._scores(table)["score"].reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        counts = cls._scores(table)["answers"]
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)

    @classmethod
    def _scores(cls, table: pd.DataFrame) -> pd.DataFrame:
        check_columns(cls, table)
        return scale_score(table, questionnaire=cls.questionnaire, subscale=cls.subscale)
