"""S-TIAS: three items on trust in the AI, as the participants say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.measures import registry
from analysis.measures._scale_score import scale_score

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class STias(Measure):
    """Mean of the three items of the Short Trust in Automation Scale for AI, 1 (not at all) to 7 (extremely).

    Notes
    -----
    Stated trust is not reliance and is never a primary outcome: trust scales do not track what people do. More
    trust is not better where the AI is wrong, so neither end counts as better. A participant who was not
    asked, or left an item out, is missing.

    References
    ----------
    .. [1] McGrath, Lack, Tisch & Duenser (2025). Measuring trust in artificial intelligence. Front. Artif.
       Intell. 8:1582880.
       https://doi.org/10.3389/frai.2025.1582880

    Examples
    --------
    >>> import pandas as pd
    >>> answers = {"item": ["a", "b", "c"], "value": [4, 5, 6], "minimum": 1, "maximum": 7, "reverse": False}
    >>> rows = pd.DataFrame({"participant_id": "p1", "step_index": 5, "questionnaire": "s_tias", **answers})
    >>> STias.compute(rows).tolist()
    [5.0]
    """

    name = "s_tias"
    version = "1"
    label = "Stated trust (S-TIAS)"
    family = "self-report"
    level = "participant"
    unit = "points of 1 to 7"
    bounds = (1.0, 7.0)
    higher_is_better = None
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
    reference = "McGrath et al. 2025, https://doi.org/10.3389/frai.2025.1582880"
    table = "scales"

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        check_columns(cls, table)
        scores = scale_score(table, questionnaire="s_tias")["score"]
        return scores.reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        check_columns(cls, table)
        answers = scale_score(table, questionnaire="s_tias")["answers"]
        return answers.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)
