"""Factors of a layer: a sum of two patterns is found to be one, and a concept does what it takes away."""

from typing import Any

import numpy as np
import pytest

from explainers.core.concepts.factors import amounts_of, best_patches, concept_effects, factorise
from explainers.core.concepts.layers import layer_maps
from explainers.core.errors import ExplanationRefused
from explainers.core.exhibit import Exhibit
from explainers.core.reference import ReferenceSet
from tests.explainers.test_concept_methods import told
from tests.explainers.toys import SPECS, rows_of, toy

pytestmark = pytest.mark.heavy
LAYER = "relu1"


def eye() -> Any:
    """A network whose first layer passes red on as channel 0 and blue as channel 1, and nothing else."""
    import torch

    predictor = toy(SPECS["image"])
    with torch.no_grad():
        predictor.module.conv1.weight.zero_()
        predictor.module.conv1.weight[0, 0, 1, 1] = predictor.module.conv1.weight[1, 2, 1, 1] = 1.0
    return predictor


def spots(count: int = 6) -> list[dict[str, Any]]:
    """Even ones have a red spot, odd ones a blue spot, on black."""
    rows = []
    for number in range(count):
        pixels = np.zeros((16, 16, 3), dtype=np.uint8)
        pixels[4 : 6 + number // 2, 8:10, 2 * (number % 2)] = 255
        rows.append({"image": pixels})
    return rows


SPOTS = ReferenceSet("spots", "digest of spots", [f"s{n}" for n in range(6)], spots())


def test_two_patterns_are_two_concepts() -> None:
    predictor = eye()
    factors = factorise(predictor, inputs=predictor.tensor(SPOTS.rows), layer=LAYER, count=2)
    assert factors.error < 1e-6
    assert sorted(factors.directions.argmax(axis=1).tolist()) == [0, 1]
    np.testing.assert_allclose(np.sort(factors.directions, axis=1)[:, -1], 1.0, atol=1e-3)
    red = int((factors.directions.argmax(axis=1) == 0).argmax())
    patches = best_patches(factors, concept=red, keys=SPOTS.keys, size=(16, 16), count=3)
    assert {patch["case"] for patch in patches} == {"s0", "s2", "s4"}
    assert all((patch["height"], patch["width"]) == (1, 1) for patch in patches)
    assert all(4 <= patch["top"] < 10 and 8 <= patch["left"] < 10 for patch in patches)


def test_amounts_are_those_of_non_negative_least_squares() -> None:
    random = np.random.default_rng(3)
    directions, rows = random.uniform(size=(3, 5)), random.uniform(size=(4, 5))
    found = amounts_of(rows, directions=directions)
    gradient = (found @ directions - rows) @ directions.T  # Karush, Kuhn, Tucker
    assert (found >= 0).all()
    assert (gradient >= -1e-9).all()
    assert np.abs(found * gradient).max() < 1e-9


def test_the_effect_of_a_concept_is_what_the_output_loses_without_it() -> None:
    import torch

    predictor = eye()
    factors = factorise(predictor, inputs=predictor.tensor(SPOTS.rows), layer=LAYER, count=2)
    inputs = predictor.tensor(SPOTS.rows[4:5])
    effects, _ = concept_effects(predictor, factors, inputs=inputs, target=1, space="score")
    maps = layer_maps(predictor, inputs=inputs, layer=LAYER)
    red = int((factors.directions.argmax(axis=1) == 0).argmax())
    without = maps.clone()
    without[:, 0] = 0
    rest = list(predictor.module.children())[list(dict(predictor.module.named_children())).index(LAYER) + 1 :]
    after = torch.nn.Sequential(*rest)
    known = float((after(maps) - after(without))[0, 1])
    assert effects[red] == pytest.approx(known, rel=1e-3, abs=1e-5)
    assert effects[1 - red] == pytest.approx(0.0, abs=1e-5)


def test_every_case_gets_bars_with_patches() -> None:
    found = told(
        "concept_factorisation", eye(), spots(2), references={"spots": SPOTS},
        cases="spots", layer=LAYER, concepts=2, patches=1,
    )  # fmt: skip
    assert all(isinstance(each, Exhibit) and len(each.content["bars"][0]["patches"]) == 1 for each in found)
    assert found[0].recipe["details"]["references"] == {"spots": "digest of spots"}


@pytest.mark.parametrize(
    ("layer", "count", "words"),
    [("conv1", 2, "negative values"), (LAYER, 7, "6 channels"), ("flat", 2, "no maps")],
)
def test_layers_that_cannot_be_factorised_are_refused(layer: str, count: int, words: str) -> None:
    predictor = toy(SPECS["image"])
    with pytest.raises(ExplanationRefused, match=words):
        factorise(predictor, inputs=predictor.tensor(rows_of("image", 3)), layer=layer, count=count)
