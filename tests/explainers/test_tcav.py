"""Concepts: vectors against scikit-learn, p-values against their definition, a planted concept, untrained networks."""

import numpy as np
import pytest

from explainers.core.concepts.cav import fit_vectors
from explainers.core.concepts.findings import holm
from explainers.core.concepts.layers import (
    layer_gradients,
    layer_maps,
    layer_named,
    layer_vectors,
    output_from,
)
from explainers.core.concepts.tcav import concept_tests, cosines, measure
from explainers.core.errors import ExplanationRefused
from tests.explainers.concepts import LAYERS, planted, rows_where, study_of
from tests.explainers.toys import SPECS, TABLE, rows_of, toy

pytestmark = pytest.mark.heavy


def test_a_vector_is_that_of_ridge_regression() -> None:
    from sklearn.linear_model import Ridge

    random = np.random.default_rng(1)
    items = random.normal(size=(40, 7))
    first, second = random.permutation(40).reshape(2, 20)
    found = fit_vectors(items, first=first[None], second=second[None], penalty=0.5)
    fit = np.concatenate([first[:-7], second[:-7]])
    centred = items[fit] - items[fit].mean(axis=0)
    penalty = 0.5 * np.trace(centred @ centred.T) / len(fit)
    known = Ridge(alpha=penalty).fit(items[fit], np.repeat([1.0, -1.0], 13))
    np.testing.assert_allclose(found.directions[0], known.coef_ / np.linalg.norm(known.coef_), atol=1e-9)
    held = np.concatenate([first[-7:], second[-7:]])
    right = (known.predict(items[held]) > 0) == np.repeat([True, False], 7)
    assert found.accuracy[0] == pytest.approx(right.mean())


def test_sets_without_a_difference_are_told_apart_at_chance() -> None:
    random = np.random.default_rng(2)
    items = random.normal(size=(60, 5))
    both = np.stack([random.permutation(60)[:40] for _ in range(300)])
    found = fit_vectors(items, first=both[:, :20], second=both[:, 20:])
    assert found.accuracy.mean() == pytest.approx(0.5, abs=0.04)


def test_items_that_are_all_equal_have_no_direction() -> None:
    found = fit_vectors(np.ones((6, 2)), first=np.array([[0, 1, 2]]), second=np.array([[3, 4, 5]]))
    assert not found.directions.any()


def test_holm_is_that_of_statsmodels() -> None:
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(4).uniform(size=9) ** 3
    np.testing.assert_allclose(holm(p.tolist()), multipletests(p, method="holm")[1])


@pytest.mark.parametrize("layer", ["relu1", "flat"])
def test_the_derivative_of_a_layer_is_the_change_when_all_its_places_move(layer: str) -> None:
    predictor = toy(SPECS["image"])
    inputs = predictor.tensor(rows_of("image", 3))
    maps = layer_maps(predictor, inputs=inputs, layer=layer)
    slope = layer_gradients(predictor, inputs=inputs, layer=layer, targets=[0, 1, 2], space="score")
    by = maps.new_zeros(maps.shape[1])
    by[2] = 1e-2
    step = by[:, None, None] if maps.dim() == 4 else by
    for place in range(3):
        ends = [
            output_from(
                predictor, inputs=inputs[place : place + 1], layer=layer, maps=maps[place : place + 1] + sign * step,
                target=place, space="score",
            )[0]
            for sign in (1, -1)
        ]  # fmt: skip
        assert slope[place, 2] == pytest.approx((ends[0] - ends[1]) / 2e-2, rel=0.02, abs=1e-4)


def test_a_layer_that_says_what_it_said_changes_nothing() -> None:
    predictor = toy(SPECS["image"])
    inputs = predictor.tensor(rows_of("image", 1))
    maps = layer_maps(predictor, inputs=inputs, layer="relu1")
    found = output_from(predictor, inputs=inputs, layer="relu1", maps=maps, target=1, space="score")
    assert found[0] == pytest.approx(float(predictor.module(inputs)[0, 1]), abs=1e-6)


def test_the_vector_of_a_map_is_its_mean_over_places() -> None:
    predictor = toy(SPECS["image"])
    inputs = predictor.tensor(rows_of("image", 40))
    maps = layer_maps(predictor, inputs=inputs, layer="relu1").numpy().astype(np.float64)
    np.testing.assert_allclose(layer_vectors(predictor, inputs=inputs, layer="relu1"), maps.mean(axis=(2, 3)))


def test_a_planted_concept_is_found_and_one_that_does_not_matter_is_not() -> None:
    found, measured = concept_tests(planted(), study_of(1, concepts={"planted": 0, "idle": 3}))
    by = {(each.concept, each.layer): each for each in found}
    for layer in LAYERS:
        assert by["planted", layer].accuracy > 0.8
        assert not by["idle", layer].found
    assert by["idle", LAYERS[0]].accuracy > 0.7  # the network knows it and does not use it
    last = by["planted", LAYERS[1]]
    assert last.found
    assert last.sign_count > 0.95
    assert last.effect > 3
    table = cosines(measured, layer=LAYERS[1])
    assert table["planted"]["planted"] == pytest.approx(1.0)
    assert table["planted"]["idle"] == pytest.approx(table["idle"]["planted"])


def test_the_p_values_are_the_shares_that_they_say() -> None:
    study = study_of(2, concepts={"planted": 0}, layers=LAYERS[1:], copies=19)
    (finding,), measured = concept_tests(planted(), study)
    each = measured["planted", LAYERS[1]]
    direction, random = each.vectors.directions, each.null.directions
    own = np.mean([slope @ v for slope in each.slopes for v in direction])
    null = [np.mean([slope @ v for slope in each.slopes]) for v in random]
    assert finding.derivative == pytest.approx(own)
    assert finding.effect == pytest.approx(own / np.sqrt(np.mean(np.square(null))))
    assert finding.p_null == (1 + sum(abs(n) >= abs(own) for n in null)) / 101
    assert finding.p_copies >= 1 / 20
    assert finding.p == max(finding.p_null, finding.p_copies)


def found_in_untrained(runs: int) -> float:
    """Share of untrained networks in which any of two tests finds a concept that is easy to tell from the pool."""
    hits = 0
    for run in range(runs):
        findings, _ = concept_tests(toy(TABLE, seed=100 + run), study_of(run, concepts={"clear": 0}))
        hits += any(finding.found for finding in findings)
    return hits / runs


def test_an_untrained_network_rarely_has_a_concept() -> None:
    assert found_in_untrained(4) <= 0.25


@pytest.mark.long
def test_of_200_untrained_networks_no_more_than_the_nominal_rate_has_a_concept() -> None:
    assert found_in_untrained(200) <= 0.05


def test_draws_do_not_depend_on_the_network() -> None:
    study = study_of(3, concepts={"planted": 0}, layers=LAYERS[1:])
    one, other = (measure(toy(TABLE), study, layers=LAYERS[1:]) for _ in range(2))
    key = ("planted", LAYERS[1])
    assert (one[key].vectors.directions == other[key].vectors.directions).all()


def test_copies_are_as_many_as_holms_first_step_needs() -> None:
    assert study_of(1, concepts={"a": 0, "b": 1}).copies_needed == 79
    assert study_of(1, concepts={"a": 0}, copies=7).copies_needed == 7


def test_all_faults_of_a_question_are_said_at_once() -> None:
    study = study_of(
        1, concepts={"a": 0}, pool=rows_where(None, 9, seed=1), cases=rows_where(None, 0, seed=1)
    )
    with pytest.raises(ExplanationRefused, match=r"the pool has 9 .*no case of the class"):
        concept_tests(planted(), study)


@pytest.mark.parametrize(("name", "module"), [("penultimate", "hidden2_relu"), ("hidden1", "hidden1")])
def test_a_layer_goes_by_tap_or_module(name: str, module: str) -> None:
    assert layer_named(toy(TABLE), name) == module


def test_an_unknown_layer_is_refused() -> None:
    with pytest.raises(ExplanationRefused, match="no layer 'attic'"):
        layer_named(toy(TABLE), "attic")


def test_words_of_a_text_are_no_vector() -> None:
    predictor = toy(SPECS["text"])
    with pytest.raises(ExplanationRefused, match="vectors and maps"):
        layer_maps(predictor, inputs=predictor.tensor(rows_of("text", 1)), layer="layer1")
