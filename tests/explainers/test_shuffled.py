"""The placebo has the look of the original and another content."""

from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from explainers.methods.shuffled import draw_permutation

VALUES = [0.4, -1.0, 0.0, 2.5]


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=12), st.text(max_size=20))
def test_the_values_stay_and_at_least_one_moves(values: list[float], seed: str) -> None:
    order = draw_permutation(values, seed=seed)
    shuffled = [values[place] for place in order]
    assert sorted(order) == list(range(len(values)))
    assert shuffled != values or len(set(values)) == 1


def test_equal_values_stay_where_they_are() -> None:
    assert draw_permutation([0.0, 0.0, 0.0], seed="a") == [0, 1, 2]


def test_the_same_seed_gives_the_same_permutation() -> None:
    assert draw_permutation(VALUES, seed="case 7") == draw_permutation(VALUES, seed="case 7")


def test_every_permutation_but_the_identity_is_equally_likely() -> None:
    drawn = Counter(tuple(draw_permutation(VALUES, seed=str(number))) for number in range(6900))
    possible = [order for order in permutations(range(4)) if order != (0, 1, 2, 3)]
    assert set(drawn) == set(possible)
    # 23 permutations, 300 expected each; the draws are fixed by the seeds, so this p is always the same.
    assert chisquare([drawn[order] for order in possible]).pvalue == pytest.approx(0.5, abs=0.49)
