"""Augmentation: the team against people alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.tabulation import Tabulation, rows_of
from analysis.measures import registry, tabulations
from analysis.measures._alone import alone_by_group
from analysis.measures._comparison import difference

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class Augmentation(Tabulation):
    """Mean of each condition less that of people alone, with Hedges g.

    team - human; g = J (team - human) / S_pooled, J = 1 - 3 / (4 df - 1), df = n1 + n0 - 2, with its
    sign turned where lower is better.

    Notes
    -----
    People alone are the condition without advice and explanation, or, with ``reference="initial"``, the
    same people's initial decisions (then paired; g with the standard deviation between participants all
    the same). Participants are the unit; Welch's interval. Missing intervals: fewer than two
    participants, or no variance.

    References
    ----------
    .. [1] Vaccaro, Almaatouq & Malone (2024). When combinations of humans and AI are useful. Nat.
       Hum. Behav. 8, 2293-2303. https://doi.org/10.1038/s41562-024-02024-1

    Examples
    --------
    >>> import pandas as pd
    >>> who = {"participant_id": ["p1", "p2", "p3", "p4"], "condition": ["ai", "ai", "own", "own"]}
    >>> done = {"advice_source": ["ai", "ai", "none", "none"], "correct": [True, True, True, False]}
    >>> Augmentation.compute(pd.DataFrame({**who, **done}))[["value", "n", "n_reference"]].to_dict("index")
    {'ai': {'value': 0.5, 'n': 2, 'n_reference': 2}}
    """

    name = "augmentation"
    version = "1"
    label = "Augmentation"
    family = "decision quality"
    unit = "unit of the measure"
    requires = ("participant_id",)
    uses = ("score_initial",)
    reference = "Vaccaro et al. 2024, https://doi.org/10.1038/s41562-024-02024-1"
    columns = {
        "value": "team - human alone, in the unit of the measure",
        "std_error": "of the difference, participants as the unit",
        "df": "degrees of freedom",
        "low": "lower 95 % limit",
        "high": "upper 95 % limit",
        "hedges_g": "difference in pooled standard deviations between participants; above 0 is better",
        "team": "mean over participants of the condition",
        "human": "mean over participants alone",
        "n": "participants of the condition with a value",
        "n_reference": "participants alone with a value",
        "n_undefined": "participants of the condition without a value",
    }
    options = {
        "reference": 'name of the condition of people alone, or "initial"; found by itself where there is exactly one',
        "measure": "name of a measure, accuracy by default",
    }

    @classmethod
    def rows(
        cls, table: pd.DataFrame, *, by: str, reference: Any = None, measure: str = "accuracy"
    ) -> Iterator[dict[str, Any]]:
        chosen = registry.get(measure)
        alone = alone_by_group(table, by=by, name=cls.name, measure=chosen, reference=reference)
        sign = -1.0 if chosen.higher_is_better is False else 1.0
        for group, human in alone.items():
            rows = rows_of(table, by=by, group=group)
            team = chosen.compute(rows)
            found = difference(team, human)
            yield {
                by: group,
                **found,
                "team": float(team.sort_values().mean()),
                "human": float(human.sort_values().mean()),
                "hedges_g": sign * found["hedges_g"],
                "n_undefined": int(team.isna().sum()),
            }
