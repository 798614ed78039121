"""Learning retention: what is left of learning in a later session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import counted, truths
from analysis.measures import registry
from analysis.measures._phases import gain_between

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class LearningRetention(Measure):
    """Unaided accuracy of the phase ``retention`` less that of the phase ``pre``, within each participant.

    P(h1 = y | retention) - P(h1 = y | pre), over trials of the protocol ``learning_transfer``, in which
    neither phase shows advice or explanations.

    Notes
    -----
    Missing unless both phases have a trial. Practice alone raises it: compare it with the gain of those
    who learned without explanations. The cases of the phases must be different and equally hard.

    References
    ----------
    .. [1] Gajos & Mamykina (2022). Do people engage cognitively with AI? Impact of AI assistance on
       incidental learning. IUI '22. https://doi.org/10.48550/arXiv.2202.05402

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"phase": ["pre", "pre", "retention", "retention"], "correct": [True, False, True, True]}
    >>> trials = pd.DataFrame({"participant_id": "p1", "protocol": "learning_transfer", **said})
    >>> LearningRetention.compute(trials).tolist()
    [0.5]
    """

    name = "learning_retention"
    version = "1"
    label = "Learning retention"
    family = "understanding"
    level = "trial"
    unit = "difference of proportions"
    bounds = (-1.0, 1.0)
    higher_is_better = True
    requires = ("participant_id", "protocol", "phase", "correct")
    reference = "Gajos & Mamykina 2022, https://doi.org/10.48550/arXiv.2202.05402"
    protocols = ("learning_transfer",)

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        gain = gain_between(trials, right=truths(trials["correct"]), before="pre", after="retention")["gain"]
        return gain.reindex(everybody(table)).astype(float).rename(cls.name)

    @classmethod
    def opportunities(cls, table: pd.DataFrame) -> pd.Series[int]:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        counts = gain_between(trials, right=truths(trials["correct"]), before="pre", after="retention")[
            "trials"
        ]
        return counts.reindex(everybody(table), fill_value=0).astype(int).rename(cls.name)
