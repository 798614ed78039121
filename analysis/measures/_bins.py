"""Confidence in bins: on whole percent, so that values at an edge fall into a defined bin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.selection import DECISION_PROTOCOLS, counted, truths

if TYPE_CHECKING:
    import pandas as pd


def sure_and_right(table: pd.DataFrame) -> pd.DataFrame:
    """Return the decision trials, with confidence and whether they are right.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``participant_id, confidence, correct``.

    Returns
    -------
    pandas.DataFrame
        The counted trials with their columns; ``p`` (0 to 1) and ``o`` (0 or 1), missing where unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": ["p1"], "confidence": [0.8], "correct": [True]})
    >>> sure_and_right(trials)[["p", "o"]].to_dict("records")
    [{'p': 0.8, 'o': 1.0}]
    """
    trials = counted(table, protocols=DECISION_PROTOCOLS)
    return trials.assign(p=trials["confidence"].astype(float), o=truths(trials["correct"]))


def percent_bins(confidence: pd.Series[float], *, bins: int, name: str) -> pd.Series[int]:
    """Return the bin of each confidence, 0 to ``bins - 1``; equally wide, closed below, the last one on both sides.

    Parameters
    ----------
    confidence : pandas.Series of float
        0 to 1, none missing.
    bins : int
        How many; a divisor of 100.
    name : str
        Name of the measure, for the message.

    Returns
    -------
    pandas.Series of int
        One for each row.

    Raises
    ------
    ValueError
        When 100 cannot be divided by ``bins``.

    Examples
    --------
    >>> import pandas as pd
    >>> percent_bins(pd.Series([0.0, 0.29, 0.3, 1.0]), bins=10, name="toy").tolist()
    [0, 2, 3, 9]
    """
    if not 1 <= bins <= 100 or 100 % bins:
        raise ValueError(f"The measure '{name}' needs a number of bins that divides 100, got {bins}.")
    return ((confidence * 100).round().astype(int) // (100 // bins)).clip(upper=bins - 1)
