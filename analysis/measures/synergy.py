"""Synergy: the team against the better of people alone and the AI alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.tabulation import Tabulation, rows_of
from analysis.measures import tabulations
from analysis.measures._alone import alone_by_group, one_sided
from analysis.measures._comparison import difference, mean_interval
from analysis.measures.accuracy import Accuracy
from analysis.measures.ai_accuracy import AiAccuracy

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class Synergy(Tabulation):
    """Mean of each condition beyond people alone and beyond the AI on the same cases; the smaller one counts.

    Complementary only if the team beats both: an intersection-union test, p = max of two one-sided p,
    each at alpha, without correction (Welch against people; one-sample t of team less AI over
    participants).

    Notes
    -----
    The AI's share right is a constant on the cases that a participant judged, so that the comparison is
    paired by participant; it holds for these cases. Taking the better of the two after seeing the data
    is biased, testing against both is not. ``hedges_g`` is against the one with the higher mean:
    against people with the pooled standard deviation, against the AI, which has none, with that of the
    team (df = n - 1). p is missing where either test is not defined.

    References
    ----------
    .. [1] Vaccaro, Almaatouq & Malone (2024). When combinations of humans and AI are useful. Nat.
       Hum. Behav. 8, 2293-2303. https://doi.org/10.1038/s41562-024-02024-1
    .. [2] Bansal et al. (2021). Does the whole exceed its parts? CHI '21.
       https://doi.org/10.1145/3411764.3445717
    .. [3] Berger (1982). Multiparameter hypothesis testing and acceptance sampling. Technometrics
       24, 295-300. https://doi.org/10.1080/00401706.1982.10487790

    Examples
    --------
    >>> import pandas as pd
    >>> who = {"participant_id": ["p1", "p2", "p3", "p4"], "condition": ["ai", "ai", "own", "own"]}
    >>> shown = {"advice_source": ["ai", "ai", "none", "none"], "ai_correct": [True, False, True, True]}
    >>> trials = pd.DataFrame({**who, **shown, "correct": [True, True, True, False]})
    >>> Synergy.compute(trials)[["vs_human", "vs_ai", "value"]].to_dict("index")
    {'ai': {'vs_human': 0.5, 'vs_ai': 0.5, 'value': 0.5}}
    """

    name = "synergy"
    version = "1"
    label = "Synergy"
    family = "decision quality"
    unit = "difference of proportions"
    requires = ("participant_id", "correct", "ai_correct")
    reference = "Vaccaro et al. 2024, https://doi.org/10.1038/s41562-024-02024-1"
    columns = {
        "value": "the smaller of the two differences; synergy where it is above 0",
        "vs_human": "team - human alone, difference of proportions",
        "vs_ai": "team - AI alone on the same cases, difference of proportions",
        "p": "of the intersection-union test that the team beats both, one-sided",
        "p_vs_human": "one-sided p against people alone",
        "p_vs_ai": "one-sided p against the AI alone",
        "better": "whose mean is higher here: human or ai (found in the data, so descriptive)",
        "hedges_g": "difference from the one named by better, in standard deviations",
        "team": "mean over participants of the condition",
        "human": "mean over participants alone",
        "ai": "mean over participants of the AI on their cases",
        "n": "participants of the condition with a value",
        "n_reference": "participants alone with a value",
        "n_undefined": "participants of the condition without a value",
    }
    options = {
        "reference": 'name of the condition of people alone, or "initial"; found by itself where there is exactly one',
    }

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str, reference: Any = None) -> Iterator[dict[str, Any]]:
        alone = alone_by_group(table, by=by, name=cls.name, measure=Accuracy, reference=reference)
        for group, people in alone.items():
            rows = rows_of(table, by=by, group=group)
            both = rows[rows["correct"].notna() & rows["ai_correct"].notna()]
            team, machine = (measure.compute(both).dropna() for measure in (Accuracy, AiAccuracy))
            human = people.dropna()
            against_human, against_ai = difference(team, human), mean_interval(team - machine)
            tests = (one_sided(against_human), one_sided(against_ai))
            better = "human" if len(human) and human.mean() > machine.mean() else "ai"
            yield {
                by: group,
                "value": min(against_human["value"], against_ai["value"]),
                "vs_human": against_human["value"],
                "vs_ai": against_ai["value"],
                "p": max(tests) if not any(map(math.isnan, tests)) else math.nan,
                "p_vs_human": tests[0],
                "p_vs_ai": tests[1],
                "better": better,
                "hedges_g": against_human["hedges_g"] if better == "human" else _against_ai(team, machine),
                "team": float(team.sort_values().mean()),
                "human": float(human.sort_values().mean()),
                "ai": float(machine.sort_values().mean()),
                "n": len(team),
                "n_reference": len(human),
                "n_undefined": rows["participant_id"].nunique() - len(team),
            }


def _against_ai(team: pd.Series[float], machine: pd.Series[float]) -> float:
    # The AI has no spread between participants: the standard deviation is the team's.
    n = len(team)
    if n < 2 or team.nunique() < 2:
        return math.nan
    gap = float((team - machine).sort_values().mean())
    return (1 - 3 / (4 * (n - 1) - 1)) * gap / float(team.sort_values().std(ddof=1))
