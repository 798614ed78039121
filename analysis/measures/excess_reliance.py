"""Over- and under-reliance beyond what people would do without advice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from analysis.core.tabulation import Tabulation, rows_of
from analysis.measures import tabulations
from analysis.measures._alone import alone_by_group
from analysis.measures._comparison import difference
from analysis.measures.over_reliance import OverReliance
from analysis.measures.under_reliance import UnderReliance

if TYPE_CHECKING:
    import pandas as pd


@tabulations.register
class ExcessReliance(Tabulation):
    """Over- and under-reliance less the same rates of people alone, against the advice they did not see.

    over: P(h1 = a | a != y) - P(h1 = a | a != y, alone); under: P(h1 != a | a = y) - P(h1 != a | a = y,
    alone).

    Notes
    -----
    Over-reliance holds errors that people make alone; only what exceeds them is due to the advice.
    Under-reliance beyond the baseline is mostly negative: advice moves people towards it. Alone is the
    condition without advice and explanation, or, with ``reference="initial"``, the same people's
    initial decisions (paired).

    References
    ----------
    .. [1] Bansal et al. (2021). Does the whole exceed its parts? CHI '21.
       https://doi.org/10.1145/3411764.3445717

    Examples
    --------
    >>> import pandas as pd
    >>> who = {"participant_id": ["p1", "p2"], "condition": ["ai", "own"], "advice_source": ["ai", "none"]}
    >>> said = {"response": ["a", "b"], "ai_prediction": ["a", "a"], "ai_correct": [False, False]}
    >>> ExcessReliance.compute(pd.DataFrame({**who, **said}))["value"].to_dict()
    {('ai', 'over_reliance'): 1.0, ('ai', 'under_reliance'): nan}
    """

    name = "excess_reliance"
    version = "1"
    label = "Reliance beyond people alone"
    family = "reliance"
    unit = "difference of proportions"
    requires = ("participant_id", "response", "ai_prediction", "ai_correct")
    reference = "Bansal et al. 2021, https://doi.org/10.1145/3411764.3445717"
    keys = ("kind",)
    columns = {
        "value": "rate beyond that of people alone, difference of proportions",
        "std_error": "of the difference, participants as the unit",
        "df": "degrees of freedom",
        "low": "lower 95 % limit",
        "high": "upper 95 % limit",
        "raw": "rate of the condition, proportion",
        "alone": "the same rate of people alone, proportion",
        "n": "participants of the condition with a rate",
        "n_reference": "participants alone with a rate",
        "n_undefined": "participants of the condition without a rate",
    }
    options = {
        "reference": 'name of the condition of people alone, or "initial"; found by itself where there is exactly one',
    }

    @classmethod
    def rows(cls, table: pd.DataFrame, *, by: str, reference: Any = None) -> Iterator[dict[str, Any]]:
        baselines = {
            measure: alone_by_group(table, by=by, name=cls.name, measure=measure, reference=reference)
            for measure in (OverReliance, UnderReliance)
        }
        for group in baselines[OverReliance]:
            rows = rows_of(table, by=by, group=group)
            for measure, alone in baselines.items():
                rate = measure.compute(rows)
                yield {
                    by: group,
                    "kind": measure.name,
                    **difference(rate, alone[group]),
                    "raw": float(rate.dropna().sort_values().mean()),
                    "alone": float(alone[group].dropna().sort_values().mean()),
                    "n_undefined": int(rate.isna().sum()),
                }
