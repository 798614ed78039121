"""Preferences: which of several explanations people would rather have, and how much of it is the place it had."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.selection import PREFERENCE_PROTOCOLS, counted
from analysis.core.tabulation import Tabulation, groups, rows_of
from analysis.measures import tabulations

if TYPE_CHECKING:
    import pandas as pd

NEITHER = "neither"
_LEVEL = 0.95


@tabulations.register
class Preferences(Tabulation):
    """Share of comparisons in which an explanation is the one preferred, of each participant, averaged over people.

    ``value = mean_p (chosen_pe / n_p)`` over the participants p with n_p answered comparisons; limits are those of a t
    interval over participants (n - 1 degrees of freedom), not cut at 0 and 1.

    Notes
    -----
    Liking alike gives ``chance``: 1 / number of things side by side, less where people may answer ``neither`` (it has a
    row of its own). ``first_place`` is the share of the choices of an explanation that were made while it stood first:
    with sides that change in turn and no liking of a place it is 1 / number of things. Shares of one participant add up
    to 1, so the rows are not independent of each other. What people prefer is not what helps them: report it beside a
    behavioural measure.

    References
    ----------
    .. [1] Hase & Bansal (2020). Evaluating explainable AI: which algorithmic explanations help users predict model
       behavior? ACL. https://doi.org/10.18653/v1/2020.acl-main.491

    Examples
    --------
    >>> import pandas as pd
    >>> said = {"response": ["ig", "ig", "shap", "ig"], "place": [1, 2, 1, 1], "n_options": 2}
    >>> who = {"participant_id": ["p1", "p1", "p2", "p2"], "condition": "both", "protocol": "preference"}
    >>> found = Preferences.compute(pd.DataFrame({**who, **said}))
    >>> found[["value", "chance", "n"]].round(2).reset_index().to_dict("split")["data"]
    [['both', 'ig', 0.75, 0.5, 3], ['both', 'shap', 0.25, 0.5, 1]]
    """

    name = "preferences"
    version = "1"
    label = "Preferred explanations"
    family = "self-report"
    unit = "proportion"
    requires = ("participant_id", "protocol", "response", "place", "n_options")
    uses = ("explanations",)
    reference = "Hase & Bansal 2020, https://doi.org/10.18653/v1/2020.acl-main.491"
    keys = ("explanation",)
    columns = {
        "value": "mean over participants of the share of comparisons in which it is preferred",
        "ci_low": "95 % limits over participants; missing with one participant",
        "ci_high": "upper limit",
        "chance": "1 / number of things side by side, mean over comparisons; missing for neither",
        "first_place": "share of its choices made while it stood first; missing for neither",
        "n": "comparisons in which it was chosen",
        "n_comparisons": "comparisons with an answer",
        "n_participants": "participants with one",
        "n_undefined": "comparisons without an answer",
    }

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str) -> Iterator[dict[str, Any]]:
        import pandas as pd

        trials = counted(table, protocols=PREFERENCE_PROTOCOLS)
        for group, _ in groups(table, by=by):
            rows = rows_of(trials, by=by, group=group)
            known = rows[rows["response"].notna()]
            for name in _offered(rows, known):
                chosen = known["response"] == name
                first = pd.to_numeric(known.loc[chosen, "place"], errors="coerce").dropna() == 1
                is_thing = name != NEITHER
                yield {
                    by: group,
                    "explanation": name,
                    **_mean(chosen.astype(float).groupby(known["participant_id"]).mean()),
                    "chance": float((1 / known["n_options"].astype(float)).mean()) if is_thing else math.nan,
                    "first_place": float(first.mean()) if is_thing and len(first) else math.nan,
                    "n": int(chosen.sum()),
                    "n_comparisons": len(known),
                    "n_participants": known["participant_id"].nunique(),
                    "n_undefined": len(rows) - len(known),
                }


def _offered(rows: pd.DataFrame, known: pd.DataFrame) -> list[str]:
    """Return what could be chosen: what stood side by side, also if nobody took it, and what was answered."""
    shown = rows["explanations"].dropna().unique() if "explanations" in rows else ()
    names = {name for text in shown for name in str(text).split("+") if name}
    return sorted(names | set(known["response"]))


def _mean(shares: pd.Series[float]) -> dict[str, float]:
    from scipy import stats

    n = len(shares)
    found = {"value": float(shares.mean()) if n else math.nan, "ci_low": math.nan, "ci_high": math.nan}
    if n > 1:
        half = float(stats.t.ppf((1 + _LEVEL) / 2, n - 1) * shares.std(ddof=1) / math.sqrt(n))
        found |= {"ci_low": found["value"] - half, "ci_high": found["value"] + half}
    return found
