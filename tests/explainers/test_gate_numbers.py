"""The numbers of the gate against second computations: sets, enumeration, scipy, curves by hand."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from explainers.core.attribution import Explanation
from explainers.core.gate.agreement import agreement, chance_jaccard, mean_agreement, parts_shown
from explainers.core.gate.panel import rank_correlation
from explainers.core.gate.seen import seen_parts, shown_count
from explainers.core.gate.sparseness import effective_parts, gini


@pytest.mark.parametrize("k", [1, 2, 4])
def test_agreement_is_that_of_the_sets_of_strongest_parts(k: int) -> None:
    random = np.random.default_rng(3)
    for _ in range(20):
        one, other = random.normal(size=(2, 7))
        mine, theirs = (sorted(range(7), key=lambda n, v=v: -abs(v[n]))[:k] for v in (one, other))
        found = agreement(one, other, k=k)
        assert found.jaccard == len({*mine} & {*theirs}) / len({*mine} | {*theirs})
        assert found.sign == sum(one[n] * other[n] > 0 for n in mine) / k
        assert found.same_top == (mine[0] == theirs[0])


@pytest.mark.parametrize(
    ("one", "other", "expected"), [([0, 0], [0, 0], 1.0), ([0, 0], [1, 0], 0.0), ([1, 0], [0, 0], 0.0)]
)
def test_maps_that_say_nothing_agree_with_each_other_only(one: Any, other: Any, expected: float) -> None:
    found = agreement(one, other, k=1)
    assert (found.jaccard, found.sign, found.same_top) == (expected,) * 3


def test_explanations_of_different_parts_are_not_compared() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        agreement([1.0], [1.0, 2.0], k=1)


def test_no_pairs_have_no_mean() -> None:
    with pytest.raises(ValueError, match="no pairs"):
        mean_agreement([])


@pytest.mark.parametrize(("parts", "k"), [(6, 3), (8, 2), (5, 5)])
def test_the_index_of_chance_is_that_of_all_pairs_of_sets(parts: int, k: int) -> None:
    sets = [set(each) for each in combinations(range(parts), k)]
    known = np.mean([len(a & b) / len(a | b) for a in sets for b in sets])
    assert chance_jaccard(parts, k=k) == pytest.approx(known)


def test_the_gini_index_is_half_the_relative_mean_difference() -> None:
    random = np.random.default_rng(3)
    values = random.normal(size=11)
    size = np.abs(values)
    known = np.abs(size[:, None] - size).mean() / (2 * size.mean())
    assert gini(values) == pytest.approx(known)


def test_effective_parts_is_the_exponential_of_the_entropy() -> None:
    random = np.random.default_rng(3)
    from scipy.stats import entropy

    values = random.normal(size=11)
    assert effective_parts(values) == pytest.approx(np.exp(entropy(np.abs(values))))


def test_rank_correlation_is_spearmans() -> None:
    random = np.random.default_rng(3)
    from scipy.stats import spearmanr

    one, other = random.integers(0, 5, size=(2, 12))
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)


def test_at_most_half_of_the_parts_count_as_strongest() -> None:
    assert [parts_shown(n, top=5) for n in (1, 2, 3, 9, 10, 100)] == [1, 1, 2, 5, 5, 5]


def test_of_a_picture_people_see_regions() -> None:
    map_ = np.zeros((16, 16), dtype=np.float32)
    map_[0:2, 2:4] = 0.25  # one region of two by two pixels
    picture = Explanation(
        (), map_.ravel(), "ill", "score", (), 0.0, 0.0, 0.0, modality="image", shape=(16, 16)
    )
    parts = seen_parts(picture)
    assert (len(parts), int(parts.argmax()), float(parts.max())) == (64, 1, 1.0)
    assert shown_count(picture, parts=64) == 6
