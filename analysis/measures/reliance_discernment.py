"""Discernment of reliance (d'): following the AI where it is right and not where it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.measures import registry
from analysis.measures._signal_detection import following_scores

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class RelianceDiscernment(Measure):
    """Sensitivity of following to the AI's correctness: d' = z(H) - z(F).

    Signal: the AI is right; response: the final decision is the AI's. H = P(h1 = a | a = y), F = P(h1 =
    a | a != y), both with the log-linear correction: 0.5 added to the counts, 1 to the totals.

    Notes
    -----
    0: following does not depend on whether the AI is right. Missing without a trial of either kind. The
    correction pulls values of participants with few trials towards 0: compare conditions with the same
    numbers of trials, or fit the probit model ``follow ~ ai_correct * condition``. In a condition
    without advice it is taken against the unseen advice.

    References
    ----------
    .. [1] Hautus (1995). Corrections for extreme proportions and their biasing effects on estimated
       values of d'. Behav. Res. Methods 27, 46-51. https://doi.org/10.3758/BF03203619
    .. [2] DeCarlo (1998). Signal detection theory and generalized linear models. Psychol. Methods
       3, 186-205. https://doi.org/10.1037/1082-989X.3.2.186

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response": list("aaababbb"), "ai_prediction": "a", "ai_correct": [True] * 4 + [False] * 4}
    >>> RelianceDiscernment.compute(pd.DataFrame({"participant_id": "p1", **said})).round(6).tolist()
    [1.048801]
    """

    name = "reliance_discernment"
    version = "1"
    label = "Discernment of reliance (d')"
    family = "reliance"
    level = "trial"
    unit = "standard deviations (d')"
    bounds = (None, None)
    higher_is_better = True
    requires = ("participant_id", "response", "ai_prediction", "ai_correct")
    reference = "Hautus 1995, https://doi.org/10.3758/BF03203619"

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        check_columns(cls, table)
        scores = following_scores(table)
        return (
            (scores["hit"] - scores["false_alarm"]).reindex(everybody(table)).astype(float).rename(cls.name)
        )

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        check_columns(cls, table)
        counts = following_scores(table)["trials"]
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)
