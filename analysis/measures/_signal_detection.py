"""Following the AI as signal detection: the signal is that the AI is right, the response is to follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.selection import DECISION_PROTOCOLS, counted, is_true, same

if TYPE_CHECKING:
    import pandas as pd


def following_scores(table: pd.DataFrame) -> pd.DataFrame:
    """Return z-scores of following, of each participant with a decision.

    ``hit = z((n follow, AI right + 0.5) / (n AI right + 1))``, ``false_alarm`` the same where the AI is wrong.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``participant_id, response, ai_prediction, ai_correct``.

    Returns
    -------
    pandas.DataFrame
        Index ``participant_id``; ``hit`` and ``false_alarm`` in standard deviations, missing without a trial of
        that kind, and ``trials``.

    References
    ----------
    .. [1] Hautus (1995). https://doi.org/10.3758/BF03203619

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response": ["a", "b"], "ai_prediction": "a", "ai_correct": [True, False]}
    >>> following_scores(pd.DataFrame({"participant_id": "p1", **said})).round(4).to_dict("records")
    [{'hit': 0.6745, 'false_alarm': -0.6745, 'trials': 2}]
    """
    import pandas as pd
    from scipy import special

    trials = counted(table, protocols=DECISION_PROTOCOLS)
    known = trials[["response", "ai_prediction", "ai_correct"]].notna().all(axis=1)
    trials = trials[known]
    follows = same(trials["response"], trials["ai_prediction"]).astype(int)
    right = is_true(trials, "ai_correct")
    person = trials["participant_id"]
    scores: dict[str, pd.Series[float]] = {}
    for name, rows in (("hit", right), ("false_alarm", ~right)):
        tally = follows[rows].groupby(person[rows]).agg(["sum", "count"])
        share = (tally["sum"] + 0.5) / (tally["count"] + 1)
        scores[name] = pd.Series(special.ndtri(share.to_numpy(dtype=float)), index=tally.index)
    return pd.DataFrame({**scores, "trials": person.groupby(person).size()})
