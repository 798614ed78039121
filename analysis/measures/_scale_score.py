"""Scoring a questionnaire from its item rows: reversed items turned, items averaged; data, not code, says how."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def scale_score(scales: pd.DataFrame, *, questionnaire: str, subscale: str | None = None) -> pd.DataFrame:
    """Score one questionnaire: the mean of its items for each participant.

    A reversed item counts as ``minimum + maximum - value``. Occasions of a repeated questionnaire are averaged
    with equal weight.

    Parameters
    ----------
    scales : pandas.DataFrame
        Columns ``participant_id, step_index, questionnaire, item, value, minimum, maximum, reverse`` and, when
        a subscale is asked for, ``subscale``.
    questionnaire : str
        Name of the questionnaire.
    subscale : str, optional
        Only the items of this subscale.

    Returns
    -------
    pandas.DataFrame
        Index ``participant_id``; ``score`` in the unit of the items and ``answers`` (items answered on scored
        occasions). Participants without a scored occasion are absent.

    Notes
    -----
    An occasion with an unanswered item is not scored: filling it in would be a guess.

    References
    ----------
    .. [1] McGrath et al. (2025). Measuring trust in artificial intelligence. Front. Artif. Intell. 8:1582880.
       https://doi.org/10.3389/frai.2025.1582880

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"participant_id": "p1", "step_index": 3, "questionnaire": "toy", "item": ["a", "b"],
    ...                      "value": [7, 1], "minimum": 1, "maximum": 7, "reverse": [False, True]})
    >>> scale_score(rows, questionnaire="toy")["score"].tolist()
    [7.0]
    """
    chosen = scales[(scales["questionnaire"] == questionnaire).to_numpy(dtype=bool, na_value=False)]
    if subscale is not None:
        chosen = chosen[(chosen["subscale"] == subscale).to_numpy(dtype=bool, na_value=False)]
    value, low, high = (chosen[name].astype(float) for name in ("value", "minimum", "maximum"))
    turned = value.where(~chosen["reverse"].astype(bool), low + high - value)
    items = turned.groupby([chosen["participant_id"], chosen["step_index"]])
    occasions = items.agg(["mean", "count", "size"])
    whole = occasions[occasions["count"] == occasions["size"]]
    people = whole.groupby("participant_id")
    return people["mean"].mean().to_frame("score").assign(answers=people["count"].sum())
