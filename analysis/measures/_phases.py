"""Gains between two phases of learning, within participants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.selection import same

if TYPE_CHECKING:
    import pandas as pd


def agrees_with_ai(trials: pd.DataFrame) -> pd.Series[float]:
    """Return 1 where the response is the AI's prediction, 0 where it is another, missing where either is unknown.

    Parameters
    ----------
    trials : pandas.DataFrame
        Columns ``response, ai_prediction``.

    Returns
    -------
    pandas.Series of float
        One for each row.

    Examples
    --------
    >>> import pandas as pd
    >>> agrees_with_ai(pd.DataFrame({"response": ["a", "b", None], "ai_prediction": "a"})).tolist()
    [1.0, 0.0, nan]
    """
    known = trials["response"].notna() & trials["ai_prediction"].notna()
    return same(trials["response"], trials["ai_prediction"]).astype(float).where(known)


def gain_between(trials: pd.DataFrame, *, right: pd.Series[float], before: str, after: str) -> pd.DataFrame:
    """Return the share that is right in one phase less that in another, of each participant.

    Parameters
    ----------
    trials : pandas.DataFrame
        Columns ``participant_id, phase``.
    right : pandas.Series of float
        1, 0 or missing, one for each row.
    before, after : str
        Levels of ``phase``.

    Returns
    -------
    pandas.DataFrame
        Index ``participant_id``; ``gain`` (-1 to 1, missing unless both phases have a known trial) and ``trials``
        (known ones of both phases).

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": "p1", "phase": ["pre", "test", "learn"]})
    >>> gain_between(trials, right=pd.Series([0.0, 1.0, 1.0]), before="pre", after="test").to_dict("records")
    [{'gain': 1.0, 'trials': 2}]
    """
    known = right.notna() & trials["phase"].isin([before, after])
    groups = right[known].groupby([trials["participant_id"][known], trials["phase"][known]])
    shares = groups.mean().unstack().reindex(columns=[before, after])
    counts = groups.size().groupby(level=0).sum()
    return (shares[after] - shares[before]).to_frame("gain").assign(trials=counts)
