"""Brier score: how far stated confidence is from what came true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialMean
from analysis.core.selection import truths
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Brier(TrialMean):
    """Mean squared distance of the stated confidence from being right: (p - o)^2 with o = 1[h1 = y].

    Notes
    -----
    0 is best; always saying 0.5 gives 0.25. It is about confidence in one's own decision and depends on
    task performance: see `brier_decomposition` for its parts. Trials without a confidence or a known
    truth are no opportunity.

    References
    ----------
    .. [1] Brier (1950). Verification of forecasts expressed in terms of probability. Mon. Weather
       Rev. 78, 1-3. https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"confidence": [1.0, 0.5, None], "correct": [True, False, True]}
    >>> Brier.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **said})).tolist()
    [0.125, nan]
    """

    name = "brier"
    version = "1"
    label = "Brier score of confidence"
    family = "confidence"
    unit = "squared proportion"
    bounds = (0.0, 1.0)
    higher_is_better = False
    requires = ("participant_id", "confidence", "correct")
    reference = "Brier 1950, https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2"

    @classmethod
    def values(cls, trials: pd.DataFrame) -> pd.Series[float]:
        return (trials["confidence"].astype(float) - truths(trials["correct"])) ** 2
