"""Variants of an explanation: how much of what people do hangs on the seed or the perturbation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.measure import MissingColumnsError
from analysis.core.selection import DECISION_PROTOCOLS, counted, numbers, truths
from analysis.core.tabulation import Tabulation, groups, rows_of
from analysis.measures import tabulations
from analysis.measures._variants import flip_rate, nested_components

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class VariantComponents(Tabulation):
    """Variance components of case, of variant within case and of the rest, and how often decisions flip.

    Nested analysis of variance (Henderson's first method) of an outcome of the trial. Flips: share of
    pairs of variants of one case whose majority decisions differ.

    Notes
    -----
    Variants must have been assigned at random within the condition. An estimated component may be below
    0 and is then about 0; it is not cut off. ``flip_rate`` is over all pairs of variants of a case with
    a majority each; it is above 0 also by chance when few people saw a variant. Participants are not
    taken out: the inference is that of a mixed model with (1 | variant). Missing with one variant for
    each case, or one trial for each variant.

    References
    ----------
    .. [1] Searle, Casella & McCulloch (1992). Variance components. Wiley.
       https://doi.org/10.1002/9780470316856

    Examples
    --------
    >>> import pandas as pd
    >>> seen = {"case_id": ["c1"] * 4, "variant": ["s0", "s0", "s1", "s1"], "response": list("aabb")}
    >>> done = {"participant_id": ["p1", "p2", "p3", "p4"], "condition": "ig", "correct": [True, True, False, False]}
    >>> found = VariantComponents.compute(pd.DataFrame({**done, **seen}))
    >>> found[["value", "residual", "flip_rate", "n_pairs"]].to_dict("records")
    [{'value': 0.5, 'residual': 0.0, 'flip_rate': 1.0, 'n_pairs': 1}]
    """

    name = "variant_components"
    version = "1"
    label = "Variants as a variance component"
    family = "treatment"
    unit = "variance of the outcome"
    requires = ("participant_id", "case_id", "variant", "response")
    reference = "Searle et al. 1992, https://doi.org/10.1002/9780470316856"
    columns = {
        "value": "variance between variants of one case",
        "case": "variance between cases",
        "residual": "variance within a variant",
        "share": "value / (value + case + residual), components below 0 taken as 0",
        "flip_rate": "share of pairs of variants of a case with different majority decisions",
        "n_pairs": "pairs of variants with a majority each",
        "n_cases": "cases",
        "n": "trials with case, variant and outcome",
        "n_undefined": "trials without",
    }
    options = {"outcome": "column of trials, correct by default"}

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str, outcome: str = "correct") -> Iterator[dict[str, Any]]:
        if outcome not in table.columns:
            raise MissingColumnsError(
                f"The measure '{cls.name}' needs the column(s) {outcome} of the table trials, which are not there."
            )
        trials = counted(table, protocols=DECISION_PROTOCOLS)
        for group, _ in groups(table, by=by):
            rows = rows_of(trials, by=by, group=group)
            values = truths(rows[outcome]) if outcome.startswith("correct") else numbers(rows[outcome])
            if values.isna().sum() > rows[outcome].isna().sum():
                raise ValueError(
                    f"The measure '{cls.name}' needs numbers in {outcome}, its outcome; some are text."
                )
            known = rows.assign(outcome=values)
            known = known[known[["case_id", "variant", "outcome"]].notna().all(axis=1)]
            found = nested_components(known)
            flips, pairs = flip_rate(known)
            yield {
                by: group,
                **found,
                "flip_rate": flips,
                "n_pairs": pairs,
                "n_cases": known["case_id"].nunique(),
                "n": len(known),
                "n_undefined": len(rows) - len(known),
            }
