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

    trials = counted(table, protocols=DECISION_PROTOCOLS)
    known = trials[["response", "ai_prediction", "ai_correct"]].notna().all(axis=1)
    trials = trials[known]
    follows = same(trials["response"], trials["ai_prediction"]).astype(int)
    person = trials["participant_id"]
    hit, false_alarm = z_of_rates(follows, is_true(trials, "ai_correct"), person)
    return pd.DataFrame({"hit": hit, "false_alarm": false_alarm, "trials": person.groupby(person).size()})


def z_of_rates(
    said: pd.Series[int], signal: pd.Series[bool], person: pd.Series[str]
) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return z of the rate of a response where the signal is there, and where it is not, of each participant.

    ``z((n response + 0.5) / (n trials + 1))``: the log-linear correction.

    Parameters
    ----------
    said : pandas.Series of int
        1 where the response was given, otherwise 0.
    signal : pandas.Series of bool
        Of equal index: whether the signal is there.
    person : pandas.Series of str
        Of equal index.

    Returns
    -------
    pair of pandas.Series of float
        By participant, in standard deviations; who has no trial of a kind is not in it.

    References
    ----------
    .. [1] Hautus (1995). https://doi.org/10.3758/BF03203619

    Examples
    --------
    >>> import pandas as pd
    >>> hit, false_alarm = z_of_rates(pd.Series([1, 0]), pd.Series([True, False]), pd.Series(["p1", "p1"]))
    >>> hit.round(4).tolist(), false_alarm.round(4).tolist()
    ([0.6745], [-0.6745])
    """
    import pandas as pd
    from scipy import special

    found = []
    for rows in (signal, ~signal):
        tally = said[rows].groupby(person[rows]).agg(["sum", "count"])
        share = (tally["sum"] + 0.5) / (tally["count"] + 1)
        found.append(pd.Series(special.ndtri(share.to_numpy(dtype=float)), index=tally.index))
    return found[0], found[1]
