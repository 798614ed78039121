"""One temperature, against scipy's minimum and against data of known temperature."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from explainers.core.calibration import (
    calibration_error,
    reliability_curve,
    spec_calibrated,
    temperature_fit,
)
from explainers.core.errors import PredictorRefused
from tests.explainers.conftest import make_spec


def cases(temperature: float, *, count: int = 4000, classes: int = 3) -> tuple[np.ndarray, list[int]]:
    rng = np.random.default_rng(6)
    scores = rng.normal(0, 3, size=(count, classes))
    chances = softmax(scores / temperature, axis=1)
    return scores, [int(rng.choice(classes, p=row)) for row in chances]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_is_the_minimum_that_scipy_finds(temperature: float) -> None:
    scores, labels = cases(temperature)

    def loss(t: float) -> float:
        return -float(log_softmax(scores / t, axis=1)[np.arange(len(labels)), labels].mean())

    found = temperature_fit(scores, labels)
    expected = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-8})
    assert found.temperature == pytest.approx(expected.x, rel=1e-4)
    assert found.loss == pytest.approx(expected.fun, rel=1e-9)
    assert found.loss_before == pytest.approx(loss(1.0))


def test_a_known_temperature_is_found_again_and_the_curve_lies_on_the_diagonal() -> None:
    scores, labels = cases(2.5)
    found = temperature_fit(scores, labels)
    assert found.temperature == pytest.approx(2.5, rel=0.08)
    assert found.error < 0.03 < found.error_before
    assert all(abs(each.right - each.confidence) < 0.08 for each in found.curve)
    assert sum(each.count for each in found.curve) == found.cases == 4000


def test_the_calibration_error_is_that_of_its_formula() -> None:
    rng = np.random.default_rng(2)
    p = softmax(rng.normal(size=(50, 2)), axis=1)
    labels = rng.integers(0, 2, 50).tolist()
    order = sorted(range(50), key=lambda n: p[n].max())
    parts = [order[n : n + 5] for n in range(0, 50, 5)]
    expected = sum(
        abs(np.mean([p[n].argmax() == labels[n] for n in part]) - np.mean([p[n].max() for n in part]))
        * 5
        / 50
        for part in parts
    )
    assert calibration_error(reliability_curve(p, labels)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        (np.zeros((19, 2)), [0] * 19, "at least 20"),
        (np.full((20, 2), np.nan), [0] * 20, "finite"),
        (np.zeros((20, 2)), [2] * 20, "number of a class"),
        (np.tile([3.0, 0.0], (20, 1)), [0] * 20, "right in all of them"),
        (np.zeros((20, 2)), [0, 1] * 10, "say nothing"),
        (np.tile([3.0, 0.0], (20, 1)), [1] * 20, "No temperature"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(scores: np.ndarray, labels: list[int], message: str) -> None:
    with pytest.raises(PredictorRefused, match=message):
        temperature_fit(scores, labels)


@pytest.mark.heavy
def test_a_calibrated_declaration_carries_its_curve_and_survives_its_file() -> None:
    from explainers.core.predictor import PredictorSpec

    found = spec_calibrated(make_spec(), temperature_fit(*cases(2.5, count=400, classes=2)))
    assert found.temperature == found.output["calibration"]["temperature"]
    assert len(found.output["calibration"]["curve"]) == 10
    assert PredictorSpec.from_json(found.to_json()) == found
