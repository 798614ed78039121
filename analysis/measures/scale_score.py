"""Scores of every questionnaire and subscale that the table carries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.tabulation import Tabulation, groups
from analysis.measures import tabulations
from analysis.measures._comparison import mean_interval
from analysis.measures._scale_score import instruments, is_summed, scale_score

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class ScaleScore(Tabulation):
    """Mean over participants of the mean of the items (reversed ones turned), by questionnaire and subscale.

    Notes
    -----
    The instrument's definition comes with the table: minimum, maximum, reversal and subscale of each
    item, so that instruments whose text may not be bundled are scored as well. The row with an empty
    subscale takes all items; where a scale is published as subscales only (such as that of Koerber
    2019), read those. An occasion with an open item is not scored; repeated occasions are averaged. One
    score of it for each participant: ``scale_score:NAME`` or ``scale_score:NAME/SUBSCALE``. Self-report
    is never a primary outcome.

    References
    ----------
    .. [1] Hoffman, Mueller, Klein & Litman (2023). Measures for explainable AI. Front. Comput. Sci.
       5. https://doi.org/10.3389/fcomp.2023.1096257

    Examples
    --------
    >>> import pandas as pd
    >>> answers = {"item": ["a", "b"], "value": [7, 1], "minimum": 1, "maximum": 7, "reverse": [False, True]}
    >>> who = {"participant_id": "p1", "condition": "ai", "step_index": 3, "questionnaire": "toy"}
    >>> ScaleScore.compute(pd.DataFrame({**who, **answers}))["value"].to_dict()
    {('ai', 'toy', ''): 7.0}
    """

    name = "scale_score"
    version = "1"
    label = "Scores of questionnaires"
    family = "self-report"
    unit = "points of the scale"
    requires = (
        "participant_id",
        "step_index",
        "questionnaire",
        "item",
        "value",
        "minimum",
        "maximum",
        "reverse",
    )
    reference = "Hoffman et al. 2023, https://doi.org/10.3389/fcomp.2023.1096257"
    keys = ("questionnaire", "subscale")
    columns = {
        "value": "mean over participants, points of the scale",
        "low": "lower 95 % limit",
        "high": "upper 95 % limit",
        "sd": "standard deviation between participants",
        "minimum": "lowest score possible",
        "maximum": "highest score possible",
        "n": "participants with a score",
        "n_undefined": "participants who were asked and left an item open",
    }
    table = "scales"

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str) -> Iterator[dict[str, Any]]:
        for group, rows in groups(table, by=by):
            for questionnaire, subscale, part in instruments(rows):
                found = scale_score(part, questionnaire=questionnaire)["score"]
                asked = part["participant_id"].nunique()
                yield {
                    by: group,
                    "questionnaire": questionnaire,
                    "subscale": subscale,
                    **mean_interval(found),
                    "sd": float(found.sort_values().std(ddof=1)) if len(found) > 1 else float("nan"),
                    "minimum": _bound(part, "minimum"),
                    "maximum": _bound(part, "maximum"),
                    "n_undefined": asked - len(found),
                }


def _bound(rows: pd.DataFrame, which: str) -> float:
    bounds = rows.drop_duplicates("item")[which].astype(float)
    return float(bounds.sum() if is_summed(rows) else bounds.mean())
