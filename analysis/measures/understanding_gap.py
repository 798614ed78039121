"""Understanding gap: how well people think they understand the AI, beyond how well they predict it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import SIMULATION_PROTOCOLS, counted
from analysis.measures import registry
from analysis.measures._phases import agrees_with_ai

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class UnderstandingGap(Measure):
    """Mean stated understanding (0 to 1) less forward-simulation accuracy, of each participant.

    Notes
    -----
    The illusion of explanatory depth, where it is above 0. The two scales have no common unit: the
    level means little, the difference between conditions more. Missing unless there are both a rating
    (column ``understanding``) and a guess, on forward-simulation trials. Neither end is better.

    References
    ----------
    .. [1] Rozenblit & Keil (2002). The misunderstood limits of folk science: an illusion of
       explanatory depth. Cogn. Sci. 26, 521-562. https://doi.org/10.1207/s15516709cog2605_1

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"understanding": [0.75, 0.75], "response": ["a", "b"], "ai_prediction": "a"}
    >>> trials = pd.DataFrame({"participant_id": "p1", "protocol": "forward_simulation", **said})
    >>> UnderstandingGap.compute(trials).tolist()
    [0.25]
    """

    name = "understanding_gap"
    version = "1"
    label = "Understanding gap"
    family = "understanding"
    level = "participant"
    unit = "difference of proportions"
    bounds = (-1.0, 1.0)
    higher_is_better = None
    requires = ("participant_id", "protocol", "understanding", "response", "ai_prediction")
    reference = "Rozenblit & Keil 2002, https://doi.org/10.1207/s15516709cog2605_1"
    protocols = SIMULATION_PROTOCOLS

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols).sort_values("understanding")
        person = trials["participant_id"]
        stated = trials["understanding"].astype(float).groupby(person).mean()
        shown = agrees_with_ai(trials).groupby(person).mean()
        return (stated - shown).reindex(everybody(table)).astype(float).rename(cls.name)
