"""Comparisons within participants against scipy, formulas by hand and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.core.estimate import CannotEstimateError
from analysis.estimators.hedges_g_paired import HedgesGPaired
from analysis.estimators.paired_contrast import PairedContrast


def pairs(seed: int, n: int = 15) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    person = rng.normal(0, 1, n)
    return person + rng.normal(0.4, 0.6, n), person + rng.normal(0, 0.8, n)


@pytest.mark.parametrize("direction", ["two_sided", "greater", "less"])
@pytest.mark.parametrize("seed", range(5))
def test_the_paired_t_test_is_that_of_scipy(seed: int, direction: str) -> None:
    one, other = pairs(seed)
    found = PairedContrast.estimate(one, other, direction=direction, level=0.9)
    wanted = stats.ttest_rel(one, other, alternative=direction.replace("_", "-"))
    low, high = stats.ttest_rel(one, other).confidence_interval(0.9)
    assert (found.statistic, found.p, found.df) == pytest.approx((wanted.statistic, wanted.pvalue, wanted.df))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.details["correlation"] == pytest.approx(stats.pearsonr(one, other).statistic)


def test_who_lacks_one_of_two_values_is_left_out_and_counted() -> None:
    one, other = pairs(1)
    found = PairedContrast.estimate([*one, 1.0, math.nan], [*other, math.nan, math.nan])
    assert found.value == pytest.approx(PairedContrast.estimate(one, other).value)
    assert (found.n, found.details["n_incomplete"]) == ({"pairs": 15}, 1)


def test_the_order_of_participants_changes_no_bit() -> None:
    one, other = pairs(2)
    turned = np.random.default_rng(0).permutation(15)
    assert (
        PairedContrast.estimate(one[turned], other[turned]).as_dict()
        == PairedContrast.estimate(one, other).as_dict()
    )
    assert (
        HedgesGPaired.estimate(one[turned], other[turned]).as_dict()
        == HedgesGPaired.estimate(one, other).as_dict()
    )


def test_one_pair_or_differences_that_do_not_vary_are_refused() -> None:
    with pytest.raises(CannotEstimateError, match=r"1 participant\(s\) have a value with both ig and ai"):
        PairedContrast.estimate([1.0, 2.0], [0.5, math.nan], names=("ig", "ai"))
    with pytest.raises(CannotEstimateError, match="do not vary"):
        PairedContrast.estimate([1.0, 2.0, 3.0], [0.5, 1.5, 2.5])
    with pytest.raises(CannotEstimateError, match="3 participants"):
        HedgesGPaired.estimate([1.0, 2.0], [0.5, 1.0])


def test_hedges_g_within_follows_its_two_formulas() -> None:
    one, other = pairs(3)
    found = HedgesGPaired.estimate(one, other)
    difference, j = one - other, 1 - 3 / (4 * 14 - 1)
    average = np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2)
    assert found.value == pytest.approx(j * difference.mean() / average)
    assert found.details["g_z"]["value"] == pytest.approx(j * difference.mean() / difference.std(ddof=1))


def test_the_limits_of_g_z_put_the_observed_t_at_the_tails() -> None:
    one, other = pairs(4)
    found, t = HedgesGPaired.estimate(one, other), stats.ttest_rel(one, other).statistic
    j, root = 1 - 3 / (4 * 14 - 1), math.sqrt(15)
    for side, tail in (("low", 0.975), ("high", 0.025)):
        noncentrality = found.details["g_z"][side] / j * root
        assert stats.nct.cdf(t, 14, noncentrality) == pytest.approx(tail, abs=1e-6)


def test_the_interval_of_g_av_covers_what_was_planted() -> None:
    rng, covered = np.random.default_rng(7), 0
    for _ in range(1000):
        person = rng.normal(0, 0.8, 40)
        one, other = person + rng.normal(0.5, 0.6, 40), person + rng.normal(0, 0.6, 40)
        found = HedgesGPaired.estimate(one, other)
        covered += found.low <= 0.5 <= found.high  # both spreads are 1
    assert 0.93 <= covered / 1000 <= 0.97
