"""Times of right decisions and shares of errors of each participant: what speed-accuracy scores are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.core.selection import DECISION_PROTOCOLS, counted, seen_ms, truths

if TYPE_CHECKING:
    import pandas as pd


def speed_and_accuracy(table: pd.DataFrame) -> pd.DataFrame:
    """Return mean and spread of the times of right decisions and of the errors, of each participant.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``participant_id, rt_ms, correct`` and, when known, ``hidden_ms``.

    Returns
    -------
    pandas.DataFrame
        Index ``participant_id``; ``ms`` and ``ms_sd`` (right decisions, hidden time subtracted), ``errors`` (share)
        and ``errors_sd``; standard deviations with divisor n - 1, missing below two; ``trials``.

    Notes
    -----
    Only decision trials with a known truth and a time above 0 ms count, for both parts.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"participant_id": "p1", "rt_ms": [1000.0, 3000.0], "correct": [True, False]})
    >>> speed_and_accuracy(trials)[["ms", "errors", "trials"]].to_dict("records")
    [{'ms': 1000.0, 'errors': 0.5, 'trials': 2}]
    """
    import pandas as pd

    trials = counted(table, protocols=DECISION_PROTOCOLS)
    found = trials[["participant_id"]].assign(ms=seen_ms(trials), error=1 - truths(trials["correct"]))
    # Sorted, because the last digit of a sum depends on the order of its terms.
    found = found.dropna().sort_values("ms")
    times = found[found["error"] == 0].groupby("participant_id")["ms"]
    errors = found.groupby("participant_id")["error"]
    return pd.DataFrame(
        {
            "errors": errors.mean(),
            "errors_sd": errors.std(),
            "trials": errors.size(),
            "ms": times.mean(),
            "ms_sd": times.std(),
        }
    )
