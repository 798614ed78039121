"""Raw NASA-TLX: stated workload."""

from analysis.measures import registry
from analysis.measures._scale_score import ScaleMean


@registry.register
class NasaTlx(ScaleMean):
    """Mean of the six scales of the raw (unweighted) NASA Task Load Index, 0 (low load) to 100 (high load).

    Notes
    -----
    The scale of performance runs from good (low) to poor (high); where it was asked the other way
    round, its item is marked as reversed. Self-report is never a primary outcome. Minimum, maximum and
    reversal of each item come with the table. A participant who was not asked, or left an item open, is
    missing.

    References
    ----------
    .. [1] Hart (2006). NASA-Task Load Index (NASA-TLX); 20 years later. Proc. HFES 50, 904-908.
       https://doi.org/10.1177/154193120605000909

    Examples
    --------
    >>> import pandas as pd
    >>> answers = {"item": ["a", "b"], "value": [0, 100], "minimum": 0, "maximum": 100, "reverse": False}
    >>> rows = pd.DataFrame({"participant_id": "p1", "step_index": 5, "questionnaire": "nasa_tlx", **answers})
    >>> NasaTlx.compute(rows).tolist()
    [50.0]
    """

    name = "nasa_tlx"
    label = "Workload (raw NASA-TLX)"
    unit = "points of 0 to 100"
    bounds = (0.0, 100.0)
    higher_is_better = False
    reference = "Hart 2006, https://doi.org/10.1177/154193120605000909"
    questionnaire = "nasa_tlx"
