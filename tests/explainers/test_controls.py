"""Controls have the form of what they stand in for and another content; where it comes from is in the recipe alone."""

import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from explainers.core.attribution import Explanation
from explainers.core.bars import bars_html, bars_spec
from explainers.core.cases import check_schema
from explainers.core.controls import noise_like, randomised, tiles
from explainers.core.errors import ExplanationRefused
from explainers.methods import METHODS
from tests.explainers.toys import PICTURE, SPECS, TABLE, explained, rows_of, toy

pytestmark = pytest.mark.heavy
REAL = {"tabular": "integrated_gradients", "image": "input_x_gradient", "text": "layer_integrated_gradients"}
CONTROLS = [name for name in METHODS.names() if METHODS.get(name).control]
EVERY = [(name, modality) for name in CONTROLS for modality in REAL]
COUNT = 8


@cache
def scene(
    name: str, modality: str, *, seed: int = 0, some: Any = None
) -> tuple[list[Explanation], list[Explanation]]:
    """Real explanations of some cases, and controls of one kind made as the services make them."""
    predictor, rows = toy(SPECS[modality]), rows_of(modality, COUNT)
    real = explained(REAL[modality], predictor, rows)
    sources = real
    if METHODS.get(name).made_of == "rank_2":
        sources = explained(REAL[modality], predictor, rows, target="rank_2")
    if METHODS.get(name).made_of == "other_case":
        sources = [donor(real, place) for place in range(COUNT)]
    some = range(COUNT) if some is None else some
    controls = explained(
        name, predictor, [rows[place] for place in some], seed=seed,
        sources=[sources[place] for place in some], of=REAL[modality],
    )  # fmt: skip
    return [real[place] for place in some], controls


def donor(real: list[Explanation], place: int) -> Explanation:
    """The next case of the same class; alone in its class it stands in for itself."""
    ring = [*range(place + 1, len(real)), *range(place + 1)]
    return next(real[other] for other in ring if real[other].target_class == real[place].target_class)


@pytest.mark.parametrize(("name", "modality"), EVERY)
def test_a_control_has_the_form_of_the_real_explanation(name: str, modality: str) -> None:
    for real, control in zip(*scene(name, modality), strict=True):
        for field in ("features", "target_class", "target_space", "baseline", "modality", "shape"):
            assert getattr(control, field) == getattr(real, field)
        assert len(control.values) == len(real.values)
        assert np.isfinite(np.asarray(control.values)).all()
        assert control.to_bytes()[:30] == real.to_bytes()[:30]


@pytest.mark.parametrize(("name", "modality"), EVERY)
def test_the_recipe_says_what_it_is_made_of(name: str, modality: str) -> None:
    for control in scene(name, modality)[1]:
        assert control.recipe["method"] == name
        assert re.fullmatch("[0-9a-f]{64}", control.recipe["details"]["source"])
        if "seedless" not in METHODS.get(name).promises:
            assert control.recipe["details"]["seed"]


@pytest.mark.parametrize(("name", "modality"), EVERY)
def test_a_control_has_another_content(name: str, modality: str) -> None:
    different = [
        list(real.values) != list(control.values)
        for real, control in zip(*scene(name, modality), strict=True)
    ]
    assert sum(different) >= COUNT - 1


@pytest.mark.parametrize(("name", "modality"), EVERY)
def test_a_control_does_not_depend_on_its_company(name: str, modality: str) -> None:
    whole = [control.to_bytes() for control in scene(name, modality)[1]]
    assert [control.to_bytes() for control in scene(name, modality, some=(5, 2))[1]] == [whole[5], whole[2]]


@pytest.mark.parametrize("name", ["shuffled", "placebo", "randomised_predictor"])
def test_another_seed_draws_another_control(name: str) -> None:
    one, other = scene(name, "tabular")[1], scene(name, "tabular", seed=1)[1]
    assert [control.values for control in one] != [control.values for control in other]


@pytest.mark.parametrize("name", CONTROLS)
def test_nothing_in_what_people_get_tells_it_apart(name: str) -> None:
    features = check_schema({"features": [{"name": feature} for feature in TABLE.features]})
    skeletons = []
    for some in scene(name, "tabular"):
        spec = {**bars_spec([1.0]), "limit": 1000.0}  # no bar beyond the scale
        pages = [
            bars_html(each, inputs=row, features=features, spec=spec)
            for each, row in zip(some, rows_of("tabular", COUNT), strict=True)
        ]
        skeletons.append([re.findall(r"<[a-z]+", page) for page in pages])
        assert not any(word in page for page in pages for word in (*CONTROLS, "control", "shuffl", "placebo"))
    assert skeletons[0] == skeletons[1]


@pytest.mark.parametrize(("name", "modality"), [(n, m) for n in ("shuffled", "placebo") for m in REAL])
def test_the_values_of_a_placebo_are_those_of_the_original_elsewhere(name: str, modality: str) -> None:
    for real, control in zip(*scene(name, modality), strict=True):
        np.testing.assert_array_equal(np.sort(np.asarray(control.values)), np.sort(np.asarray(real.values)))


def test_a_placebo_has_one_order_for_all_cases_and_shuffled_has_many() -> None:
    placebo, shuffled = (
        {tuple(control.recipe["details"]["permutation"]) for control in scene(name, "tabular")[1]}
        for name in ("placebo", "shuffled")
    )
    assert len(placebo) == 1
    assert len(shuffled) > 4


def test_shuffled_moves_whole_tiles_of_a_picture() -> None:
    real, controls = scene("shuffled", "image")
    side = controls[0].recipe["details"]["tile"]
    assert side == tiles((16, 16)) == 4
    for one, other in zip(real, controls, strict=True):
        before, after = (cut(each, side=side) for each in (one, other))
        assert sorted(before) == sorted(after)
        assert before != after


def cut(explanation: Explanation, *, side: int) -> list[bytes]:
    map_ = np.asarray(explanation.values).reshape(explanation.shape)
    places = range(0, 16, side)
    return [
        map_[down : down + side, across : across + side].tobytes() for down in places for across in places
    ]


def test_the_noise_of_a_placebo_has_the_frequencies_of_the_map() -> None:
    down, across = np.mgrid[:32, :32]
    smooth = np.exp(-((down - 10) ** 2 + (across - 20) ** 2) / 40)
    noises = [noise_like(smooth, seed=str(seed)) for seed in range(30)]
    scattered = np.random.default_rng(1).permutation(smooth.ravel()).reshape(smooth.shape)
    rough = [np.abs(np.diff(map_, axis=0)).mean() for map_ in (smooth, noises[0], scattered)]
    assert rough[1] < 2 * rough[0] < rough[2] / 2
    alike = [np.corrcoef(smooth.ravel(), noise.ravel())[0, 1] for noise in noises]
    assert abs(np.mean(alike)) < 0.15


def test_the_explanation_of_the_other_class_turns_the_signs_round_for_two_classes() -> None:
    for real, control in zip(*scene("other_class", "tabular"), strict=True):
        np.testing.assert_allclose(control.values, -np.asarray(real.values), rtol=0.05, atol=0.02)
        assert control.recipe["details"]["explained_class"] != control.target_class


def test_the_explanation_of_another_case_is_that_of_the_other_case() -> None:
    real, controls = scene("other_case_same_class", "tabular")
    for place, control in enumerate(controls):
        assert control.values == donor(real, place).values
        assert control.recipe["details"]["other_case"] == donor(real, place).recipe["case"]


def test_the_randomised_predictor_keeps_every_number_and_no_order() -> None:
    predictor = toy(PICTURE)
    copy = randomised(predictor, seed="a")
    for (name, before), (_, after) in zip(
        predictor.module.named_parameters(), copy.module.named_parameters(), strict=True
    ):
        assert sorted(before.flatten().tolist()) == sorted(after.flatten().tolist()), name
    inputs = predictor.tensor(rows_of("image", 2))
    assert not (predictor.module(inputs) == copy.module(inputs)).any()


def test_the_control_of_a_randomised_predictor_is_the_real_method_on_it() -> None:
    predictor, rows = toy(TABLE), rows_of("tabular", COUNT)
    real, controls = scene("randomised_predictor", "tabular")
    copy = randomised(predictor, seed=controls[0].recipe["details"]["seed"])
    for row, one, control in zip(rows, real, controls, strict=True):
        (found,) = explained(REAL["tabular"], copy, [row], target=f"class: {one.target_class}")
        scaled = np.asarray(found.values) * np.abs(one.values).sum() / np.abs(found.values).sum()
        np.testing.assert_allclose(control.values, scaled, rtol=1e-6)


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_without_its_source_is_refused(name: str) -> None:
    with pytest.raises(ExplanationRefused, match="needs the explanation that it is made of"):
        explained(name, toy(TABLE), rows_of("tabular", 2))
