"""Cluster-robust errors, the bootstrap over participants and cases, and permutation intervals against referees."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.core.estimate import CannotEstimateError
from analysis.estimators.cluster_robust import ClusterRobust, fit_cluster_robust
from analysis.estimators.crossed_bootstrap import CrossedBootstrap
from analysis.estimators.permutation import Permutation
from analysis.estimators.permutation_interval import PermutationInterval

TABLES = Path(__file__).parents[1] / "reference" / "lmm"
REFERENCE = json.loads((TABLES.parent / "robust" / "expected.json").read_text())  # made by fit.R beside it


def table_of(name: str) -> pd.DataFrame:
    return pd.read_csv(TABLES / f"{name}.csv")


def people(seed: int, *, n: int = 24, cases: int = 10, within: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    arms = ("ai", "ig")
    rows = [
        (p, k, arm) for p in range(n) for k in range(cases) for arm in (arms if within else (arms[p % 2],))
    ]
    table = pd.DataFrame(rows, columns=["participant_id", "case_id", "condition"])
    y = rng.normal(0, 0.8, n)[table["participant_id"]] + rng.normal(0, 0.5, cases)[table["case_id"]]
    table["y"] = y + 0.4 * (table["condition"] == "ig") + rng.normal(0, 1, len(table))
    return table


def boot(table: pd.DataFrame, **asked: Any) -> Any:
    return CrossedBootstrap.estimate(table, value="y", contrast=("ig", "ai"), **asked)


# Cluster-robust -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", REFERENCE["one"], ids=lambda fit: f"{fit['table']} by {fit['by']}")
def test_one_kind_of_cluster_agrees_with_clubsandwich(wanted: dict[str, Any]) -> None:
    table = fit_cluster_robust(
        wanted["formula"], table_of(wanted["table"]), clusters=[wanted["by"]]
    ).coefficients
    for column in ("estimate", "std_error", "df", "p_value"):
        assert table[column].tolist() == pytest.approx(wanted[column], rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("wanted", REFERENCE["two"], ids=lambda fit: fit["table"])
def test_two_kinds_of_clusters_agree_with_sandwich(wanted: dict[str, Any]) -> None:
    found = fit_cluster_robust(wanted["formula"], table_of(wanted["table"]), clusters=["person", "case"])
    assert found.covariance.to_numpy() == pytest.approx(np.array(wanted["vcov"]), rel=1e-8)


@pytest.mark.heavy
def test_two_kinds_of_clusters_agree_with_statsmodels() -> None:
    import statsmodels.formula.api as smf

    table = people(1, n=50, cases=45)
    groups = table[["participant_id", "case_id"]].to_numpy()
    referee = smf.ols("y ~ condition", table).fit(cov_type="cluster", cov_kwds={"groups": groups})
    found = fit_cluster_robust("y ~ condition", table, clusters=["participant_id", "case_id"])
    assert found.coefficients["std_error"].tolist() == pytest.approx(referee.bse.tolist(), rel=1e-9)
    assert found.coefficients["df"].tolist() == [44, 44]
    assert found.notes == ()


def test_two_groups_of_people_give_welch_s_test_of_their_means() -> None:
    table = people(2, n=17)
    means = table.groupby(["condition", "participant_id"])["y"].mean()
    referee = stats.ttest_ind(means["ig"], means["ai"], equal_var=False)
    row = fit_cluster_robust("y ~ condition", table, clusters=["participant_id"]).coefficients.iloc[1]
    assert row["statistic"] == pytest.approx(referee.statistic, rel=1e-9)


def test_a_contrast_of_one_term_is_its_row() -> None:
    found = fit_cluster_robust("y ~ condition", people(3), clusters=["participant_id"])
    row = found.coefficients.iloc[1]
    one = ClusterRobust.estimate(found, {"condition[T.ig]": 1})
    assert (one.value, one.std_error, one.df, one.p) == pytest.approx(
        (row["estimate"], row["std_error"], row["df"], row["p_value"])
    )
    with pytest.raises(CannotEstimateError, match="no term arm"):
        found.contrast({"arm": 1})


def test_few_clusters_of_two_kinds_are_noted() -> None:
    found = fit_cluster_robust("y ~ condition", people(4), clusters=["participant_id", "case_id"])
    assert any(
        "participant_id (24), case_id (10): two-way errors tend to be too small" in note
        for note in found.notes
    )


@pytest.mark.parametrize(
    ("formula", "clusters", "sentence"),
    [
        ("y ~ condition", [], "one or two different columns"),
        ("y ~ condition", ["case_id", "case_id"], "one or two different columns"),
        ("y ~ condition", ["study"], "one level"),
        ("flat ~ condition", ["participant_id"], "does not vary"),
        ("y ~ C(case_id)", ["half"], "2 clusters of half and 10 coefficients"),
        ("y ~ arm", ["who"], "'arm' .* 'who'"),
    ],
)
def test_cluster_robust_refuses(formula: str, clusters: list[str], sentence: str) -> None:
    table = people(5).assign(study=1, flat=2.0, half=lambda t: t["participant_id"] % 2)
    with pytest.raises(CannotEstimateError, match=sentence):
        fit_cluster_robust(formula, table, clusters=clusters)


# Bootstrap over participants and cases --------------------------------------------------------------------------------


def by_hand(
    table: pd.DataFrame, people_weights: np.ndarray, case_weights: np.ndarray, *, weigh: str
) -> float:
    """Write the replicate out row by row: copies of a participant are people of their own."""
    means = {}
    for condition, part in table.groupby("condition"):
        owners, every = [], []
        for person, rows in part.groupby("participant_id"):
            values = np.repeat(rows["y"].to_numpy(), case_weights[rows["case_id"]])
            if len(values):
                owners += [values.mean()] * people_weights[person]
            every += list(values) * people_weights[person]
        means[condition] = np.mean(owners if weigh == "participants" else every)
    return float(means["ig"] - means["ai"])


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("weigh", ["participants", "trials"])
def test_a_replicate_is_that_written_out_row_by_row(weigh: str, within: bool) -> None:
    from analysis.estimators.crossed_bootstrap import _Draws, _sums

    table = people(6, n=8, cases=6, within=within).sample(frac=0.8, random_state=1)
    names = {"value": "y", "participant": "participant_id", "case": "case_id", "condition": "condition"}
    sums, _ = _sums(table, names=names, contrast=("ig", "ai"))
    draws = _Draws(sums, weigh=weigh, fixed_cases=False, seed=1)  # type: ignore[arg-type]
    one, other = draws._people(20).astype(int), draws.generator.multinomial(6, np.full(6, 1 / 6), size=20).T
    found = draws.statistic(one.astype(float), other.astype(float))
    for at in range(20):
        assert found[at] == pytest.approx(by_hand(table, one[:, at], other[:, at], weigh=weigh), rel=1e-9)


def test_participants_are_drawn_within_their_condition() -> None:
    from analysis.estimators.crossed_bootstrap import _Draws, _sums

    names = {"value": "y", "participant": "participant_id", "case": "case_id", "condition": "condition"}
    sums, _ = _sums(people(7, n=15), names=names, contrast=("ig", "ai"))
    weights = _Draws(sums, weigh="trials", fixed_cases=False, seed=1)._people(50)
    assert (weights[np.arange(15) % 2 == 0].sum(axis=0) == 8).all()
    assert (weights.sum(axis=0) == 15).all()


def test_with_fixed_cases_the_error_is_that_of_participant_means() -> None:
    table = people(8, n=60)
    found = boot(table, fixed_cases=True, n=2000)
    means = table.groupby(["condition", "participant_id"])["y"].mean()
    error = np.sqrt(sum(means[arm].var(ddof=0) / len(means[arm]) for arm in ("ig", "ai")))
    assert found.std_error == pytest.approx(error, rel=0.05)
    assert found.value == pytest.approx(means["ig"].mean() - means["ai"].mean(), rel=1e-12)


def test_the_variance_of_a_balanced_difference_is_the_one_in_closed_form() -> None:
    table = people(9, n=30, cases=25, within=True)
    wide = table.pivot(index=["participant_id", "case_id"], columns="condition", values="y")
    gap = (wide["ig"] - wide["ai"]).unstack().to_numpy()
    n, m = gap.shape
    # E[W_i W_j] of multinomial weights: 1 - 1/n off the diagonal, 2 - 1/n on it.
    one, other = (np.eye(size) + (1 - 1 / size) for size in (n, m))
    exact = np.sqrt(
        np.einsum("ij,ik,kl,jl->", gap, one, gap, other, optimize=True) / (n * m) ** 2 - gap.mean() ** 2
    )
    assert boot(table, n=3000).std_error == pytest.approx(exact, rel=0.06)


def test_both_draws_vary_more_than_either() -> None:
    found = boot(people(10, within=True))
    parts = found.details
    assert found.std_error > max(parts["std_error_participants"], parts["std_error_cases"])
    assert found.low < found.value < found.high


def test_the_order_of_rows_does_not_count_and_a_seed_repeats() -> None:
    table = people(11)
    one, other = boot(table, n=300), boot(table.sample(frac=1, random_state=3), n=300)
    assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=1e-12)
    assert boot(table, n=300, seed=2).low != one.low


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.drop(columns="case_id"), r"lacks the column\(s\) case_id"),
        (lambda t: t.assign(y="good"), "must hold numbers"),
        (lambda t: t[t["participant_id"] != 1][t["participant_id"] < 3], r"ig has 0 participant\(s\)"),
        (lambda t: t[t["case_id"] == 1], r"1 case\(s\)"),
        (lambda t: t.assign(y=1.0), "does not vary"),
        (lambda t: t.assign(case_id=None), "nothing in participant_id or case_id"),
    ],
)
@pytest.mark.filterwarnings("ignore:Boolean Series key")
def test_the_bootstrap_refuses(change: Any, sentence: str) -> None:
    with pytest.raises(CannotEstimateError, match=sentence):
        boot(change(people(12)), n=200)


# Permutation intervals ------------------------------------------------------------------------------------------------


def arms(seed: int, *, n: int = 12, m: int = 15) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(0.5, 1, n), rng.normal(0, 2, m)])
    return values, np.repeat([True, False], [n, m]), np.zeros(n + m, dtype=int)


@pytest.mark.parametrize("seed", range(4))
def test_the_limits_are_where_the_permutation_test_turns(seed: int) -> None:
    values, treated, groups = arms(seed)
    found = PermutationInterval.estimate(values, treated, groups, n=1999, seed=5)
    for limit, direction, out in ((found.low, "greater", -1), (found.high, "less", 1)):
        for step, rejects in ((-0.01 * out, False), (0.01 * out, True)):
            shifted = np.where(treated, values - limit - step, values)
            p = Permutation.estimate(shifted, treated, groups, n=1999, seed=5, direction=direction).p  # type: ignore[arg-type]
            assert (p <= 0.025 + 0.003) if rejects else (p > 0.025 - 0.003)


def test_in_small_data_the_interval_is_that_of_all_arrangements() -> None:
    values, treated, groups = arms(20, n=5, m=5)
    found = PermutationInterval.estimate(values, treated, groups, n=8000, level=0.8)

    def exact(shift: float, sign: float) -> float:
        moved, drawn = np.where(treated, values - shift, values), []
        for chosen in itertools.combinations(range(10), 5):
            label = np.isin(np.arange(10), chosen)
            drawn.append(sign * stats.ttest_ind(moved[label], moved[~label], equal_var=False).statistic)
        observed = sign * stats.ttest_ind(moved[treated], moved[~treated], equal_var=False).statistic
        return float((np.array(drawn) >= observed - 1e-9).mean())

    assert exact(found.low - 0.05, 1) <= 0.1 < exact(found.low + 0.05, 1)
    assert exact(found.high + 0.05, -1) <= 0.1 < exact(found.high - 0.05, -1)


def test_in_large_data_the_interval_is_welch_s() -> None:
    values, treated, groups = arms(21, n=300, m=200)
    found = PermutationInterval.estimate(values, treated, groups, n=4000)
    referee = stats.ttest_ind(values[treated], values[~treated], equal_var=False).confidence_interval()
    assert (found.low, found.high) == pytest.approx((referee.low, referee.high), abs=0.03)


def test_the_interval_moves_with_the_treatment() -> None:
    values, treated, groups = arms(22)
    one = PermutationInterval.estimate(values, treated, groups, n=999)
    other = PermutationInterval.estimate(np.where(treated, values + 3, values), treated, groups, n=999)
    assert (other.low - 3, other.high - 3) == pytest.approx((one.low, one.high), abs=1e-6)


def test_too_few_arrangements_give_no_limit() -> None:
    found = PermutationInterval.estimate([1.0, 2.0, 3.0, 4.5], [1, 0, 1, 0], [0, 0, 1, 1], n=500)
    assert (found.low, found.high) == (-np.inf, np.inf)


def test_missing_values_move_along() -> None:
    values, treated, groups = arms(23)
    values[[0, 20]] = np.nan
    found = PermutationInterval.estimate(values, treated, groups, n=500)
    assert found.n == {"treatment": 11, "control": 14}


@pytest.mark.parametrize(
    ("values", "treated", "level", "error", "sentence"),
    [
        ([1.0, 2.0, 3.0], [1, 1, 0], 0.95, CannotEstimateError, "at least 2"),
        ([1.0, 1.0, 0.0, 0.0], [1, 1, 0, 0], 0.95, CannotEstimateError, "do not vary within"),
        ([1.0, 2.0, 0.0, 0.5], [1, 1, 0, 0], 95, ValueError, "between 0 and 1"),
    ],
)
def test_a_permutation_interval_refuses(
    values: Any, treated: Any, level: float, error: Any, sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        PermutationInterval.estimate(values, treated, [0] * len(values), n=100, level=level)


# Known truth ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_two_way_errors_hold_with_many_participants_and_cases() -> None:
    hits, covers = 0, 0
    for seed in range(1000):
        table = people(seed, n=60, cases=50)
        row = fit_cluster_robust(
            "y ~ condition", table, clusters=["participant_id", "case_id"]
        ).coefficients.iloc[1]
        covers += row["ci_low"] <= 0.4 <= row["ci_high"]
        hits += 2 * stats.t.sf(abs(row["estimate"] - 0.4) / row["std_error"], row["df"]) < 0.05
    assert 0.036 <= hits / 1000 <= 0.064
    assert 0.936 <= covers / 1000 <= 0.964


@pytest.mark.long
def test_permutation_intervals_cover_as_they_should() -> None:
    covers = 0
    for seed in range(1000):
        values, treated, groups = arms(seed, n=25, m=25)
        found = PermutationInterval.estimate(values, treated, groups, n=999)
        covers += found.low <= 0.5 <= found.high
    assert 0.936 <= covers / 1000 <= 0.964
