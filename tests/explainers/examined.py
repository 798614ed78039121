"""Explanations of toy predictors, ready for the gate; and methods that are wrong on purpose."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from explainers.core.attribution import Explanation
from explainers.core.engine import ExplainRequest
from explainers.core.gate.panel import Examined
from explainers.core.method import Batch
from explainers.core.predictor import LoadedPredictor
from explainers.methods import METHODS
from tests.explainers.toys import QUICK, SPECS, rows_of, toy


def examined(
    method: Any,
    modality: str = "tabular",
    *,
    cases: int = 6,
    predictor: LoadedPredictor | None = None,
    rows: list[dict[str, Any]] | None = None,
    **parameters: Any,
) -> Examined:
    plugin = METHODS.get(method) if isinstance(method, str) else method
    predictor = predictor or toy(SPECS[modality])
    rows = rows or rows_of(modality, cases)
    whole = plugin.complete({**QUICK.get(plugin.name, {}), **parameters})
    requests = [
        ExplainRequest(
            str(place), str(place), row, "advised", max(scores, key=lambda name: scores[name]), whole
        )
        for place, (row, scores) in enumerate(zip(rows, predictor.probabilities(rows), strict=True))
    ]
    found = Examined(plugin(), predictor, requests, [])
    return replace(found, explanations=found.again(requests))


class Deaf(METHODS.get("integrated_gradients")):  # type: ignore[misc]
    """Explains whatever the predictor has learned by the inputs themselves, as an edge detector does."""

    name = "deaf"
    promises = frozenset({"determinism", "seedless"})

    def explain(self, batch: Batch) -> list[Explanation]:
        real = super().explain(batch)
        inputs = batch.predictor.standardised(batch.rows)
        return [replace(each, values=tuple(row.tolist())) for each, row in zip(real, inputs, strict=True)]


class Dice(METHODS.get("integrated_gradients")):  # type: ignore[misc]
    """Draws numbers."""

    name = "dice"
    promises = frozenset({"determinism"})
    parameters: ClassVar[Mapping[str, Any]] = METHODS.get("integrated_gradients").parameters

    def explain(self, batch: Batch) -> list[Explanation]:
        from explainers.core.draws import generator_of

        return [
            replace(each, values=tuple(generator_of(seed).standard_normal(len(each.values)).tolist()))
            for each, seed in zip(super().explain(batch), batch.seeds, strict=True)
        ]
