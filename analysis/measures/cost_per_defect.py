"""Cost per defect: what an audit costs for each defect that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import Measure, check_columns, everybody
from analysis.core.selection import AUDIT_PROTOCOLS, counted, is_true
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class CostPerDefect(Measure):
    """Cost of all audits of a participant over the number of defects among them.

    Sum of ``cost`` (review, missed defects, false alarms) / number of dossiers with a defect.

    Notes
    -----
    In points. Missing without a dossier that has a defect. It depends on how many dossiers have one: compare
    conditions with the same dossiers. A verdict without a cost is left out.

    References
    ----------
    .. [1] Adebayo, Muelly, Liccardi & Kim (2020). Debugging tests for model explanations. NeurIPS.
       https://doi.org/10.48550/arXiv.2011.05429

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"protocol": "audit", "cost": [1.0, 11.0, 1.0], "is_positive": [True, True, False]}
    >>> CostPerDefect.compute(pd.DataFrame({"participant_id": "p1", **said})).tolist()
    [6.5]
    """

    name = "cost_per_defect"
    version = "1"
    label = "Cost per defect"
    family = "decision quality"
    level = "participant"
    unit = "points"
    bounds = (0.0, None)
    higher_is_better = False
    requires = ("participant_id", "protocol", "cost", "is_positive")
    reference = "Adebayo et al. 2020, https://doi.org/10.48550/arXiv.2011.05429"
    protocols = AUDIT_PROTOCOLS

    @classmethod
    def compute(cls, table: pd.DataFrame) -> pd.Series[float]:
        check_columns(cls, table)
        trials = counted(table, protocols=cls.protocols)
        # Sorted, because the last digit of a sum depends on the order of its terms.
        trials = trials[trials["cost"].notna() & trials["is_positive"].notna()].sort_values("cost")
        person = trials["participant_id"]
        paid = trials["cost"].astype(float).groupby(person).sum()
        defects = is_true(trials, "is_positive").groupby(person).sum()
        found = paid / defects.where(defects > 0)
        return found.reindex(everybody(table)).astype(float).rename(cls.name)
