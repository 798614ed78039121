"""Weight of advice: how far numbers move to the advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.measure import TrialMean
from analysis.core.selection import TWO_STAGE_PROTOCOLS, numbers
from analysis.measures import registry

if TYPE_CHECKING:
    import pandas as pd


@registry.register
class WeightOfAdvice(TrialMean):
    """Mean share of the way from the own number to the advised one: (h1 - h0) / (a - h0).

    Notes
    -----
    Below 0 the answer moved away from the advice, above 1 beyond it. The ratio has heavy tails where
    own and advised number are close: name the clipped form (`weight_of_advice_clipped`) in the plan if
    that is feared. Where advice and own number are the same it is not defined, and the trial is no
    opportunity; so are answers that are no numbers. Two-stage protocols only. Reliance, not appropriate
    reliance. Some authors take absolute values of both parts; moves away from the advice then count as
    moves towards it, so that is not done here.

    References
    ----------
    .. [1] Harvey & Fischer (1997). Taking advice: accepting help, improving judgment, and sharing
       responsibility. Organ. Behav. Hum. Decis. Process. 70, 117-133.
       https://doi.org/10.1006/obhd.1997.2697
    .. [2] Yaniv (2004). Receiving other people's advice: influence and benefit. Organ. Behav. Hum.
       Decis. Process. 93, 1-13. https://doi.org/10.1016/j.obhdp.2003.08.002

    Examples
    --------
    >>> import pandas as pd
    >>> answers = {"response_initial": ["10", "10", "20"], "response": ["15", "10", "25"]}
    >>> trials = pd.DataFrame({"participant_id": ["p1", "p1", "p2"], "ai_prediction": "20", **answers})
    >>> WeightOfAdvice.compute(trials).tolist()
    [0.25, nan]
    """

    name = "weight_of_advice"
    version = "1"
    label = "Weight of advice"
    family = "reliance"
    unit = "share of the way to the advice"
    bounds = (None, None)
    higher_is_better = None
    requires = ("participant_id", "response_initial", "response", "ai_prediction")
    reference = "Harvey & Fischer 1997, https://doi.org/10.1006/obhd.1997.2697"
    protocols = TWO_STAGE_PROTOCOLS

    @classmethod
    def values(cls, trials: pd.DataFrame) -> pd.Series[float]:
        own, final, advice = (
            numbers(trials[name]) for name in ("response_initial", "response", "ai_prediction")
        )
        distance = advice - own
        return (final - own) / distance.where(distance != 0)
