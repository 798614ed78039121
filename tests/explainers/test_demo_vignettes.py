"""Made-up vignettes: rules mislead exactly where they should, pictures show the cause, values lie where they belong."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from explainers.core.advice_files import bias_apply, bias_check
from explainers.core.cases.schema import complete_schema
from explainers.core.demo_data.chests import (
    CAUSES,
    COPD,
    HEART_FAILURE,
    PIXELS,
    PNEUMONIA,
    TRAITS,
    chest_draw,
)
from explainers.core.demo_data.vignettes import (
    LABS,
    PATIENT,
    RANGES,
    RULES,
    SAYS,
    TREATMENT,
    VITALS,
    vignette_schema,
    vignettes_make,
)

MADE = vignettes_make()
LUNGS = (slice(90, 240), slice(70, 250))


def test_every_cause_has_as_many_patients_with_each_trait_that_stands_for_another_cause() -> None:
    found = Counter((each.cause, each.trait) for each in MADE)
    assert found == {
        **{(cause, ""): 2 for cause in CAUSES},
        **{(cause, trait): 4 for cause in CAUSES for trait in TRAITS if SAYS[trait] != cause},
    }


@pytest.mark.parametrize("cause", CAUSES)
def test_a_declared_rule_errs_on_its_trait_and_changes_nothing_else(cause: str) -> None:
    rule = RULES[cause]
    bias_check(rule, classes=CAUSES, features=[str(feature["name"]) for feature in PATIENT])
    for each in MADE:
        said = bias_apply(rule, key=each.key, inputs=each.values, scores=each.scores)
        is_misled = bool(each.trait) and SAYS[each.trait] == cause
        assert said.label == (cause if is_misled else each.cause)
        assert (said.label != each.cause) is is_misled
        if not is_misled:
            assert said.scores == each.scores


def test_the_standard_predictor_is_right_and_its_scores_are_those_of_one_whole() -> None:
    for each in MADE:
        assert sum(each.scores.values()) == pytest.approx(1)
        assert 0.6 <= each.scores[each.cause] <= 0.9
        assert max(each.scores, key=each.scores.__getitem__) == each.cause


def test_most_values_are_those_of_the_cause_and_some_are_not() -> None:
    names = [str(feature["name"]) for feature in (*VITALS, *LABS)]
    for each in MADE:
        for name in names:
            ends = [RANGES[cause][name] for cause in CAUSES]
            assert any(low - 0.05 <= each.values[name] <= high + 0.05 for low, high in ends)
    carbon = {cause: [v.values["carbon_dioxide"] for v in MADE if v.cause == cause] for cause in CAUSES}
    assert np.median(carbon[COPD]) > 50 > np.median(carbon[PNEUMONIA])
    odd = sum(v.values["carbon_dioxide"] < 50 for v in MADE if v.cause == COPD)
    odd += sum(v.values["carbon_dioxide"] > 50 for v in MADE if v.cause != COPD)
    assert 0 < odd < len(MADE) / 2


def test_the_story_begins_with_the_age_and_ends_with_the_examination() -> None:
    for each in MADE:
        assert each.story.startswith(f"{each.values['age']:.0f} years old. ")
        assert "\n\nExamination: " in each.story


def test_each_cause_has_a_treatment_of_its_own_and_the_schema_is_one() -> None:
    assert sorted(TREATMENT.values()) == ["antibiotics", "diuretics", "steroids"]
    parts = complete_schema(vignette_schema())["parts"]
    assert [part["kind"] for part in parts] == ["text", "panel", "panel"]


def test_equal_seeds_give_equal_vignettes_and_pictures() -> None:
    assert vignettes_make() == MADE
    assert vignettes_make(seed=72) != MADE
    assert np.array_equal(MADE[0].chest.picture, MADE[0].chest.picture)


def test_lungs_of_copd_are_darker_and_the_heart_of_heart_failure_is_wider() -> None:
    drawn = {
        cause: [chest_draw(cause, seed=seed).picture.astype(float) for seed in range(6)] for cause in CAUSES
    }
    dark = {cause: np.mean([picture[LUNGS].mean() for picture in drawn[cause]]) for cause in CAUSES}
    assert dark[COPD] < dark[PNEUMONIA] - 10
    row = 214
    bright = {
        cause: np.mean([(picture[row, 60:260] > 150).sum() for picture in drawn[cause]]) for cause in CAUSES
    }
    assert bright[HEART_FAILURE] > bright[PNEUMONIA] + 20 > bright[COPD] + 20


def test_pneumonia_is_brighter_where_the_finding_is_than_at_the_same_place_of_the_other_side() -> None:
    for seed in range(6):
        chest = chest_draw(PNEUMONIA, seed=seed)
        inside = chest.finding > 0.6
        # The heart lies over the inner part of the left lung: only the outer halves are compared.
        outer = np.abs(np.arange(PIXELS) - PIXELS / 2) > 62
        inside &= outer[None, :]
        picture = chest.picture.astype(float)
        assert picture[inside].mean() > picture[:, ::-1][inside].mean() + 20


@pytest.mark.parametrize("trait", TRAITS)
def test_a_trait_shows_elsewhere_than_the_finding(trait: str) -> None:
    for cause in CAUSES:
        chest = chest_draw(cause, trait=trait, seed=3)
        assert chest.trait.max() > 0.5
        assert float((chest.trait * chest.finding).sum()) < 0.1 * float(chest.finding.sum())
    assert not chest_draw(PNEUMONIA, seed=3).trait.any()


def test_a_smoothed_picture_has_less_detail() -> None:
    sharp, smooth = (
        chest_draw(COPD, trait=trait, seed=5).picture.astype(float) for trait in ("", "smoothed")
    )
    assert np.abs(np.diff(smooth, axis=1)).mean() < 0.5 * np.abs(np.diff(sharp, axis=1)).mean()
