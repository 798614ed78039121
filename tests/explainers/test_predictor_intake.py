"""A predictor comes in only after its probes, which run in a process of their own."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from explainers.core.errors import PredictorRefused
from explainers.core.intake import predictor_probe, probe
from explainers.core.predictor import LoadedPredictor, PredictorSpec
from tests.explainers.conftest import PREPROCESSING, make_rows, make_spec, make_weights

pytestmark = pytest.mark.heavy


def test_a_sound_predictor_passes_its_probes(spec: PredictorSpec, weights: bytes) -> None:
    answer = predictor_probe(spec, weights=weights)
    assert answer["batches"] == [1, 2, 37]
    assert answer["row_difference"] <= 1e-5
    assert 0 <= answer["minimum"] <= answer["maximum"] <= 1


def test_the_web_process_stays_free_of_torch(spec: PredictorSpec, weights: bytes, tmp_path: Any) -> None:
    (tmp_path / "w").write_bytes(weights)
    program = (
        "import sys; from tests.explainers.conftest import make_spec;"
        "from explainers.core.intake import predictor_probe;"
        f"predictor_probe(make_spec(), weights=open({str(tmp_path / 'w')!r}, 'rb').read());"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_scores_without_end_are_refused(spec: PredictorSpec) -> None:
    with pytest.raises(PredictorRefused, match="not finite"):
        predictor_probe(spec, weights=make_weights(factor=1e30))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "resnet50"}, "no architecture"),
        ({"parameters": {"inputs": 3, "hidden": [5]}}, "hidden, inputs and outputs"),
        ({"parameters": {"inputs": 3, "hidden": [10**6], "outputs": 2}}, "whole number"),
        ({"parameters": {"inputs": 3, "hidden": [5] * 9, "outputs": 2}}, "at most 8"),
        ({"parameters": {"inputs": True, "hidden": [], "outputs": 2}}, "whole number"),
        ({"features": ["age", "age", "height"]}, "3 different features"),
        ({"features": ["age"]}, "3 different features"),
        ({"classes": ["ill", ""]}, "2 different classes"),
        ({"preprocessing": {}}, "standardise"),
        ({"preprocessing": {**PREPROCESSING, "scale": [1, 1, 0]}}, "above 0"),
        ({"preprocessing": {**PREPROCESSING, "mean": [1, 1]}}, "one finite number per feature"),
        ({"preprocessing": {**PREPROCESSING, "mean": [1, 1, float("nan")]}}, "one finite number per feature"),
        ({"preprocessing": {**PREPROCESSING, "mean": "abc"}}, "not a list of numbers"),
    ],
)
def test_a_wrong_declaration_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PredictorRefused, match=message):
        predictor_probe(make_spec(**changes), weights=make_weights())


def test_a_network_that_looks_at_its_neighbours_is_refused(predictor: LoadedPredictor) -> None:
    import torch

    class Neighbours(torch.nn.Module):
        def forward(self, rows: Any) -> Any:
            return (rows - rows.mean(dim=0))[:, :2]

    predictor.module = Neighbours().eval()
    with pytest.raises(PredictorRefused, match="rows beside it"):
        probe(predictor)


def test_a_network_that_rolls_dice_is_refused(predictor: LoadedPredictor) -> None:
    import torch

    class Dice(torch.nn.Module):
        def forward(self, rows: Any) -> Any:
            return rows[:, :2] + torch.rand(len(rows), 2)

    predictor.module = Dice().eval()
    with pytest.raises(PredictorRefused, match="asked the same twice"):
        probe(predictor)


def test_a_network_of_another_shape_is_refused(predictor: LoadedPredictor) -> None:
    import torch

    predictor.module = torch.nn.Identity().eval()
    with pytest.raises(PredictorRefused, match="shape"):
        probe(predictor)


def test_predictions_are_the_softmax_of_the_network(predictor: LoadedPredictor) -> None:
    # The referee is numpy, from the weights alone.
    state = {name: value.double().numpy() for name, value in predictor.module.state_dict().items()}
    rows = make_rows(20)
    z = predictor.standardised([row["inputs"] for row in rows])
    scores = (
        np.maximum(z @ state["hidden1.weight"].T + state["hidden1.bias"], 0) @ state["out.weight"].T
        + state["out.bias"]
    )
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    found = predictor.probabilities([row["inputs"] for row in rows])
    np.testing.assert_allclose([list(row.values()) for row in found], expected, atol=1e-6)


def test_a_prediction_does_not_depend_on_its_company(predictor: LoadedPredictor) -> None:
    rows = [row["inputs"] for row in make_rows(40)]
    together = predictor.probabilities(rows)
    assert together == [predictor.probabilities([row])[0] for row in rows]
    assert together[::-1] == predictor.probabilities(rows[::-1])


@pytest.mark.parametrize("value", [None, "5", float("nan"), True])
def test_a_case_without_a_feature_is_not_predicted(predictor: LoadedPredictor, value: Any) -> None:
    with pytest.raises(PredictorRefused, match="Case 2: the feature pulse"):
        predictor.tensor([make_rows(1)[0]["inputs"], {"age": 1.0, "pulse": value, "height": 1.0}])


def test_weights_are_frozen_and_in_eval_mode(predictor: LoadedPredictor) -> None:
    assert not predictor.module.training
    assert not any(parameter.requires_grad for parameter in predictor.module.parameters())


def test_a_network_in_training_mode_is_refused(predictor: LoadedPredictor) -> None:
    predictor.module.train()
    with pytest.raises(PredictorRefused, match="training mode"):
        probe(predictor)
