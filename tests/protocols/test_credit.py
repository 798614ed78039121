"""What answers are worth: known values, worked out by hand or by an independent second computation."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy.stats import kendalltau
from sklearn.metrics import f1_score, jaccard_score

from studies.protocols.credit import CREDITS, judged, key_fault
from studies.protocols.fields import Field, Option
from studies.protocols.regions import region_contains, region_iou

NAMES = "abcde"
LETTERS = tuple(Option(name, name) for name in NAMES)


def field(kind: Any, **more: Any) -> Field:
    return Field("f", kind, "?", **{"options": LETTERS, "score": "graded", **more})


def subsets(count: int) -> list[list[str]]:
    rng = np.random.default_rng(4)
    return [[name for name in NAMES if rng.random() < 0.5] for _ in range(count)]


@pytest.mark.parametrize(("credit", "referee"), [("jaccard", jaccard_score), ("f1", f1_score)])
def test_credit_of_several_choices_agrees_with_scikit_learn(credit: str, referee: Any) -> None:
    for chosen, wanted in zip(subsets(20), reversed(subsets(20)), strict=True):
        one, other = ([name in part for name in NAMES] for part in (chosen, wanted))
        expected = referee(other, one, zero_division=1) if any(one) or any(other) else 1
        found = judged(field("several", credit=credit), chosen, "|".join(wanted) or "none").credit
        assert found == pytest.approx(expected)


def test_partial_credit_takes_wrong_choices_off() -> None:
    assert judged(field("several", credit="partial"), ["a", "b", "c"], "a|b").credit == pytest.approx(2 / 3)
    assert judged(field("several", credit="partial"), ["c", "d", "e"], "a").credit == 0


def test_a_ranking_agrees_with_kendalls_tau_of_scipy() -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        answer, key = ["".join(rng.permutation(list(NAMES))) for _ in range(2)]
        tau = kendalltau([key.index(n) for n in NAMES], [answer.index(n) for n in NAMES]).statistic
        found = judged(field("ranking"), list(answer), "|".join(key))
        assert found.credit == pytest.approx((tau + 1) / 2)
        assert found.is_right == (answer == key)


def test_boxes_overlap_as_painted_on_a_grid() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        one, other = (random_box(rng) for _ in range(2))
        a, b = painted(one, 200, 200), painted(other, 200, 200)
        assert region_iou(one, other) == pytest.approx((a & b).sum() / max((a | b).sum(), 1), abs=1e-9)


def test_a_box_overlaps_a_mask_as_painted_on_a_grid() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        box, mask = random_box(rng), rng.random((20, 30)) < 0.4
        drawn = painted(box, 20, 30)
        expected = (drawn & mask).sum() / max((drawn | mask).sum(), 1)
        assert region_iou(box, run_lengths(mask)) == pytest.approx(expected)


def test_a_point_is_on_the_pixel_of_the_mask_that_it_is_in() -> None:
    mask = np.random.default_rng(3).random((7, 5)) < 0.5
    for row in range(7):
        for column in range(5):
            point = {"x": (column + 0.3) / 5, "y": (row + 0.8) / 7}
            assert region_contains(run_lengths(mask), point) == mask[row, column]


def test_a_box_over_half_of_the_reference_is_right() -> None:
    key = json.dumps({"x0": 0, "y0": 0, "x1": 1, "y1": 0.5})
    assert judged(field("region"), {"x0": 0, "y0": 0, "x1": 0.5, "y1": 0.5}, key).is_right is True
    assert judged(field("region"), {"x0": 0, "y0": 0, "x1": 0.49, "y1": 0.5}, key).is_right is False
    assert judged(field("region"), {}, "none").credit == 1


def test_a_number_loses_credit_with_its_distance() -> None:
    price = field("numeric", tolerance=20)
    assert judged(price, 105, "100").credit == pytest.approx(0.75)
    assert judged(price, 130, "100").credit == 0
    assert judged(price, 120, "100").is_right is True


def test_a_probability_has_the_credit_of_brier() -> None:
    assert judged(field("probability"), 0.7, "1").credit == pytest.approx(0.91)


def test_several_likelihoods_have_the_mean_credit_of_brier() -> None:
    likely = dict(zip(NAMES, (0.5, 0.2, 0.1, 0.1, 0.1), strict=True))
    found = judged(field("probabilities", sums_to=100), likely, "a")
    assert found.credit == pytest.approx(1 - (0.25 + 0.04 + 0.03) / 5)
    assert found.is_right is True


def test_a_tie_for_the_likeliest_is_not_right() -> None:
    tied = dict(zip(NAMES, (0.4, 0.4, 0.1, 0.1, 0.0), strict=True))
    assert judged(field("probabilities", sums_to=100), tied, "a").is_right is False


def test_likelihoods_on_the_right_side_of_one_half_are_counted() -> None:
    likely = dict(zip(NAMES, (0.5, 0.8, 0.1, 0.49, 0.0), strict=True))
    sided = field("probabilities", credit="sides")
    assert judged(sided, likely, "a").credit == pytest.approx(4 / 5)
    assert judged(sided, likely, "a|b").credit == 1
    assert judged(sided, likely, "d").credit == pytest.approx(2 / 5)


def test_against_an_uncertain_reference_the_credit_is_the_one_to_expect() -> None:
    found = judged(field("choice"), "a", '{"a": 0.7, "b": 0.3}')
    assert (found.is_right, found.credit) == (None, 0.7)


def test_a_replacement_has_two_halves() -> None:
    key = json.dumps({"remove": "a", "put": "b"})
    assert judged(field("replacement"), {"remove": "a", "put": "c"}, key).credit == 0.5
    assert judged(field("replacement"), {"remove": "a", "put": "b"}, key).is_right is True
    assert judged(field("replacement"), {}, "none").credit == 1


def test_parts_have_the_mean_credit() -> None:
    parts = field("rating_per_part", options=LETTERS[:2], minimum=1, maximum=5)
    assert judged(parts, {"a": 1, "b": 5}, '{"a": 1, "b": 3}').credit == pytest.approx(0.75)


def test_what_has_no_answer_or_no_reference_has_no_score() -> None:
    for answer, key in ((None, "a"), ("a", None), ("a", "")):
        assert judged(field("choice"), answer, key).credit is None
    assert judged(field("text"), "words", "a").is_right is None


@pytest.mark.parametrize("kind", CREDITS)
def test_every_credit_lies_between_nothing_and_all(kind: Any) -> None:
    answers = {
        "several": ["a"], "ranking": list(NAMES), "probabilities": dict.fromkeys(NAMES, 0.2),
        "region": {"x0": 0, "y0": 0, "x1": 0.5, "y1": 1}, "rating_per_part": dict.fromkeys(NAMES, 2),
        "replacement": {"remove": "a", "put": "b"}, "choice": "a",
    }  # fmt: skip
    keys = {
        "ranking": "e|d|c|b|a", "region": '{"x0": 0.2, "y0": 0, "x1": 1, "y1": 1}', "replacement": "none",
        "rating_per_part": json.dumps(dict.fromkeys(NAMES, 5)), "several": "b", "choice": "b", "probabilities": "b",
    }  # fmt: skip
    for credit in CREDITS[kind]:
        asked = field(kind, credit=credit, minimum=1, maximum=5)
        found = judged(asked, answers.get(kind, 0.3), keys.get(kind, "1")).credit
        assert found is not None
        assert 0 <= found < 1


@pytest.mark.parametrize(
    ("kind", "key", "reason"),
    [
        ("numeric", "much", "no number"),
        ("choice", "z", "does not offer 'z'"),
        ("choice", '{"z": 1}', "does not offer 'z'"),
        ("several", "a|z", "does not offer 'z'"),
        ("region", '{"x0": 0}', "a box with"),
        ("region", '{"x0": 5, "y0": 0, "x1": 6, "y1": 1}', "proportions"),
        ("region", '{"size": [2, 2], "counts": [1]}', "1 pixels, not 2 x 2"),
        ("region", '{"size": [2, 2], "counts": [', "no JSON"),
        ("rating_per_part", "3", "another form"),
    ],
)
def test_a_reference_that_cannot_be_compared_has_a_sentence(kind: Any, key: str, reason: str) -> None:
    assert reason in key_fault(field(kind), key)


def test_a_good_reference_has_no_fault() -> None:
    assert key_fault(field("choice"), "a") == ""
    assert key_fault(field("region"), '{"x0": 0, "y0": 0, "x1": 1, "y1": 1}') == ""


def random_box(rng: np.random.Generator) -> dict[str, float]:
    """Return a box whose sides lie on lines of a grid of 200."""
    (x0, x1), (y0, y1) = (sorted(rng.choice(201, 2, replace=False) / 200) for _ in range(2))
    return {"x0": x0, "y0": y0, "x1": x1, "y1": y1}


def painted(box: dict[str, float], height: int, width: int) -> np.ndarray:
    y, x = (np.arange(height)[:, None] + 0.5) / height, (np.arange(width)[None] + 0.5) / width
    return (box["x0"] <= x) & (x <= box["x1"]) & (box["y0"] <= y) & (y <= box["y1"])


def run_lengths(mask: np.ndarray) -> dict[str, list[int]]:
    flat = mask.flatten(order="F")
    ends = [*np.flatnonzero(np.diff(flat)) + 1, flat.size]
    counts = np.diff([0, *ends]).tolist()
    return {"size": list(mask.shape), "counts": [0, *counts] if flat[0] else counts}
