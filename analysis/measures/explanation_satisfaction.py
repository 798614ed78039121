"""Explanation satisfaction: how satisfied people say they are with the explanations."""

from analysis.measures import registry
from analysis.measures._scale_score import ScaleMean


@registry.register
class ExplanationSatisfaction(ScaleMean):
    """Mean of the items of the Explanation Satisfaction Scale, 1 to 5.

    Notes
    -----
    Placebic and real explanations have satisfied equally: satisfaction is no evidence of use. The
    number of items depends on the version: record it. Self-report is never a primary outcome. Minimum,
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
    >>> asked = {"participant_id": "p1", "step_index": 5, "questionnaire": "explanation_satisfaction"}
    >>> ExplanationSatisfaction.compute(pd.DataFrame({**asked, **answers})).tolist()
    [3.0]
    """

    name = "explanation_satisfaction"
    label = "Explanation satisfaction"
    unit = "points of 1 to 5"
    bounds = (1.0, 5.0)
    higher_is_better = None
    reference = "Hoffman et al. 2023, https://doi.org/10.3389/fcomp.2023.1096257"
    questionnaire = "explanation_satisfaction"
