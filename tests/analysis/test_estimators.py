"""Every estimator against an independent referee."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from analysis.core.estimate import CannotEstimateError
from analysis.estimators import registry
from analysis.estimators.equivalence import Equivalence
from analysis.estimators.hedges_g import HedgesG, noncentral_t_cdf
from analysis.estimators.holm import Holm
from analysis.estimators.participant_contrast import ParticipantContrast
from analysis.estimators.permutation import Permutation
from analysis.estimators.wilson import Wilson


def two_groups(seed: int, *, n: int = 12, m: int = 17) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(0.6, 0.1, n), rng.normal(0.5, 0.25, m)


@pytest.mark.parametrize("direction", ["two_sided", "greater", "less"])
@pytest.mark.parametrize("seed", range(5))
def test_welch_is_that_of_scipy(seed: int, direction: str) -> None:
    one, other = two_groups(seed)
    found = ParticipantContrast.estimate(one, other, direction=direction)
    referee = stats.ttest_ind(one, other, equal_var=False, alternative=direction.replace("_", "-"))
    assert found.p == pytest.approx(referee.pvalue, rel=1e-10)
    assert found.statistic == pytest.approx(referee.statistic, rel=1e-10)
    assert found.df == pytest.approx(referee.df, rel=1e-10)
    both = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((both.low, both.high), rel=1e-10)


def test_welch_leaves_missing_values_out_and_counts_the_rest() -> None:
    found = ParticipantContrast.estimate([1.0, 2.0, math.nan, 4.0], [0.0, 1.0, math.nan])
    assert found.n == {"treatment": 3, "control": 2}
    assert found.value == pytest.approx(7 / 3 - 0.5)


def test_welch_does_not_depend_on_the_order() -> None:
    one, other = two_groups(9)
    assert ParticipantContrast.estimate(one[::-1], other[::-1]) == ParticipantContrast.estimate(one, other)


def test_welch_refuses_one_participant() -> None:
    with pytest.raises(CannotEstimateError, match=r"Condition ig has 1 participant.*at least 2"):
        ParticipantContrast.estimate([0.5, math.nan], [0.1, 0.2], names=("ig", "ai"))


def test_welch_refuses_values_that_do_not_vary() -> None:
    with pytest.raises(CannotEstimateError, match="do not vary"):
        ParticipantContrast.estimate([0.5, 0.5, 0.5], [0.4, 0.4])


def enumerate_p(values: np.ndarray, treated: np.ndarray, groups: np.ndarray, *, direction: str) -> float:
    """Return the exact p by going through every arrangement within groups."""

    def t_of(label: np.ndarray) -> float:
        return float(stats.ttest_ind(values[label], values[~label], equal_var=False).statistic)

    choices = []
    for group in np.unique(groups):
        places = np.flatnonzero(groups == group)
        choices.append(list(itertools.combinations(places, int(treated[places].sum()))))
    observed, drawn = t_of(treated), []
    for chosen in itertools.product(*choices):
        label = np.zeros(len(values), dtype=bool)
        label[[place for places in chosen for place in places]] = True
        drawn.append(t_of(label))
    tails = {
        "two_sided": np.abs(drawn) >= abs(observed) - 1e-9,
        "greater": np.array(drawn) >= observed - 1e-9,
        "less": np.array(drawn) <= observed + 1e-9,
    }
    return float(tails[direction].mean())


@pytest.mark.parametrize("direction", ["two_sided", "greater", "less"])
@pytest.mark.parametrize("seed", [1, 2])
def test_permutation_approaches_the_enumeration(seed: int, direction: str) -> None:
    rng = np.random.default_rng(seed)
    values, groups = rng.normal(size=12), np.repeat([0, 1, 2], 4)
    treated = np.tile([True, False, True, False], 3)
    exact = enumerate_p(values, treated, groups, direction=direction)
    found = Permutation.estimate(values, treated, groups, n=20_000, seed=4, direction=direction)
    assert found.p == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 20_000) + 1e-4)


def test_permutation_p_is_never_zero_and_follows_the_formula() -> None:
    values = np.concatenate([np.arange(30) + 100.0, np.arange(30)])
    found = Permutation.estimate(values, np.arange(60) < 30, np.zeros(60), n=999)
    assert found.p == 1 / 1000


def test_permutation_repeats_with_its_seed() -> None:
    rng = np.random.default_rng(8)
    values, treated = rng.normal(size=40), np.tile([True, False], 20)
    first = Permutation.estimate(values, treated, np.zeros(40), n=500, seed=3)
    assert first == Permutation.estimate(values, treated, np.zeros(40), n=500, seed=3)
    assert first.p != Permutation.estimate(values, treated, np.zeros(40), n=500, seed=4).p


def test_permutation_stays_within_groups() -> None:
    # Within each pair of equal values nothing can change; across pairs it would.
    values = np.repeat([1.0, 2.0, 3.0, 4.0], 2)
    found = Permutation.estimate(values, np.tile([True, False], 4), np.repeat(range(4), 2), n=200)
    assert found.p == 1.0


def test_permutation_refuses_groups_with_one_condition_only() -> None:
    with pytest.raises(CannotEstimateError, match="nothing can be exchanged"):
        Permutation.estimate([1.0, 2.0, 3.0, 4.0], [1, 1, 0, 0], [0, 0, 1, 1])


def test_permutation_refuses_values_that_do_not_vary() -> None:
    with pytest.raises(CannotEstimateError, match="same value"):
        Permutation.estimate([1.0] * 4, [1, 0, 1, 0], [0] * 4)


def test_permutation_lets_missing_values_move_along() -> None:
    values = [1.0, 2.0, 3.0, math.nan, 5.0, 4.0, math.nan, 7.0]
    found = Permutation.estimate(values, [1, 0, 1, 0, 1, 0, 1, 0], [0] * 8, n=400)
    assert found.n == {"treatment": 3, "control": 3}
    assert 0 < found.p <= 1


def test_hedges_g_follows_its_formula() -> None:
    one, other = two_groups(3)
    n, m = len(one), len(other)
    pooled = math.sqrt(((n - 1) * np.var(one, ddof=1) + (m - 1) * np.var(other, ddof=1)) / (n + m - 2))
    j = 1 - 3 / (4 * (n + m - 2) - 1)
    assert HedgesG.estimate(one, other).value == pytest.approx(
        j * (one.mean() - other.mean()) / pooled, rel=1e-12
    )


def test_hedges_limits_put_the_observed_t_at_the_tails() -> None:
    one, other = two_groups(4)
    n, m = len(one), len(other)
    found = HedgesG.estimate(one, other)
    j, root = 1 - 3 / (4 * (n + m - 2) - 1), math.sqrt(n * m / (n + m))
    t = stats.ttest_ind(one, other).statistic
    assert stats.nct.cdf(t, n + m - 2, found.low / j * root) == pytest.approx(0.975, abs=1e-8)
    assert stats.nct.cdf(t, n + m - 2, found.high / j * root) == pytest.approx(0.025, abs=1e-8)


@pytest.mark.parametrize(
    ("t", "df", "shift"), [(2, 10, 1), (0, 30, 1), (30, 40, 25), (3, 2, 1), (-2, 5, 3), (1, 500, 0)]
)
def test_the_noncentral_t_is_that_of_scipy(t: float, df: float, shift: float) -> None:
    assert noncentral_t_cdf(t, df, shift) == pytest.approx(stats.nct.cdf(t, df, shift), rel=1e-9)


def test_hedges_g_refuses_values_that_do_not_vary() -> None:
    with pytest.raises(CannotEstimateError, match="do not vary"):
        HedgesG.estimate([1.0, 1.0], [2.0, 2.0])


@pytest.mark.heavy
@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 10), (10, 10), (85, 100), (1, 1)])
def test_wilson_is_that_of_statsmodels(hits: int, n: int) -> None:
    from statsmodels.stats.proportion import proportion_confint

    found = Wilson.estimate(hits, n)
    assert (found.low, found.high) == pytest.approx(proportion_confint(hits, n, method="wilson"), abs=1e-12)


def test_wilson_of_nobody_is_missing() -> None:
    assert math.isnan(Wilson.estimate(0, 0).value)


def test_wilson_refuses_more_hits_than_people() -> None:
    with pytest.raises(ValueError, match="got 3 of 2"):
        Wilson.estimate(3, 2)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(4))
def test_holm_is_that_of_statsmodels(seed: int) -> None:
    from statsmodels.stats.multitest import multipletests

    p_values = list(np.random.default_rng(seed).uniform(0, 0.2, 6))
    assert Holm.estimate(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_holm_counts_a_planned_test_that_could_not_be_made() -> None:
    found = Holm.estimate([0.01, math.nan])
    assert found[0] == 0.02
    assert math.isnan(found[1])


@pytest.mark.parametrize("seed", range(4))
def test_equivalence_is_two_shifted_t_tests(seed: int) -> None:
    one, other = two_groups(seed)
    welch = ParticipantContrast.estimate(one, other)
    found = Equivalence.estimate(welch.value, welch.std_error, welch.df, low=-0.1, high=0.15)
    low = stats.ttest_ind(one + 0.1, other, equal_var=False, alternative="greater").pvalue
    high = stats.ttest_ind(one - 0.15, other, equal_var=False, alternative="less").pvalue
    assert found.p == pytest.approx(max(low, high), rel=1e-9)


@pytest.mark.parametrize("value", [-0.08, -0.03, 0.0, 0.02, 0.06])
def test_equivalence_agrees_with_its_interval(value: float) -> None:
    found = Equivalence.estimate(value, 0.02, 60, low=-0.05, high=0.05)
    assert (found.p < 0.05) == (found.low > -0.05 and found.high < 0.05)


def test_equivalence_refuses_bounds_in_the_wrong_order() -> None:
    with pytest.raises(ValueError, match="lower bound must be below"):
        Equivalence.estimate(0.0, 0.1, 10, low=0.05, high=-0.05)


@pytest.mark.parametrize("name", registry.names())
def test_an_estimator_declares_all_it_should(name: str) -> None:
    estimator = registry.get(name)
    for declared in ("version", "label", "assumptions", "returns", "referee", "reference"):
        assert getattr(estimator, declared), declared
    assert callable(estimator.estimate)  # type: ignore[attr-defined]
