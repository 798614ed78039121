"""Harm case by case: which cases were turned from right to wrong, and which to right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.selection import TWO_STAGE_PROTOCOLS, counted, truths
from analysis.core.tabulation import Tabulation, groups, rows_of
from analysis.measures import tabulations

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class CaseHarm(Tabulation):
    """For each case, how often the advice turned decisions from right to wrong and from wrong to right.

    Notes
    -----
    Two-stage trials with a known initial and final decision. A mean gain can hide cases that are
    harmed: sort by ``value``. With many cases and few trials each the worst ones are partly bad luck.

    References
    ----------
    .. [1] Schemmer et al. (2023). Appropriate reliance on AI advice. IUI '23.
       https://doi.org/10.1145/3581641.3584066

    Examples
    --------
    >>> import pandas as pd
    >>> turns = {"correct_initial": [True, True, False], "correct": [False, True, True]}
    >>> trials = pd.DataFrame({"participant_id": "p1", "condition": "ai", "case_id": ["c1", "c1", "c2"], **turns})
    >>> CaseHarm.compute(trials)["value"].to_dict()
    {('ai', 'c1'): -0.5, ('ai', 'c2'): 1.0}
    """

    name = "case_harm"
    version = "1"
    label = "Harm by case"
    family = "decision quality"
    unit = "difference of proportions"
    requires = ("participant_id", "case_id", "correct_initial", "correct")
    reference = "Schemmer et al. 2023, https://doi.org/10.1145/3581641.3584066"
    keys = ("case_id",)
    columns = {
        "value": "(helped - harmed) / n, difference of proportions",
        "harmed": "trials turned from right to wrong",
        "helped": "trials turned from wrong to right",
        "n": "trials with both decisions known",
        "n_undefined": "trials without",
    }

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str) -> Iterator[dict[str, Any]]:
        trials = counted(table, protocols=TWO_STAGE_PROTOCOLS)
        for group, _ in groups(table, by=by):
            rows = rows_of(trials, by=by, group=group)
            before, after = truths(rows["correct_initial"]), truths(rows["correct"])
            change = (after - before).rename("change")
            for case, turned in change.groupby(rows["case_id"]):
                known = turned.dropna()
                harmed, helped = int((known < 0).sum()), int((known > 0).sum())
                yield {
                    by: group,
                    "case_id": case,
                    "value": (helped - harmed) / len(known) if len(known) else float("nan"),
                    "harmed": harmed,
                    "helped": helped,
                    "n": len(known),
                    "n_undefined": len(turned) - len(known),
                }
