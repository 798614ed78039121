"""Trust for explainable AI: stated trust by eight items."""

from analysis.measures import registry
from analysis.measures._scale_score import ScaleMean


@registry.register
class TrustXai(ScaleMean):
    """Mean of the eight items of the Trust Scale for explainable AI, 1 to 5, the item on being wary reversed.

    Notes
    -----
    More trust is not better where the AI is wrong. Self-report is never a primary outcome. Minimum,
    maximum and reversal of each item come with the table. A participant who was not asked, or left an
    item open, is missing.

    References
    ----------
    .. [1] Hoffman, Mueller, Klein & Litman (2023). Measures for explainable AI. Front. Comput. Sci. 5.
       https://doi.org/10.3389/fcomp.2023.1096257

    Examples
    --------
    >>> import pandas as pd
    >>> answers = {"item": ["a", "b"], "value": [1, 5], "minimum": 1, "maximum": 5, "reverse": False}
    >>> rows = pd.DataFrame({"participant_id": "p1", "step_index": 5, "questionnaire": "trust_xai", **answers})
    >>> TrustXai.compute(rows).tolist()
    [3.0]
    """

    name = "trust_xai"
    label = "Stated trust (for explainable AI)"
    unit = "points of 1 to 5"
    bounds = (1.0, 5.0)
    higher_is_better = None
    reference = "Hoffman et al. 2023, https://doi.org/10.3389/fcomp.2023.1096257"
    questionnaire = "trust_xai"
