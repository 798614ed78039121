"""Watching a study while it runs: boundaries, always-valid p values, blinded sizes, allocation, attrition, dropout."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from analysis.core.estimate import CannotEstimateError
from analysis.core.monitoring import (
    alpha_spent,
    always_valid,
    attrition_by_condition,
    blinded_interim,
    boundaries,
    dropout_curve,
    log_rank,
    nominal_alphas,
    ratio_mismatch,
)

REFERENCE = Path(__file__).parents[1] / "reference"
ROWS = json.loads((REFERENCE / "spending.json").read_text())["rows"]
RNG = np.random.default_rng(5)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["t"]))
@pytest.mark.parametrize("kind", ["obrien_fleming", "pocock"])
def test_boundaries_equal_those_of_the_joint_normal_distribution(row: dict, kind: str) -> None:
    found = boundaries(row["t"], alpha=row["alpha"], kind=kind, sides=row["sided"])  # type: ignore[arg-type]
    assert found == pytest.approx(row[kind], abs=1e-5)


@pytest.mark.parametrize(
    ("kind", "published"),
    # Reboussin, DeMets, Kim & Lan 2000 (program ld98, R ldbounds): five equal looks, two-sided 0.05.
    [("obrien_fleming", [4.8769, 3.3570, 2.6803, 2.2898, 2.0310]),
     ("pocock", [2.4380, 2.4268, 2.4102, 2.3966, 2.3860])],
)  # fmt: skip
def test_boundaries_equal_the_published_ones(kind: str, published: list[float]) -> None:
    found = boundaries([0.2, 0.4, 0.6, 0.8, 1.0], kind=kind)  # type: ignore[arg-type]
    assert found == pytest.approx(published, abs=1e-4)


def test_all_looks_together_cost_alpha() -> None:
    fractions = [0.3, 0.6, 0.8, 1.0]
    z = boundaries(fractions, kind="pocock")
    steps = RNG.normal(0, np.sqrt(np.diff([0, *fractions])), (200_000, 4))
    walks = steps.cumsum(axis=1) / np.sqrt(fractions)
    share = (abs(walks) >= z).any(axis=1).mean()
    assert share == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / 200_000))


def test_one_look_is_the_usual_test() -> None:
    assert boundaries([1.0]) == pytest.approx([stats.norm.isf(0.025)], abs=1e-9)
    assert nominal_alphas([1.0], alpha=0.01, sides=1) == pytest.approx([0.01], abs=1e-10)


def test_a_very_early_look_cannot_be_crossed() -> None:
    assert boundaries([0.01, 1.0])[0] == 9.0


def test_everything_is_spent_at_the_end() -> None:
    for kind in ("obrien_fleming", "pocock"):
        assert alpha_spent(1.0, alpha=0.05, kind=kind) == pytest.approx(0.05)  # type: ignore[arg-type]


@pytest.mark.parametrize("fractions", [[], [0.5, 0.5], [0.0, 1.0], [0.5, 1.2], [1.0, 0.5]])
def test_looks_that_do_not_rise_are_refused(fractions: list[float]) -> None:
    with pytest.raises(ValueError, match="must rise"):
        boundaries(fractions)


def test_the_always_valid_p_is_that_of_the_formula_with_n() -> None:
    n, variance, mean, tau = 80, 0.4, 0.11, 0.1
    (found,) = always_valid([mean], [math.sqrt(variance / n)], tau=tau)
    ratio = math.sqrt(variance / (variance + n * tau**2)) * math.exp(
        n**2 * tau**2 * mean**2 / (2 * variance * (variance + n * tau**2))
    )
    assert found.e_value == pytest.approx(ratio, rel=1e-12)
    assert found.p == pytest.approx(min(1, 1 / ratio), rel=1e-12)


def test_the_mixture_is_the_integral_over_effects() -> None:
    value, std_error, tau = 0.06, 0.03, 0.05
    grid = np.linspace(-1, 1, 200_001)
    density = stats.norm.pdf(grid, scale=tau) * stats.norm.pdf(value, grid, std_error)
    ratio = np.trapezoid(density, grid) / stats.norm.pdf(value, 0, std_error)
    assert always_valid([value], [std_error], tau=tau)[0].e_value == pytest.approx(ratio, rel=1e-6)


def test_the_always_valid_p_never_rises_again() -> None:
    found = always_valid([0.1, 0.02, math.nan, 0.05], [0.03, 0.02, math.nan, 0.02], tau=0.05)
    ps = [one.p for one in found]
    assert ps == sorted(ps, reverse=True)


def test_the_confidence_sequence_holds_nought_exactly_when_the_e_value_is_small() -> None:
    for value in np.linspace(0.01, 0.12, 30):
        (found,) = always_valid([value], [0.03], tau=0.05)
        assert (found.low > 0) == (found.e_value > 1 / 0.05)


def test_looking_all_the_time_gives_few_false_alarms() -> None:
    n, runs, tau = 400, 400, 0.3
    data = RNG.normal(0, 1, (runs, n))
    count = np.arange(1, n + 1)
    means = data.cumsum(axis=1) / count
    crossed = 0
    for row in means:
        crossed += always_valid(list(row[20:]), list(1 / np.sqrt(count[20:])), tau=tau)[-1].p < 0.05
    assert crossed / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_a_blinded_interim_gives_the_textbook_size() -> None:
    values = RNG.normal(0.7, 0.2, 90)
    found = blinded_interim([*values, math.nan], smallest_effect=0.05, power=0.9, adjusted=False)
    z = stats.norm.isf(0.025) + stats.norm.ppf(0.9)
    assert found.needed == 2 * math.ceil(2 * values.var(ddof=1) * (z / 0.05) ** 2)
    assert (found.n, found.n_undefined) == (90, 1)
    assert found.sd_low < found.sd < found.sd_high


def test_the_smallest_effect_is_taken_out_of_the_pooled_variance() -> None:
    one, other = RNG.normal(0, 1, 4000), RNG.normal(0.8, 1, 4000)
    pooled = blinded_interim(np.concatenate([one, other]), smallest_effect=0.8, power=0.9)
    z = stats.norm.isf(0.025) + stats.norm.ppf(0.9)
    assert pooled.needed == pytest.approx(2 * 2 * (z / 0.8) ** 2, rel=0.06)


def test_a_blinded_interim_knows_no_condition_and_no_order() -> None:
    values = list(RNG.normal(0.7, 0.2, 40))
    assert blinded_interim(values, smallest_effect=0.1) == blinded_interim(values[::-1], smallest_effect=0.1)


def test_a_blinded_interim_of_a_handful_is_refused() -> None:
    with pytest.raises(CannotEstimateError, match="needs 10 values"):
        blinded_interim([0.1, 0.2, 0.3], smallest_effect=0.1)


def test_the_ratio_is_tested_as_scipy_does() -> None:
    found = ratio_mismatch({"ai": 90, "ig": 210}, ratio={"ai": 1, "ig": 2})
    expected = stats.chisquare([90, 210], [100, 200])
    assert (found["chi2"], found["p"]) == pytest.approx((expected.statistic, expected.pvalue))
    assert not found["alarm"]
    assert ratio_mismatch({"ai": 100, "ig": 210})["alarm"]


def test_a_ratio_of_few_is_called_rough() -> None:
    assert "rough" in ratio_mismatch({"ai": 3, "ig": 4})["note"]


def test_a_condition_without_a_share_is_refused() -> None:
    with pytest.raises(ValueError, match="share above 0"):
        ratio_mismatch({"ai": 3, "ig": 4}, ratio={"ai": 1})


def test_attrition_is_that_of_the_published_data() -> None:
    # human_alignment_2025: 15, 17, 9, 20 left of 100, 102, 100, 99; chi2(3) = 5.07, p = .17.
    allocated = dict(zip("abcd", (100, 102, 100, 99), strict=True))
    stayed = {name: allocated[name] - left for name, left in zip("abcd", (15, 17, 9, 20), strict=True)}
    found = attrition_by_condition(allocated, stayed)
    assert (round(found["chi2"], 2), found["df"], round(found["p"], 2)) == (5.07, 3, 0.17)


def test_attrition_of_two_conditions_has_an_exact_p() -> None:
    found = attrition_by_condition({"ai": 20, "ig": 20}, {"ai": 20, "ig": 15})
    assert found["exact_p"] == pytest.approx(stats.fisher_exact([[20, 15], [0, 5]]).pvalue)
    assert "rough" in found["note"]


def test_nobody_left_is_said_and_not_tested() -> None:
    found = attrition_by_condition({"ai": 20, "ig": 20}, {"ai": 20, "ig": 20})
    assert found["note"] == "Nobody left."
    assert math.isnan(found["p"])


def dropouts(n: int, mean: float) -> tuple[np.ndarray, np.ndarray]:
    times = np.ceil(RNG.exponential(mean, n))
    return np.minimum(times, 24), times < 24


def test_the_curve_is_that_of_kaplan_and_meier() -> None:
    times, left = dropouts(80, 30)
    found = dropout_curve(times, left)
    expected = stats.ecdf(stats.CensoredData(uncensored=times[left], right=times[~left])).sf
    assert [row["time"] for row in found] == expected.quantiles[: len(found)].tolist()
    assert [row["share"] for row in found] == pytest.approx(expected.probabilities[: len(found)])


def test_two_conditions_are_compared_as_scipy_does() -> None:
    one, other = dropouts(60, 20), dropouts(50, 60)
    found = log_rank({"ai": one, "ig": other})
    expected = stats.logrank(
        *(stats.CensoredData(uncensored=t[left], right=t[~left]) for t, left in (one, other))
    )
    assert found["p"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert found["chi2"] == pytest.approx(expected.statistic**2, rel=1e-9)


@pytest.mark.heavy
def test_three_conditions_are_compared_as_statsmodels_does() -> None:
    from statsmodels.duration.survfunc import survdiff

    groups = {"a": dropouts(40, 20), "b": dropouts(40, 40), "c": dropouts(40, 60)}
    times, left = (np.concatenate([pair[at] for pair in groups.values()]) for at in (0, 1))
    chi2, p = survdiff(times, left.astype(int), np.repeat(list("abc"), 40))
    found = log_rank(groups)
    assert (found["chi2"], found["p"]) == pytest.approx((chi2, p), rel=1e-8)


def test_nobody_left_gives_no_test_of_times() -> None:
    found = log_rank({"ai": ([24, 24], [0, 0]), "ig": ([24, 24], [0, 0])})
    assert found["note"] == "Nobody left."
    assert math.isnan(found["p"])
