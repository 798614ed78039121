"""The demo of pictures and of texts: planted things lie where they are said to lie, and the AI errs as designed."""

import re

import numpy as np
import pytest

from explainers.core.cases import check_rows, complete_schema
from explainers.core.demo_data.reports import (
    PHRASES,
    reports_make,
    reports_predictor,
    reports_rows,
    reports_schema,
)
from explainers.core.demo_data.retina import (
    RETINA_CLASSES,
    Patches,
    describe_errors,
    retina_patches,
    retina_predictor,
    retina_rows,
    retina_schema,
)
from explainers.core.demo_data.tabular import CLASSES
from explainers.core.predictor import LoadedPredictor, advised_class

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def patches() -> Patches:
    return retina_patches(count=200, part="test")


def test_bleedings_darken_and_marks_brighten_where_their_masks_are(patches: Patches) -> None:
    light = patches.images.mean(axis=3)
    assert (patches.lesion_masks.any(axis=(1, 2)) == (patches.labels == 1)).all()
    assert (patches.cue_masks.any(axis=(1, 2)) == patches.cues).all()
    darker = []
    for place in range(len(light)):
        lesion = patches.lesion_masks[place] & ~patches.cue_masks[place]
        around = ~(patches.lesion_masks[place] | patches.cue_masks[place])
        if lesion.any():
            darker.append(light[place][around].mean() - light[place][lesion].mean())
        if patches.cues[place]:
            assert light[place][patches.cue_masks[place]].mean() > light[place][around].mean() + 20
    assert np.mean(darker) > 5


def test_the_shortcut_holds_in_training_and_not_in_the_test(patches: Patches) -> None:
    trained = retina_patches(count=400, part="train")
    assert trained.cues[trained.labels == 1].mean() > 0.9
    assert trained.cues[trained.labels == 0].mean() < 0.1
    assert 0.35 < patches.cues[patches.labels == 0].mean() < 0.65
    assert 0.35 < patches.cues[patches.labels == 1].mean() < 0.65


def test_equal_seeds_give_equal_patches_and_parts_differ(patches: Patches) -> None:
    np.testing.assert_array_equal(retina_patches(count=200, part="test").images, patches.images)
    assert not np.array_equal(retina_patches(count=200, part="train").images, patches.images)


def test_patches_are_cases_whose_keys_tell_nothing(patches: Patches) -> None:
    rows, pictures, truth = retina_rows(patches)
    schema = complete_schema(retina_schema())
    assert check_rows(rows, features=schema["features"], modality="image") == rows
    assert {row["inputs"]["image"] for row in rows} == set(pictures)
    assert set(truth.values()) == set(RETINA_CLASSES)
    assert all(row["key"].removeprefix("retina-").isdigit() for row in rows)


@pytest.mark.long
def test_the_predictor_of_pictures_follows_the_shortcut(patches: Patches) -> None:
    spec, weights = retina_predictor()
    predictor = LoadedPredictor(spec, weights=weights)
    scores = predictor.probabilities([{"image": image} for image in patches.images])
    right = describe_errors([advised_class(score, classes=spec.classes) for score in scores], patches)
    assert 0.60 <= right["all"] <= 0.85
    assert right["cue only"] <= 0.35
    assert min(right["neither"], right["both"]) >= 0.9


@pytest.mark.long
def test_training_twice_gives_the_same_bytes() -> None:
    few = retina_patches(count=64, part="train")
    assert retina_predictor(few)[1] == retina_predictor(few)[1]


def test_reports_hold_their_deciding_words_once_and_say_that_they_are_synthetic() -> None:
    reports = reports_make(part="test")
    known = {
        phrase[phrase.index("{") + 1 : phrase.index("}")]
        for levels in PHRASES.values()
        for each in levels
        for phrase in each
    }
    for text, words in zip(reports.texts, reports.deciding, strict=True):
        assert len(words) == len(PHRASES)
        assert all(re.findall(r"\w+", text).count(word) == 1 for word in words)
        assert set(words) <= known
    assert "Synthetic" in reports_schema()["label"]
    rows, truth = reports_rows(reports)
    assert check_rows(rows, features=[], modality="text") == rows
    assert len(truth) == 285


@pytest.mark.long
def test_the_predictor_of_texts_errs_in_both_ways() -> None:
    spec, weights = reports_predictor()
    reports = reports_make(part="test")
    predictor = LoadedPredictor(spec, weights=weights)
    scores = predictor.probabilities([{"text": text} for text in reports.texts])
    advised = [CLASSES.index(advised_class(score, classes=CLASSES)) for score in scores]
    pairs = list(zip(advised, reports.labels.tolist(), strict=True))
    assert 0.68 <= np.mean([label == true for label, true in pairs]) <= 0.88
    assert min(pairs.count((0, 1)), pairs.count((1, 0))) >= 15
