"""The full table of reliance: initial decision x AI x final decision, right or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from analysis.core.selection import TWO_STAGE_PROTOCOLS, counted, is_true
from analysis.core.tabulation import Tabulation, groups, rows_of
from analysis.measures import tabulations

_WORD = {True: "right", False: "wrong"}

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class RelianceTable(Tabulation):
    """Counts of two-stage trials by whether the initial decision, the AI and the final decision are right: 2 x 2 x 2.

    Every measure of reliance and of appropriate reliance can be derived from it, so print it.

    Notes
    -----
    All eight cells are there, also empty ones. Trials are counted, not people: no standard error
    follows from the counts. Trials in which any of the three is unknown are in no cell; ``n_undefined``
    says how many.

    References
    ----------
    .. [1] Raees & Papangelis (2026). From trust to appropriate reliance: measurement constructs in human-AI
       decision-making. https://doi.org/10.48550/arXiv.2604.23896
    .. [2] Schemmer et al. (2023). Appropriate reliance on AI advice. IUI '23.
       https://doi.org/10.1145/3581641.3584066

    Examples
    --------
    >>> import pandas as pd
    >>> right = {"correct_initial": [False, True], "ai_correct": [True, True], "correct": [True, True]}
    >>> found = RelianceTable.compute(pd.DataFrame({"participant_id": "p1", "condition": "ai", **right}))
    >>> found.loc[("ai", "wrong", "right", "right"), ["n", "share"]].tolist()
    [1.0, 0.5]
    """

    name = "reliance_table"
    version = "1"
    label = "Table of reliance"
    family = "reliance"
    unit = "trials"
    requires = ("participant_id", "correct_initial", "ai_correct", "correct")
    reference = "Raees & Papangelis 2026, https://doi.org/10.48550/arXiv.2604.23896"
    keys = ("initial", "ai", "final")
    columns = {
        "n": "trials in the cell",
        "share": "of the trials of the group with all three known, proportion",
        "n_undefined": "trials of the group in which any of the three is unknown",
    }

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str) -> Iterator[dict[str, Any]]:
        trials = counted(table, protocols=TWO_STAGE_PROTOCOLS)
        parts = ["correct_initial", "ai_correct", "correct"]
        for group, _ in groups(table, by=by):
            rows = rows_of(trials, by=by, group=group)
            known = rows[rows[parts].notna().all(axis=1)]
            total = len(known)
            states = {part: is_true(known, part) for part in parts}
            for cell in product((True, False), repeat=3):
                hit = [states[part] == wanted for part, wanted in zip(parts, cell, strict=True)]
                n = int((hit[0] & hit[1] & hit[2]).sum())
                yield {
                    by: group,
                    **{key: _WORD[wanted] for key, wanted in zip(cls.keys, cell, strict=True)},
                    "n": n,
                    "share": n / total if total else float("nan"),
                    "n_undefined": len(rows) - total,
                }
