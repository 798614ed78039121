"""Counterfactuals: known answers on lines, brute force over all pairs, locks, ranges, and what is shown was tried."""

from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

from explainers.core.counterfactual import Room, changed, counterfactual
from explainers.core.engine import ExplainRequest, explain
from explainers.core.errors import ExplanationRefused
from explainers.core.exhibit import Exhibit
from explainers.core.reference import ReferenceSet
from explainers.methods import METHODS
from tests.explainers.toys import LINE, SPECS, explained, rows_of, toy

pytestmark = pytest.mark.heavy


def room(count: int = 3, *, locked: tuple[int, ...] = ()) -> Room:
    return Room(np.full(count, -3.0), np.full(count, 3.0), np.ones(count), frozenset(locked))


def weighted(*weights: float, least: float) -> Any:
    return lambda rows: rows @ np.array(weights) - least


def test_the_feature_that_weighs_most_changes_alone_and_as_little_as_it_can() -> None:
    found = counterfactual(np.zeros(3), margin=weighted(1.0, -4.0, 2.0, least=1.0), room=room())
    assert found == [(1, -0.26)]


def test_a_locked_feature_never_changes() -> None:
    found = counterfactual(np.zeros(3), margin=weighted(1.0, -4.0, 2.0, least=1.0), room=room(locked=(1,)))
    assert found == [(2, 0.51)]


def test_two_features_change_where_one_does_not_reach_and_none_leaves_its_range() -> None:
    found = dict(counterfactual(np.zeros(3), margin=weighted(1.0, 1.0, 0.1, least=5.0), room=room()))
    assert set(found) == {0, 1}
    assert max(found.values()) <= 3
    assert 5 < sum(found.values()) <= 5.02


def test_where_no_three_features_reach_nothing_is_found() -> None:
    assert counterfactual(np.zeros(4), margin=weighted(1, 1, 1, 1, least=9.5), room=room(4)) == []


def test_no_pair_of_values_of_the_grid_costs_less() -> None:
    random = np.random.default_rng(3)
    for _ in range(20):
        weights, row = random.normal(size=4), random.normal(size=4)
        margin = weighted(*weights, least=float(weights @ row) + 3 * float(np.abs(weights).max()))
        found = counterfactual(row, margin=margin, room=room(4), grid=9, beam=100)
        values = room(4).values(0, grid=9)
        pairs = [
            list(zip(pair, each, strict=True))
            for pair in combinations(range(4), 2)
            for each in product(values, values)
        ]
        good = [each for each in pairs if margin(changed(row, each)[None])[0] > 0]
        if len(found) == 2:
            cost = sum(abs(value - row[feature]) for feature, value in found)
            assert cost <= min(sum(abs(value - row[f]) for f, value in each) for each in good) + 1e-9


def exhibits(**parameters: Any) -> list[Exhibit]:
    found = explained("counterfactual", toy(SPECS["tabular"]), rows_of("tabular", 9), **parameters)
    return [each for each in found if isinstance(each, Exhibit)]


def test_the_predictor_says_the_other_class_of_exactly_what_is_shown() -> None:
    predictor, rows = toy(SPECS["tabular"]), rows_of("tabular", 9)
    flipped = 0
    for row, found in zip(rows, exhibits(), strict=True):
        changes = found.content["changes"]
        if changes:
            new = {**row, **{each["feature"]: round(each["becomes"], each["decimals"]) for each in changes}}
            scores = predictor.probabilities([new])[0]
            assert max(scores, key=lambda name: scores[name]) == found.content["instead"]
            flipped += 1
        assert len(changes) <= 3
    assert flipped >= 5


def test_the_other_class_is_the_second_most_probable_or_the_one_asked_for() -> None:
    advised = exhibits()
    named = explained("counterfactual", toy(SPECS["tabular"]), rows_of("tabular", 9), target="rank_2")
    for one, other in zip(advised, named, strict=True):
        assert isinstance(other, Exhibit)
        assert one.content["changes"] == other.content["changes"]
        assert one.target_class == one.content["now"] != other.target_class == other.content["instead"]


def test_plausible_is_what_known_cases_have() -> None:
    predictor, rows = toy(LINE), rows_of("tabular", 4)
    known = ReferenceSet("known", "digest", ["a", "b"], [rows[0], rows[1]])
    plugin = METHODS.get("counterfactual")
    scores = predictor.probabilities(rows)
    requests = [
        ExplainRequest(
            case_key=str(n), case_digest=str(n), inputs=row, target_declared="advised",
            target_class=max(score, key=lambda name: score[name]), parameters=plugin.complete({"cases": "known"}),
        )
        for n, (row, score) in enumerate(zip(rows, scores, strict=True))
    ]  # fmt: skip
    found = explain(
        plugin(), predictor=predictor, predictor_digest="toy", requests=requests, references={"known": known}
    )
    ends = {name: sorted([rows[0][name], rows[1][name]]) for name in LINE.features}
    changes = [change for each in found if isinstance(each, Exhibit) for change in each.content["changes"]]
    assert changes
    for change in changes:
        low, high = ends[change["feature"]]
        assert low <= change["becomes"] <= high


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"locked": ["f9"]}, "no feature of the predictor"),
        ({"locked": "f1"}, "list of names"),
        ({"changes": 4}, "whole number from 1 to 3"),
    ],
)
def test_what_cannot_be_searched_is_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ExplanationRefused, match=message):
        exhibits(**parameters)
