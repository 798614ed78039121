"""Attainable range: which accuracies are possible at the observed adherence to the AI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.selection import DECISION_PROTOCOLS, counted, same
from analysis.core.tabulation import Tabulation, groups, rows_of
from analysis.measures import tabulations

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class AttainableRange(Tabulation):
    """Lowest and highest accuracy that share followed and AI accuracy allow, beside the observed accuracy.

    With A = P(h1 = a) and q = P(a = y): max(0, A + q - 1) <= accuracy <= 1 - |A - q|; with two classes
    the lower bound is |A + q - 1|.

    Notes
    -----
    Follows from accuracy = P(h1 = a = y) + P(h1 = y, a != y). Accuracy may rise only because adherence
    rises: ``position`` (0 lowest, 1 highest) says what discernment adds at the same adherence. Pooled
    over the trials of the group with all known; missing where the range is a point.

    References
    ----------
    .. [1] Schoeffer, Jakubik, Voessing, Kuehl & Satzger (2025). AI reliance and decision quality:
       fundamentals, interdependence, and the effects of interventions. JAIR.
       https://doi.org/10.48550/arXiv.2304.08804

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response": list("aabb"), "ai_prediction": list("aaab"), "ground_truth": list("abba")}
    >>> trials = pd.DataFrame({"participant_id": "p1", "condition": "ai", **said})
    >>> AttainableRange.compute(trials)[["accuracy", "adherence", "ai_accuracy", "low", "high"]].to_dict("records")
    [{'accuracy': 0.5, 'adherence': 0.75, 'ai_accuracy': 0.25, 'low': 0.0, 'high': 0.5}]
    """

    name = "attainable_range"
    version = "1"
    label = "Attainable range of accuracy"
    family = "decision quality"
    unit = "proportion"
    requires = ("participant_id", "response", "ai_prediction", "ground_truth")
    reference = "Schoeffer et al. 2025, https://doi.org/10.48550/arXiv.2304.08804"
    columns = {
        "accuracy": "share of trials decided rightly, proportion",
        "adherence": "share of trials decided as the AI says, proportion",
        "ai_accuracy": "share of trials in which the AI is right, proportion",
        "low": "lowest accuracy possible, proportion",
        "high": "highest accuracy possible, proportion",
        "position": "(accuracy - low) / (high - low)",
        "n": "trials with all three known",
        "n_undefined": "trials in which any of the three is unknown",
    }

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str) -> Iterator[dict[str, Any]]:
        trials = counted(table, protocols=DECISION_PROTOCOLS)
        labels = ["response", "ai_prediction", "ground_truth"]
        two = len({label for name in labels for label in trials[name].dropna()}) <= 2
        for group, _ in groups(table, by=by):
            rows = rows_of(trials, by=by, group=group)
            known = rows[rows[labels].notna().all(axis=1)]
            pairs = (
                ("response", "ground_truth"),
                ("response", "ai_prediction"),
                ("ai_prediction", "ground_truth"),
            )
            accuracy, followed, ai = (float(same(known[left], known[right]).mean()) for left, right in pairs)
            low = abs(followed + ai - 1) if two else max(0.0, followed + ai - 1)
            high = 1 - abs(followed - ai)
            yield {
                by: group,
                "accuracy": accuracy,
                "adherence": followed,
                "ai_accuracy": ai,
                "low": low,
                "high": high,
                "position": (accuracy - low) / (high - low) if high - low > 1e-12 else float("nan"),
                "n": len(known),
                "n_undefined": len(rows) - len(known),
            }
