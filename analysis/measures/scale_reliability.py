"""Reliability of every questionnaire and subscale: omega and alpha."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.tabulation import Tabulation, groups
from analysis.measures import tabulations
from analysis.measures._reliability import cronbach_alpha, mcdonald_omega
from analysis.measures._scale_score import instruments, turned_items

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class ScaleReliability(Tabulation):
    """Omega (one factor, maximum likelihood) and alpha, for each questionnaire and each of its subscales.

    Notes
    -----
    By condition, because a scale can hang together under one condition and not under another.
    Participants who answered every item count; repeated occasions are averaged by item. Omega needs
    three items and more participants than items. With few participants both are imprecise: show n. A
    high value says that items go together, not that they measure what the scale is called.

    References
    ----------
    .. [1] McNeish (2018). Thanks coefficient alpha, we'll take it from here. Psychol. Methods 23,
       412-433. https://doi.org/10.1037/met0000144
    .. [2] Cronbach (1951). Coefficient alpha and the internal structure of tests. Psychometrika 16,
       297-334. https://doi.org/10.1007/BF02310555

    Examples
    --------
    >>> import pandas as pd
    >>> answers = {"item": ["a", "b"] * 3, "value": [1, 2, 2, 3, 3, 4], "minimum": 1, "maximum": 7, "reverse": False}
    >>> who = {"participant_id": ["p1", "p1", "p2", "p2", "p3", "p3"], "condition": "ai", "step_index": 3}
    >>> found = ScaleReliability.compute(pd.DataFrame({**who, "questionnaire": "toy", **answers}))
    >>> found[["alpha", "n_items", "n"]].to_dict("records")
    [{'alpha': 1.0, 'n_items': 2, 'n': 3}]
    """

    name = "scale_reliability"
    version = "1"
    label = "Reliability of questionnaires"
    family = "self-report"
    unit = "reliability"
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
    reference = "McNeish 2018, https://doi.org/10.1037/met0000144"
    keys = ("questionnaire", "subscale")
    columns = {
        "omega": "McDonald's omega, one factor; 0 to 1",
        "alpha": "Cronbach's alpha; at most 1",
        "n_items": "items",
        "n": "participants who answered every item",
        "n_undefined": "participants who left an item open",
    }
    table = "scales"

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str) -> Iterator[dict[str, Any]]:
        for group, rows in groups(table, by=by):
            for questionnaire, subscale, part in instruments(rows):
                wide = turned_items(part).groupby(["participant_id", "item"])["turned"].mean().unstack()
                whole = wide.dropna().to_numpy(dtype=float)
                yield {
                    by: group,
                    "questionnaire": questionnaire,
                    "subscale": subscale,
                    "omega": mcdonald_omega(whole),
                    "alpha": cronbach_alpha(whole),
                    "n_items": wide.shape[1],
                    "n": len(whole),
                    "n_undefined": len(wide) - len(whole),
                }
