"""Agreement and distinction against chance, by whether the AI was right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.selection import (
    AGREEMENT_PROTOCOLS,
    DISTINCTION_PROTOCOLS,
    counted,
    is_false,
    is_true,
    truths,
)
from analysis.core.tabulation import Tabulation, groups, rows_of
from analysis.measures import tabulations
from analysis.measures._comparison import mean_interval, two_sided

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class AgainstChance(Tabulation):
    """Share of right answers in the agreement and distinction tasks less the chance level.

    t test over participants of share less chance; chance is 1 / ``n_options``, by default 1/2 for
    agreement and 1/4 for distinction.

    Notes
    -----
    The finding of the source was belief in both: high agreement accuracy for right predictions goes
    with low accuracy for wrong ones. Look at the two apart; the mean over all is at the mercy of the
    mix. Participants without a trial of a kind are missing there. Two-sided p; missing below two
    participants or without variance. The test holds for these cases.

    References
    ----------
    .. [1] Kim, Meister, Ramaswamy, Fong & Russakovsky (2022). HIVE: evaluating the human
       interpretability of visual explanations. ECCV. https://doi.org/10.1007/978-3-031-19775-8_17

    Examples
    --------
    >>> import pandas as pd
    >>> trials = {"condition": "ig", "protocol": "agreement", "ai_correct": True, "correct": [True, False, True, True]}
    >>> found = AgainstChance.compute(pd.DataFrame({"participant_id": ["p1", "p1", "p2", "p2"], **trials}))
    >>> found.loc[("ig", "agreement", "right"), ["share", "chance", "value"]].tolist()
    [0.75, 0.5, 0.25]
    """

    name = "against_chance"
    version = "1"
    label = "Agreement and distinction against chance"
    family = "understanding"
    unit = "difference of proportions"
    requires = ("participant_id", "protocol", "correct", "ai_correct")
    uses = ("n_options",)
    reference = "Kim et al. 2022, https://doi.org/10.1007/978-3-031-19775-8_17"
    keys = ("protocol", "ai")
    columns = {
        "value": "share - chance, difference of proportions",
        "std_error": "over participants",
        "df": "degrees of freedom",
        "low": "lower 95 % limit",
        "high": "upper 95 % limit",
        "p": "two-sided",
        "share": "mean over participants of the share right, proportion",
        "chance": "mean chance level, proportion",
        "n": "participants with a trial of the kind",
        "n_undefined": "participants of the task without",
    }

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str) -> Iterator[dict[str, Any]]:
        trials = counted(table, protocols=(*AGREEMENT_PROTOCOLS, *DISTINCTION_PROTOCOLS))
        known = trials[trials["correct"].notna()]
        known = known.assign(right=truths(known["correct"]), chance=_chance(known))
        for group, _ in groups(table, by=by):
            mine = rows_of(known, by=by, group=group)
            for protocol in sorted(mine["protocol"].unique()):
                task = mine[(mine["protocol"] == protocol).to_numpy(dtype=bool)]
                asked = task["participant_id"].nunique()
                kinds = {"right": is_true(task, "ai_correct"), "wrong": is_false(task, "ai_correct")}
                for kind, chosen in {**kinds, "all": task["right"].notna()}.items():
                    people = (
                        task[chosen]
                        .sort_values("right")
                        .groupby("participant_id")[["right", "chance"]]
                        .mean()
                    )
                    found = mean_interval(people["right"] - people["chance"])
                    yield {
                        by: group,
                        "protocol": protocol,
                        "ai": kind,
                        **found,
                        "share": float(people["right"].sort_values().mean()),
                        "chance": float(people["chance"].sort_values().mean()),
                        "p": two_sided(found),
                        "n_undefined": asked - len(people),
                    }


def _chance(trials: pd.DataFrame) -> pd.Series[float]:
    by_protocol = trials["protocol"].map({"agreement": 1 / 2, "distinction": 1 / 4}).astype(float)
    if "n_options" not in trials.columns:
        return by_protocol
    return (1 / trials["n_options"].astype(float)).fillna(by_protocol)
