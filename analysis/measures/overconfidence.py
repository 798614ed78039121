"""Over-confidence: stated confidence beyond the share that is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialMean
from analysis.core.selection import truths
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class Overconfidence(TrialMean):
    """Mean confidence less accuracy: mean p - mean o over the same trials.

    Notes
    -----
    Above 0: too sure; below 0: not sure enough; neither end is better. It can be 0 by errors that
    cancel: see `calibration_curve`. Hard cases give over-confidence and easy ones under-confidence even
    to well calibrated people; compare conditions on the same cases.

    References
    ----------
    .. [1] Lichtenstein, Fischhoff & Phillips (1982). Calibration of probabilities: the state of the
       art to 1980. In: Judgment under uncertainty. https://doi.org/10.1017/CBO9780511809477.023

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"confidence": [0.75, 1.0, None], "correct": [True, False, True]}
    >>> Overconfidence.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2"], **said})).tolist()
    [0.375, nan]
    """

    name = "overconfidence"
    version = "1"
    label = "Over-confidence"
    family = "confidence"
    unit = "difference of proportions"
    bounds = (-1.0, 1.0)
    higher_is_better = None
    requires = ("participant_id", "confidence", "correct")
    reference = "Lichtenstein et al. 1982, https://doi.org/10.1017/CBO9780511809477.023"

    @classmethod
    def values(cls, trials: pd.DataFrame) -> pd.Series[float]:
        return trials["confidence"].astype(float) - truths(trials["correct"])
