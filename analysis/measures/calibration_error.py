"""Expected calibration error: how far confidence and share right are apart, over bins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.tabulation import Tabulation, groups
from analysis.measures import tabulations
from analysis.measures._bins import percent_bins, sure_and_right

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class CalibrationError(Tabulation):
    """ECE = sum_b n_b / N |mean o - mean p|, and the largest such distance of a bin, pooled over trials.

    Notes
    -----
    Biased upwards with few trials: at perfect calibration it is above 0, so compare conditions with the
    same numbers of trials and show `calibration_curve`. Fixed, equally wide bins on whole percent;
    report their number.

    References
    ----------
    .. [1] Naeini, Cooper & Hauskrecht (2015). Obtaining well calibrated probabilities using
       Bayesian binning. AAAI. https://doi.org/10.1609/aaai.v29i1.9602

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"confidence": [0.5, 0.5, 0.75, 0.75], "correct": [True, False, True, True]}
    >>> found = CalibrationError.compute(pd.DataFrame({"participant_id": "p1", "condition": "ai", **said}))
    >>> found[["value", "largest"]].to_dict("records")
    [{'value': 0.125, 'largest': 0.25}]
    """

    name = "calibration_error"
    version = "1"
    label = "Expected calibration error"
    family = "confidence"
    unit = "proportion"
    requires = ("participant_id", "confidence", "correct")
    reference = "Naeini et al. 2015, https://doi.org/10.1609/aaai.v29i1.9602"
    columns = {
        "value": "expected calibration error, proportion",
        "largest": "largest distance of a bin, proportion",
        "n_bins": "bins with a trial",
        "n": "trials with confidence and truth",
        "n_undefined": "trials without",
    }
    options = {"bins": "number of equally wide bins, a divisor of 100; 10 by default"}

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str, bins: int = 10) -> Iterator[dict[str, Any]]:
        for group, rows in groups(sure_and_right(table), by=by):
            known = rows.dropna(subset=["p", "o"]).sort_values(["p", "o"])
            found = known.groupby(percent_bins(known["p"], bins=bins, name=cls.name)).agg(
                p=("p", "mean"), o=("o", "mean"), n=("o", "size")
            )
            distance = (found["o"] - found["p"]).abs()
            yield {
                by: group,
                "value": float((distance * found["n"]).sum(min_count=1)) / len(known)
                if len(known)
                else float("nan"),
                "largest": float(distance.max()),
                "n_bins": len(found),
                "n": len(known),
                "n_undefined": len(rows) - len(known),
            }
