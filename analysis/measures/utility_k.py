"""Utility-K: predicting the AI after K explained examples, against K unexplained ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.selection import LEARNING_PROTOCOLS, counted
from analysis.core.tabulation import Tabulation, groups
from analysis.measures import tabulations
from analysis.measures._comparison import difference
from analysis.measures._phases import agrees_with_ai

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class UtilityK(Tabulation):
    """Share predicting the AI rightly after K explained examples over that after K unexplained ones, for each K.

    Utility-K = P(guess = f | K explained) / P(guess = f | K unexplained); ``utility`` is the area below
    it over K, divided by the range of K (1: explanations are worth nothing).

    Notes
    -----
    Shares are means over participants. The ratio is missing where nobody of the reference is right; the
    difference has an interval, for one of the ratio resample participants. Trials of the phases ``pre``
    and ``learn`` do not count. The reference is the group that never sees an explanation, unless it is
    named.

    References
    ----------
    .. [1] Colin, Fel, Cadene & Serre (2022). What I cannot predict, I do not understand. NeurIPS.
       https://doi.org/10.48550/arXiv.2112.04417

    Examples
    --------
    >>> import pandas as pd
    >>> who = {"participant_id": ["p1", "p1", "p2", "p2"], "condition": ["ig", "ig", "no", "no"], "n_learned": 5}
    >>> said = {"protocol": "forward_simulation", "response": list("aaab"), "ai_prediction": "a"}
    >>> UtilityK.compute(pd.DataFrame({**who, **said}), reference="no")["value"].to_dict()
    {('ig', 5): 2.0}
    """

    name = "utility_k"
    version = "1"
    label = "Utility-K"
    family = "understanding"
    unit = "ratio"
    requires = ("participant_id", "protocol", "n_learned", "response", "ai_prediction")
    uses = ("phase",)
    reference = "Colin et al. 2022, https://doi.org/10.48550/arXiv.2112.04417"
    keys = ("k",)
    columns = {
        "value": "Utility-K, ratio of shares",
        "difference": "of the shares, proportion",
        "low": "lower 95 % limit of the difference",
        "high": "upper 95 % limit of the difference",
        "utility": "mean Utility-K over the range of K; the same in all rows of a group, missing with a single K",
        "n": "participants of the group with a guess at this K",
        "n_reference": "participants of the reference with a guess at this K",
        "n_undefined": "participants of the group without a known guess at this K",
    }
    options = {"reference": "name of the group with unexplained examples"}

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str, reference: Any = None) -> Iterator[dict[str, Any]]:
        base = _unexplained(table, by=by, name=cls.name, given=reference)
        trials = counted(table, protocols=LEARNING_PROTOCOLS)
        if "phase" in trials.columns:
            trials = trials[~trials["phase"].isin(["pre", "learn"])]
        trials = trials.assign(right=agrees_with_ai(trials)).dropna(subset=["n_learned"])
        shares = {group: _shares(rows) for group, rows in groups(trials, by=by)}
        rest = shares.pop(base, {})
        for group, found in shares.items():
            ratios = {k: _ratio(found[k], rest[k]) for k in sorted(found) if k in rest}
            area = _area(ratios)
            for k, ratio in ratios.items():
                gap = difference(found[k], rest[k])
                yield {
                    by: group,
                    "k": k,
                    "value": ratio,
                    "difference": gap["value"],
                    "low": gap["low"],
                    "high": gap["high"],
                    "utility": area,
                    "n": gap["n"],
                    "n_reference": gap["n_reference"],
                    "n_undefined": int(found[k].isna().sum()),
                }


def _unexplained(table: pd.DataFrame, *, by: str, name: str, given: Any) -> Any:
    there = [group for group, _ in groups(table, by=by)]
    if given is None and "explanations" in table.columns:
        found = [
            group for group, rows in groups(table, by=by) if (rows["explanations"].fillna("") == "").all()
        ]
        given = found[0] if len(found) == 1 else None
    if given not in there:
        raise ValueError(
            f"The measure '{name}' needs the {by} with unexplained examples as its reference. "
            f"Name it: reference='...', one of {', '.join(map(str, there))}."
        )
    return given


def _shares(trials: pd.DataFrame) -> dict[int, pd.Series[float]]:
    means = trials.groupby(["n_learned", "participant_id"])["right"].mean()
    return {int(k): means.xs(k, level=0) for k in means.index.get_level_values(0).unique()}


def _ratio(one: pd.Series[float], other: pd.Series[float]) -> float:
    below = float(other.dropna().sort_values().mean())
    return float(one.dropna().sort_values().mean()) / below if below > 0 else math.nan


def _area(ratios: dict[int, float]) -> float:
    import numpy as np

    ks = sorted(ratios)
    if len(ks) < 2:
        return math.nan
    return float(np.trapezoid([ratios[k] for k in ks], ks)) / (ks[-1] - ks[0])
