"""The gate on toy predictors: what is known to be sound passes, what is known to be broken does not."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explainers.core.gate.light import artefact_light, method_light
from explainers.core.gate.orderings import faithfulness, kept_along
from explainers.core.gate.panel import artefact_gates, randomisation, training_stability
from explainers.core.gate.perturbed import perturbed_copies, same_answer
from explainers.core.gate.randomised import layers_of, randomised_copy
from explainers.core.predictor import LoadedPredictor
from tests.explainers.examined import Deaf, Dice, examined
from tests.explainers.toys import LINE, SPECS, TABLE, rows_of, toy

pytestmark = pytest.mark.heavy


def line(slope: list[float]) -> LoadedPredictor:
    """Log-odds of `ill` = slope * z."""
    import torch

    predictor = toy(LINE)
    with torch.no_grad():
        predictor.module.out.weight.copy_(torch.tensor([[0.0] * 6, slope]))
        predictor.module.out.bias.zero_()
    return predictor


def row_of(z: list[float]) -> dict[str, float]:
    return {name: 0.5 + 2.0 * value for name, value in zip(TABLE.features, z, strict=True)}


def test_deletion_and_insertion_of_a_linear_predictor_are_known() -> None:
    slope = [4.0, 3.0, 2.0, 1.0, -1.0, -2.0]
    one = examined("integrated_gradients", predictor=line(slope), rows=[row_of([1.0] * 6)])
    found = faithfulness(one.explanations[0], predictor=one.predictor, row=one.requests[0].inputs, seed="s")
    assert found.insertion == pytest.approx(np.mean(np.cumsum([0.0, *slope])), abs=1e-4)
    assert found.deletion == pytest.approx(np.mean(7.0 - np.cumsum([0.0, *slope])), abs=1e-4)
    assert found.orderings == 20
    assert found.deletion_z == pytest.approx(found.insertion_z, abs=1e-4)  # nothing interacts
    assert found.insertion_z > 1.5


def test_one_decisive_part_has_the_z_that_the_thresholds_name() -> None:
    one = examined("integrated_gradients", predictor=line([0, 5.0, 0, 0, 0, 0]), rows=[row_of([1.0] * 6)])
    z = [
        faithfulness(
            one.explanations[0], predictor=one.predictor, row=one.requests[0].inputs, seed=str(n)
        ).insertion_z
        for n in range(30)
    ]
    assert np.mean(z) == pytest.approx(math.sqrt(3 * 5 / 7), abs=0.1)


def test_an_order_that_makes_no_difference_has_no_z_and_says_so() -> None:
    (gate,) = artefact_gates(examined("integrated_gradients", predictor=line([0.0] * 6), cases=1))
    assert gate["numbers"]["order_z"] is None
    assert "makes no difference" in gate["not_computed"]["order_z"]


def test_parts_come_in_at_most_sixteen_steps_from_nothing_to_everything() -> None:
    kept = kept_along(list(range(50)), parts=50)
    assert kept.shape == (17, 50)
    assert (kept[0].sum(), kept[-1].sum()) == (0, 50)


@pytest.mark.parametrize("modality", ["tabular", "image", "text"])
def test_a_sound_method_is_not_stopped(modality: str) -> None:
    method = "feature_ablation" if modality == "text" else "integrated_gradients"
    subject = examined(method, modality)
    light = method_light(artefact_gates(subject), randomisation=randomisation(subject, seed="r", copies=2))
    assert light["light"] in ("green", "amber")
    assert light["stability"]["seed"] == {"jaccard": 1.0, "sign": 1.0, "same_top": 1.0}
    assert light["stability"]["noise"]["jaccard"] > 0.6
    assert light["stability"]["training"] is None
    assert light["numbers"]["order_z"] > 1


def test_a_method_that_throws_dice_is_stopped_by_seed_and_order() -> None:
    gates = artefact_gates(examined(Dice, cases=12))
    light = method_light(gates)
    assert light["light"] == "red"
    assert light["numbers"]["seed"]["jaccard"] < 0.5
    assert light["numbers"]["order_z"] < 0.9
    assert any("another seed" in reason for reason in light["reasons"])


def test_a_method_that_does_not_listen_to_the_predictor_is_stopped_by_randomisation() -> None:
    subject = examined(Deaf)
    measured = randomisation(subject, seed="r", copies=2)
    assert measured["rank"] == measured["output"] == pytest.approx(1.0)
    assert [stage["rank"] for stage in measured["stages"]] == pytest.approx([1.0] * 3)
    light = method_light(artefact_gates(subject), randomisation=measured)
    assert light["light"] == "red"
    assert any("forgets everything" in reason for reason in light["reasons"])


def test_too_few_samples_are_noticed_and_more_samples_cure_it() -> None:
    few, many = (
        method_light(artefact_gates(examined("gradient_shap", samples=samples)))["stability"]["seed"][
            "jaccard"
        ]
        for samples in (2, 512)
    )
    assert few < 0.6 < 0.8 < many


def test_the_gradient_of_a_linear_predictor_is_stable_under_noise() -> None:
    for gate in artefact_gates(examined("saliency", predictor=toy(LINE))):
        assert gate["numbers"]["noise"]["jaccard"] == 1.0


def test_changes_that_flip_the_advice_are_left_out() -> None:
    edge = examined("saliency", predictor=line([1e3, 0, 0, 0, 0, 0]), rows=[row_of([1e-9] * 6)])
    row = edge.requests[0].inputs
    copies = perturbed_copies(edge.predictor, row=row, seed="s", draws=200)
    same = same_answer(edge.predictor, row=row, copies=copies)
    assert same == [copy.row["f0"] > 0.5 for copy in copies]
    assert 70 < sum(same) < 130


def test_noise_has_the_declared_size() -> None:
    predictor, row = toy(TABLE), row_of([0.0] * 6)
    drawn = [
        [c.row[n] for n in TABLE.features] for c in perturbed_copies(predictor, row=row, seed="s", draws=500)
    ]
    assert np.std(drawn, axis=0) == pytest.approx([0.05 * 2.0] * 6, rel=0.12)
    picture = perturbed_copies(toy(SPECS["image"]), row=rows_of("image", 1)[0], seed="s", draws=2)[0].row[
        "image"
    ]
    change = picture.astype(int) - rows_of("image", 1)[0]["image"]
    assert change.std() == pytest.approx(0.05 * 0.25 * 255, rel=0.1)


def test_a_copy_of_a_text_lacks_one_word() -> None:
    copies = perturbed_copies(toy(SPECS["text"]), row={"text": "fresh bleeding seen ."}, seed="s")
    assert sorted(copy.row["text"] for copy in copies) == [
        "bleeding seen .", "fresh bleeding .", "fresh bleeding seen", "fresh seen .",
    ]  # fmt: skip


def test_a_shuffled_copy_keeps_every_number_and_leaves_the_original_alone() -> None:
    predictor = toy(SPECS["image"])
    before = {name: tensor.clone() for name, tensor in predictor.module.state_dict().items()}
    twin = randomised_copy(predictor, seed="a").module.state_dict()
    for name, tensor in predictor.module.state_dict().items():
        assert (tensor == before[name]).all()
        assert (twin[name].flatten().sort().values == tensor.flatten().sort().values).all()
    changed = [name for name in twin if not (twin[name] == before[name]).all()]
    assert {"conv1.weight", "conv2.weight", "out.weight"} <= set(changed)
    assert layers_of(predictor)[-1] == "out"


def test_the_same_predictor_trained_again_to_the_same_weights_gives_the_same_reasons() -> None:
    subject = examined("integrated_gradients")
    same = training_stability(subject, other=toy(TABLE))
    assert same == {"jaccard": 1.0, "sign": 1.0, "same_top": 1.0, "cases": 6}
    other = training_stability(subject, other=toy(TABLE, seed=4))
    assert other is None or other["jaccard"] < 1


def test_training_instability_warns_and_never_stops() -> None:
    unstable = {"jaccard": 0.0, "sign": 0.0, "same_top": 0.0, "cases": 5}
    light = method_light([], training=unstable)
    assert light["light"] == "amber"
    assert light["stability"]["training"] == unstable


def test_what_was_not_computed_is_never_passed() -> None:
    gate = artefact_light({"noise": None}, not_computed={"noise": "why"})
    assert (gate["light"], gate["reasons"], gate["not_computed"]) == ("not_computed", [], {"noise": "why"})
    assert set(method_light([])["not_computed"]) == {"randomisation", "training"}


@pytest.mark.parametrize(
    ("change", "light"),
    [
        ({}, "green"),
        ({"completeness_error": 0.02}, "red"),
        ({"order_z": 0.5}, "amber"),
        ({"order_z": -1.0}, "red"),
    ],
)
def test_the_worst_number_decides(change: Mapping[str, Any], light: str) -> None:
    stable = {"jaccard": 1.0, "sign": 1.0, "same_top": 1.0}
    numbers = {"completeness_error": 0.001, "seed": stable, "noise": stable, "order_z": 1.4, **change}
    gate = artefact_light(numbers, not_computed={})
    assert gate["light"] == light
    assert bool(gate["reasons"]) == (light != "green")


def test_one_red_case_in_ten_warns_and_more_stop_the_method() -> None:
    subject = examined("integrated_gradients", cases=1)
    (good,) = artefact_gates(subject)
    good = {**good, "light": "green"}
    bad = {**good, "light": "red"}
    assert method_light([*[good] * 9, bad])["light"] == "amber"
    assert method_light([*[good] * 8, bad, bad])["light"] == "red"


def test_two_examinations_give_the_same_numbers() -> None:
    subject = examined("gradient_shap", cases=3)
    assert artefact_gates(subject) == artefact_gates(replace(subject))
