"""Concepts as explanations of cases: bars that add up, bars with a band, what has to be given."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from explainers.core.attribution import Explanation
from explainers.core.engine import ExplainRequest, explain
from explainers.core.errors import ExplanationRefused
from explainers.core.exhibit import Exhibit, artefact_of
from explainers.core.predictor import LoadedPredictor, PredictorSpec
from explainers.core.reference import ReferenceSet
from explainers.methods import METHODS
from tests.explainers.concepts import LAYERS, planted, rows_where
from tests.explainers.toys import TABLE, rows_of, toy

pytestmark = pytest.mark.heavy


def told(
    method: str,
    predictor: LoadedPredictor,
    rows: list[dict[str, Any]],
    *,
    references: Mapping[str, ReferenceSet] | None = None,
    target: str = "ill",
    **parameters: Any,
) -> list[Explanation]:
    plugin = METHODS.get(method)
    requests = [
        ExplainRequest(str(n), repr(row), row, f"class: {target}", target, plugin.complete(parameters))
        for n, row in enumerate(rows)
    ]
    return explain(
        plugin(), predictor=predictor, predictor_digest="toy", requests=requests, references=references
    )


def set_of(name: str, place: int | None, count: int, *, seed: int) -> ReferenceSet:
    """Rows in the units of the table: 0.5 + 2 z."""
    rows = [
        dict(zip(TABLE.features, (0.5 + 2.0 * row).tolist(), strict=True))
        for row in rows_where(place, count, seed=seed).double().numpy()
    ]
    return ReferenceSet(name, f"digest of {name}", [str(n) for n in range(count)], rows)


SETS = {
    each.name: each
    for each in (
        set_of("planted", 0, 15, seed=1),
        set_of("idle", 3, 15, seed=2),
        set_of("pool", None, 60, seed=3),
        set_of("cases", None, 40, seed=4),
    )
}
ASKED: dict[str, Any] = {
    "concepts": ["planted", "idle"], "pool": "pool", "cases": "cases", "layers": [LAYERS[1]], "sets": 5, "null": 60,
}  # fmt: skip


def bottleneck(outputs: int = 2) -> LoadedPredictor:
    parameters = {
        "backbone": {"architecture": "mlp", "parameters": {"inputs": 6, "hidden": [8], "outputs": 3}},
        "concepts": ["bleeding", "oedema", "scar"],
        "outputs": outputs,
    }
    classes = ["well", "ill", "unclear"][:outputs]
    return toy(PredictorSpec("concept_bottleneck", parameters, TABLE.features, classes, TABLE.preprocessing))


def test_bars_of_a_bottleneck_are_values_times_weights_and_add_up() -> None:
    predictor, rows = bottleneck(), rows_of("tabular", 4)
    state = {name: tensor.double().numpy() for name, tensor in predictor.module.state_dict().items()}
    for row, found in zip(rows, told("concept_bottleneck", predictor, rows), strict=True):
        assert isinstance(found, Exhibit)
        z = predictor.standardised([row])[0]
        hidden = np.maximum(state["backbone.hidden1.weight"] @ z + state["backbone.hidden1.bias"], 0)
        c = 1 / (1 + np.exp(-(state["backbone.out.weight"] @ hidden + state["backbone.out.bias"])))
        w = state["out.weight"][1] - state["out.weight"][0]
        np.testing.assert_allclose(found.values, c * w, rtol=1e-4, atol=1e-6)
        assert [bar["value"] for bar in found.content["bars"]] == pytest.approx(list(c), rel=1e-4)
        p = predictor.probabilities([row])[0]["ill"]
        assert found.output == pytest.approx(np.log(p / (1 - p)), rel=1e-4, abs=1e-6)
        assert found.completeness_error < 1e-5
        assert artefact_of(found.to_bytes()) == found


def test_three_classes_have_scores_and_no_log_odds() -> None:
    (found,) = told("concept_bottleneck", bottleneck(3), rows_of("tabular", 1), target_space="score")
    assert sum(found.values) + found.output_at_baseline == pytest.approx(found.output, abs=1e-5)
    with pytest.raises(ExplanationRefused, match="declare target_space: score"):
        told("concept_bottleneck", bottleneck(3), rows_of("tabular", 1))


def test_a_predictor_without_concepts_has_no_bottleneck() -> None:
    with pytest.raises(ExplanationRefused, match="declares no concepts"):
        told("concept_bottleneck", toy(TABLE), rows_of("tabular", 1))


def test_a_case_gets_a_bar_and_a_band_for_every_concept() -> None:
    rows = list(SETS["cases"].rows[:6])
    one, *_ = found = told("tcav", planted(), rows, references=SETS, **ASKED)
    assert isinstance(one, Exhibit)
    bars = {bar["name"]: bar for bar in one.content["bars"]}
    assert (bars["planted"]["found"], bars["idle"]["found"]) == (True, False)
    assert bars["planted"]["bar"] > bars["planted"]["high"] > 0 > bars["planted"]["low"]
    assert one.values == (bars["planted"]["bar"], bars["idle"]["bar"])
    assert one.recipe["details"]["references"]["pool"] == "digest of pool"
    p = planted().probabilities(rows)
    assert [each.output for each in found] == pytest.approx(
        [np.log(s["ill"] / s["well"]) for s in p], rel=1e-3
    )
    alone = told("tcav", planted(), rows[2:3], references=SETS, **ASKED)
    assert alone[0].to_bytes() != one.to_bytes()
    assert alone[0].values == found[2].values


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"concepts": ["planted", "dream"]}, "no set 'dream' of examples of a concept"),
        ({"pool": ""}, "no set '' of random cases"),
        ({"layers": ["attic"]}, "no layer 'attic'"),
        ({"concepts": "planted"}, "concepts is a list"),
        ({"layers": ["a", "a"]}, "layers is a list"),
    ],
)
def test_what_is_missing_or_wrong_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ExplanationRefused, match=words):
        told("tcav", planted(), rows_of("tabular", 1), references=SETS, **{**ASKED, **changes})
