"""Brier score in its parts: reliability, resolution, uncertainty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.tabulation import Tabulation, groups
from analysis.measures import tabulations
from analysis.measures._bins import percent_bins, sure_and_right

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class BrierDecomposition(Tabulation):
    """Murphy's decomposition of the Brier score of the confidence in own decisions, pooled over trials.

    Over bins b: reliability = sum n_b / N (mean p - mean o)^2, resolution = sum n_b / N (mean o -
    o-bar)^2, uncertainty = o-bar (1 - o-bar); Brier = reliability - resolution + uncertainty + within.

    Notes
    -----
    By default each stated whole percent is a bin of its own; ``within``, what binning hides, is then 0
    for answers in whole percent. Small reliability is good, large resolution is good, uncertainty is
    the task's. With few trials in a bin reliability and resolution are biased upwards alike. Trials are
    pooled: no standard error follows.

    References
    ----------
    .. [1] Murphy (1973). A new vector partition of the probability score. J. Appl. Meteorol. 12,
       595-600. https://doi.org/10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"confidence": [0.5, 0.5, 1.0, 1.0], "correct": [True, False, True, True]}
    >>> found = BrierDecomposition.compute(pd.DataFrame({"participant_id": "p1", "condition": "ai", **said}))
    >>> found[["brier", "reliability", "resolution", "uncertainty"]].to_dict("records")
    [{'brier': 0.125, 'reliability': 0.0, 'resolution': 0.0625, 'uncertainty': 0.1875}]
    """

    name = "brier_decomposition"
    version = "1"
    label = "Brier score in its parts"
    family = "confidence"
    unit = "squared proportion"
    requires = ("participant_id", "confidence", "correct")
    reference = "Murphy 1973, https://doi.org/10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2"
    columns = {
        "brier": "mean (p - o)^2",
        "reliability": "distance of stated confidence from what came true; 0 is best",
        "resolution": "distance of what came true between bins; more is better",
        "uncertainty": "of the outcome, share right x share wrong",
        "within": "brier - reliability + resolution - uncertainty, what binning hides",
        "n_bins": "bins with a trial",
        "n": "trials with confidence and truth",
        "n_undefined": "trials without",
    }
    options = {"bins": "number of equally wide bins, a divisor of 100; 100 by default"}

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str, bins: int = 100) -> Iterator[dict[str, Any]]:
        for group, rows in groups(sure_and_right(table), by=by):
            known = rows.dropna(subset=["p", "o"]).sort_values(["p", "o"])
            # 100 stands apart from 99: with one bin for each percent the last one is not closed on both sides.
            place = percent_bins(known["p"], bins=bins, name=cls.name) + (known["p"] == 1.0) * (bins == 100)
            found = known.groupby(place).agg(p=("p", "mean"), o=("o", "mean"), n=("o", "size"))
            weight = found["n"] / found["n"].sum()
            right = float(known["o"].mean())
            parts = {
                "brier": float(((known["p"] - known["o"]) ** 2).mean()),
                "reliability": float((weight * (found["p"] - found["o"]) ** 2).sum(min_count=1)),
                "resolution": float((weight * (found["o"] - right) ** 2).sum(min_count=1)),
                "uncertainty": right * (1 - right),
            }
            rest = parts["brier"] - parts["reliability"] + parts["resolution"] - parts["uncertainty"]
            yield {
                by: group,
                **parts,
                "within": rest,
                "n_bins": len(found),
                "n": len(known),
                "n_undefined": len(rows) - len(known),
            }
