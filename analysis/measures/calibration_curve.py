"""Calibration curve: how often people are right at each stated confidence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.tabulation import Tabulation, groups
from analysis.measures import tabulations
from analysis.measures._bins import percent_bins, sure_and_right

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class CalibrationCurve(Tabulation):
    """Share right against mean confidence in equally wide bins, with intervals that let trials of a person depend.

    Interval: ratio of sums with participants as clusters, t with (participants - 1) degrees of freedom.

    Notes
    -----
    All bins are there, also empty ones. A bin with one participant, or without variance between
    participants, has no interval. Confidence is binned on whole percent. The interval treats cases as
    fixed.

    References
    ----------
    .. [1] Lichtenstein, Fischhoff & Phillips (1982). Calibration of probabilities. In: Judgment
       under uncertainty. https://doi.org/10.1017/CBO9780511809477.023

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"confidence": [0.6, 0.6, 0.95], "correct": [True, False, True]}
    >>> found = CalibrationCurve.compute(pd.DataFrame({"participant_id": "p1", "condition": "ai", **said}), bins=5)
    >>> found.loc[("ai", 3), ["confidence", "accuracy", "n"]].tolist()
    [0.6, 0.5, 2.0]
    """

    name = "calibration_curve"
    version = "1"
    label = "Calibration curve"
    family = "confidence"
    unit = "proportion"
    requires = ("participant_id", "confidence", "correct")
    reference = "Lichtenstein et al. 1982, https://doi.org/10.1017/CBO9780511809477.023"
    keys = ("bin",)
    columns = {
        "from": "lower edge of the bin, belongs to it",
        "to": "upper edge of the bin, belongs to the next one (1 to the last)",
        "confidence": "mean stated confidence in the bin, proportion",
        "accuracy": "share right in the bin, proportion",
        "low": "lower 95 % limit of the share right",
        "high": "upper 95 % limit of the share right",
        "n": "trials in the bin",
        "n_participants": "participants with a trial in the bin",
    }
    options = {"bins": "number of equally wide bins, a divisor of 100; 10 by default"}

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str, bins: int = 10) -> Iterator[dict[str, Any]]:
        for group, rows in groups(sure_and_right(table), by=by):
            known = rows.dropna(subset=["p", "o"])
            place = percent_bins(known["p"], bins=bins, name=cls.name)
            for number in range(bins):
                inside = known[place == number]
                yield {
                    by: group,
                    "bin": number,
                    "from": number / bins,
                    "to": (number + 1) / bins,
                    "confidence": float(inside["p"].sort_values().mean()),
                    **_share(inside),
                    "n": len(inside),
                    "n_participants": inside["participant_id"].nunique(),
                }


def _share(trials: pd.DataFrame) -> dict[str, float]:
    from scipy import stats

    people = trials.sort_values("o").groupby("participant_id")["o"].agg(["sum", "count"])
    total, clusters = int(people["count"].sum()), len(people)
    share = float(people["sum"].sum()) / total if total else math.nan
    rest = people["sum"] - share * people["count"]
    if clusters < 2 or not (rest.abs() > 1e-12).any():
        return {"accuracy": share, "low": math.nan, "high": math.nan}
    std_error = math.sqrt(float((rest**2).sum()) * clusters / (clusters - 1)) / total
    reach = float(stats.t.ppf(0.975, clusters - 1)) * std_error
    return {"accuracy": share, "low": max(0.0, share - reach), "high": min(1.0, share + reach)}
