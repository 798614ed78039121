"""Explanation dose as a share of the time on the trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialMean
from analysis.core.selection import seen_ms
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class ExplanationDoseShare(TrialMean):
    """Mean over decision trials of the explanation's visible time divided by that of the page.

    Notes
    -----
    A check of the manipulation that does not grow with slowness. Trials without an explanation, a
    recorded time, or time left above 0 ms are no opportunity. Above 1 the clocks disagree: look at the
    events.

    References
    ----------
    .. [1] Bucinca, Malaya & Gajos (2021). To trust or to think: cognitive forcing functions can
       reduce overreliance on AI. Proc. ACM Hum.-Comput. Interact. 5, CSCW1.
       https://doi.org/10.1145/3449287

    Examples
    --------
    >>> import pandas as pd
    >>> seen = {"explanations": ["ig", ""], "explanation_visible_ms": [1000.0, None], "rt_ms": [4000.0, 3000.0]}
    >>> ExplanationDoseShare.compute(pd.DataFrame({"participant_id": ["p1", "p2"], **seen})).tolist()
    [0.25, nan]
    """

    name = "explanation_dose_share"
    version = "1"
    label = "Explanation dose, share of time"
    family = "treatment"
    unit = "share of the time on the trial"
    bounds = (0.0, None)
    higher_is_better = None
    requires = ("participant_id", "explanations", "explanation_visible_ms", "rt_ms")
    reference = "Bucinca et al. 2021, https://doi.org/10.1145/3449287"

    @classmethod
    def values(cls, trials: pd.DataFrame) -> pd.Series[float]:
        shown = trials["explanations"].notna() & (trials["explanations"].astype(object) != "")
        visible = trials["explanation_visible_ms"].astype(float).where(shown)
        return visible / seen_ms(trials)
