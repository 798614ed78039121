"""Integrated Gradients against two referees: Captum alone, case by case, and a closed form."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explainers.core.digest import digest_of
from explainers.core.engine import ExplainRequest, explain
from explainers.core.errors import ExplanationRefused, ExplanationTargetMismatch
from explainers.core.predictor import LoadedPredictor, advised_class
from explainers.methods import METHODS
from tests.explainers.conftest import CLASSES, FEATURES, make_rows, make_spec, make_weights

pytestmark = pytest.mark.heavy

METHOD = METHODS.get("integrated_gradients")


def requests_for(
    rows: list[dict[str, Any]], *, predictor: LoadedPredictor, **parameters: Any
) -> list[ExplainRequest]:
    scores = predictor.probabilities([row["inputs"] for row in rows])
    return [
        ExplainRequest(
            case_key=row["key"],
            case_digest=digest_of(row["inputs"]),
            inputs=row["inputs"],
            target_declared="advised",
            target_class=advised_class(score, classes=CLASSES),
            parameters=METHOD.complete(parameters),
        )
        for row, score in zip(rows, scores, strict=True)
    ]


def run(predictor: LoadedPredictor, requests: list[ExplainRequest]) -> list[Any]:
    return explain(METHOD(), predictor=predictor, predictor_digest="p", requests=requests)


def plain_captum(
    predictor: LoadedPredictor, row: dict[str, float], *, target: str, steps: int, space: str
) -> Any:
    """The referee: Captum 0.9's own gradients, one case, its own target selection, our forward written anew."""
    import torch
    from captum.attr import IntegratedGradients

    def forward(inputs: Any) -> Any:
        scores = predictor.module(inputs)
        if space == "score":
            return scores
        probabilities = torch.softmax(scores.double(), dim=1)
        return probabilities if space == "probability" else torch.log(probabilities / (1 - probabilities))

    inputs = predictor.tensor([row])
    found = IntegratedGradients(forward).attribute(
        inputs, torch.zeros_like(inputs), CLASSES.index(target), n_steps=steps
    )
    return found[0].double().numpy()


@pytest.mark.parametrize("space", ["log_odds", "score", "probability"])
def test_it_agrees_with_captum_case_by_case(predictor: LoadedPredictor, space: str) -> None:
    rows = make_rows(40)
    found = run(predictor, requests_for(rows, predictor=predictor, target_space=space, steps_maximum=16))
    for row, explanation in zip(rows, found, strict=True):
        referee = plain_captum(
            predictor, row["inputs"], target=explanation.target_class, steps=16, space=space
        )
        difference = np.abs(np.array(explanation.values) - referee).max()
        assert difference <= 1e-4 * max(np.abs(referee).max(), 1e-3)


def test_a_linear_network_has_a_closed_form() -> None:
    # f = W z + b, so the attribution of feature i is exactly (W_k,i - W_other,i) z_i, in any number of steps.
    parameters = {"inputs": 3, "hidden": [], "outputs": 2}
    weights = make_weights(parameters)
    predictor = LoadedPredictor(make_spec(parameters=parameters), weights=weights)
    rows = make_rows(5)
    matrix = predictor.module.state_dict()["out.weight"].double().numpy()
    for row, explanation in zip(rows, run(predictor, requests_for(rows, predictor=predictor)), strict=True):
        own = CLASSES.index(explanation.target_class)
        z = predictor.standardised([row["inputs"]])[0]
        np.testing.assert_allclose(explanation.values, (matrix[own] - matrix[1 - own]) * z, rtol=1e-4)
        assert explanation.recipe["details"]["steps"] == 16


def test_the_attributions_add_up_to_the_change_of_the_log_odds(predictor: LoadedPredictor) -> None:
    rows = make_rows(40)
    mean = dict(zip(FEATURES, predictor.spec.preprocessing["mean"], strict=True))
    start = predictor.probabilities([mean])[0]
    ends = predictor.probabilities([row["inputs"] for row in rows])
    for explanation, end in zip(run(predictor, requests_for(rows, predictor=predictor)), ends, strict=True):
        own = explanation.target_class
        change = np.log(end[own] / (1 - end[own])) - np.log(start[own] / (1 - start[own]))
        assert abs(sum(explanation.values) - change) <= 0.0101 * max(abs(change), 0.05)
        assert explanation.completeness_error <= 0.01


def test_more_steps_are_taken_only_where_they_are_needed(predictor: LoadedPredictor) -> None:
    found = run(predictor, requests_for(make_rows(40), predictor=predictor, tolerance=1e-3))
    assert len({explanation.recipe["details"]["steps"] for explanation in found}) > 1


def test_a_case_that_cannot_converge_carries_its_error(predictor: LoadedPredictor) -> None:
    found = run(predictor, requests_for(make_rows(40), predictor=predictor, steps_maximum=16, tolerance=1e-6))
    assert {explanation.recipe["details"]["steps"] for explanation in found} == {16}
    assert max(explanation.completeness_error for explanation in found) > 1e-6


def test_a_constant_predictor_gives_a_null_map() -> None:
    predictor = LoadedPredictor(make_spec(), weights=make_weights(factor=0.0))
    for explanation in run(predictor, requests_for(make_rows(3), predictor=predictor)):
        assert set(explanation.values) == {0.0}
        assert explanation.completeness_error == 0.0


def test_the_baseline_is_explained_by_nothing(predictor: LoadedPredictor) -> None:
    mean = dict(zip(FEATURES, predictor.spec.preprocessing["mean"], strict=True))
    (explanation,) = run(predictor, requests_for([{"key": "mean", "inputs": mean}], predictor=predictor))
    assert set(explanation.values) == {0.0}


def test_two_runs_give_the_same_bytes(predictor: LoadedPredictor) -> None:
    requests = requests_for(make_rows(10), predictor=predictor)
    assert [e.to_bytes() for e in run(predictor, requests)] == [
        e.to_bytes() for e in run(predictor, requests)
    ]


@pytest.mark.parametrize("features", [3, 7, 8])
@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 70])
def test_a_result_does_not_depend_on_its_company(features: int, count: int) -> None:
    names = [f"f{number}" for number in range(features)]
    parameters = {"inputs": features, "hidden": [16, 16], "outputs": 2}
    spec = make_spec(
        parameters=parameters,
        features=names,
        preprocessing={"kind": "standardise", "mean": [0.1] * features, "scale": [1.3] * features},
    )
    predictor = LoadedPredictor(spec, weights=make_weights(parameters))
    random = np.random.default_rng(count)
    values = random.normal(size=(100, features)).tolist()
    rows = [{"key": str(n), "inputs": dict(zip(names, row, strict=True))} for n, row in enumerate(values)]
    requests = requests_for(rows, predictor=predictor)
    whole = [explanation.to_bytes() for explanation in run(predictor, requests)]
    some = random.permutation(100)[:count].tolist()
    assert [e.to_bytes() for e in run(predictor, [requests[n] for n in some])] == [whole[n] for n in some]


def test_different_parameters_in_one_batch_do_not_mix(predictor: LoadedPredictor) -> None:
    rows = make_rows(4)
    scores = requests_for(rows, predictor=predictor, target_space="score")
    odds = requests_for(rows, predictor=predictor)
    mixed = run(predictor, [scores[0], odds[1], scores[2], odds[3]])
    apart = [*run(predictor, [scores[0], scores[2]]), *run(predictor, [odds[1], odds[3]])]
    assert [mixed[n].to_bytes() for n in (0, 2, 1, 3)] == [explanation.to_bytes() for explanation in apart]


@pytest.mark.parametrize(
    "parameters",
    [
        {"steps": 0},
        {"steps": 32, "steps_maximum": 16},
        {"steps_maximum": 10**6},
        {"tolerance": 0},
        {"target_space": "feeling"},
        {"baseline": "zeros"},
    ],
)
def test_impossible_parameters_are_refused(predictor: LoadedPredictor, parameters: dict[str, Any]) -> None:
    with pytest.raises(ExplanationRefused):
        run(predictor, requests_for(make_rows(1), predictor=predictor, **parameters))


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(ExplanationRefused, match="no parameter stepz"):
        METHOD.complete({"stepz": 5})


def test_an_unknown_class_is_refused(predictor: LoadedPredictor) -> None:
    (request,) = requests_for(make_rows(1), predictor=predictor)
    with pytest.raises(ExplanationRefused, match="no class 'purple'"):
        run(predictor, [replace(request, target_class="purple")])


def test_a_method_that_explains_another_class_is_stopped(predictor: LoadedPredictor) -> None:
    class Traitor(METHOD):
        name = "traitor"

        def explain(self, batch: Any) -> list[Any]:
            other = {CLASSES[0]: CLASSES[1], CLASSES[1]: CLASSES[0]}
            return [replace(e, target_class=other[e.target_class]) for e in super().explain(batch)]

    with pytest.raises(ExplanationTargetMismatch, match="advised"):
        explain(
            Traitor(),
            predictor=predictor,
            predictor_digest="p",
            requests=requests_for(make_rows(1), predictor=predictor),
        )


def test_the_recipe_says_how_to_make_it_again(predictor: LoadedPredictor) -> None:
    import captum
    import torch

    (explanation,) = run(predictor, requests_for(make_rows(1), predictor=predictor))
    recipe = explanation.recipe
    assert recipe["libraries"]["torch"] == torch.__version__
    assert recipe["libraries"]["captum"] == captum.__version__
    assert recipe["parameters"] == METHOD.complete({})
    assert {"predictor", "case", "seed", "target_declared", "numerics", "engine", "version"} <= set(recipe)


def test_the_placebo_has_the_values_of_the_original_elsewhere(predictor: LoadedPredictor) -> None:
    requests = requests_for(make_rows(30), predictor=predictor)
    originals = run(predictor, requests)
    shuffled = METHODS.get("shuffled")
    controls = explain(
        shuffled(),
        predictor=predictor,
        predictor_digest="p",
        requests=[
            replace(request, source=original, parameters=shuffled.complete({}))
            for request, original in zip(requests, originals, strict=True)
        ],
    )
    for original, control in zip(originals, controls, strict=True):
        assert sorted(original.values) == sorted(control.values)
        assert original.values != control.values
        assert (original.target_class, original.output) == (control.target_class, control.output)


def test_a_placebo_without_an_original_is_refused(predictor: LoadedPredictor) -> None:
    with pytest.raises(ExplanationRefused, match="needs the explanation"):
        explain(
            METHODS.get("shuffled")(),
            predictor=predictor,
            predictor_digest="p",
            requests=requests_for(make_rows(1), predictor=predictor),
        )
