"""TIAS: trust in automation by twelve items."""

from analysis.measures import registry
from analysis.measures._scale_score import ScaleMean


@registry.register
class Tias(ScaleMean):
    """Mean of the twelve items of the Trust in Automation Scale, 1 (not at all) to 7 (extremely), 1 to 5 reversed.

    Notes
    -----
    Many report two factors, distrust (items 1 to 5) and trust, instead of one. The negative items come
    first and may prime distrust. More trust is not better where the AI is wrong. Self-report is never a
    primary outcome. Minimum, maximum and reversal of each item come with the table. A participant who
    was not asked, or left an item open, is missing.

    References
    ----------
    .. [1] Jian, Bisantz & Drury (2000). Foundations for an empirically determined scale of trust in automated systems.
       Int. J. Cogn. Ergon. 4, 53-71. https://doi.org/10.1207/S15327566IJCE0401_04

    Examples
    --------
    >>> import pandas as pd
    >>> answers = {"item": ["a", "b"], "value": [1, 7], "minimum": 1, "maximum": 7, "reverse": False}
    >>> rows = pd.DataFrame({"participant_id": "p1", "step_index": 5, "questionnaire": "tias", **answers})
    >>> Tias.compute(rows).tolist()
    [4.0]
    """

    name = "tias"
    label = "Stated trust (TIAS)"
    unit = "points of 1 to 7"
    bounds = (1.0, 7.0)
    higher_is_better = None
    reference = "Jian et al. 2000, https://doi.org/10.1207/S15327566IJCE0401_04"
    questionnaire = "tias"
