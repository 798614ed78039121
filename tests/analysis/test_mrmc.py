"""Multi-reader multi-case analysis against published output, hand computations and its own invariances."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.core.estimate import CannotEstimateError
from analysis.estimators.mrmc import Mrmc, MrmcResult, mrmc
from tests.analysis.test_reference_data import FOLDER

COLUMNS = ["participant_id", "case_id", "condition", "ground_truth", "score"]


def study(
    seed: int, *, readers: int = 5, cases: int = 40, conditions: str = "ab", effect: float = 0.4
) -> pd.DataFrame:
    """Everybody reads every case in every condition; the first 40 % of the cases are positive."""
    rng = np.random.default_rng(seed)
    hard = rng.normal(0, 0.7, cases)
    skill = rng.normal(1.0, 0.3, (readers, len(conditions))) + effect * np.arange(len(conditions))
    rows = [
        (
            f"r{j}",
            k,
            condition,
            int(k < 0.4 * cases),
            round(hard[k] + (k < 0.4 * cases) * skill[j, i] + noise, 1),
        )
        for (j, (i, condition), k), noise in zip(
            itertools.product(range(readers), enumerate(conditions), range(cases)),
            rng.normal(0, 1, readers * len(conditions) * cases),
            strict=True,
        )
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def decided(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(score=(table["score"] > 0.6).astype(int))


def nested(seed: int, sizes: dict[str, int]) -> pd.DataFrame:
    """Each reader belongs to one condition."""
    whole = study(seed, readers=sum(sizes.values()), conditions="".join(sizes))
    home = dict(
        zip(
            [f"r{j}" for j in range(sum(sizes.values()))],
            [c for c, n in sizes.items() for _ in range(n)],
            strict=True,
        )
    )
    return whole[whole["condition"] == whole["participant_id"].map(home)]


def read(table: pd.DataFrame, **asked: Any) -> MrmcResult:
    return mrmc(table, rating="score", **asked)


# Published output -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vandyke() -> pd.DataFrame:
    if not FOLDER.is_dir():
        pytest.skip("the reference data are not here")
    rows = pd.read_csv(FOLDER / "vandyke_1993" / "vandyke.csv")
    return rows.assign(
        in_reader=rows["reader"].astype(str) + "." + rows["case"].astype(str),
        in_treatment=rows["treatment"].astype(str) + "." + rows["case"].astype(str),
        decision=(rows["rating"] >= 3).astype(int),
    )


# MRMCaov 0.3.0, output printed in docs/jss/MRMCaov.tex of its repository, commit d79e49b:
# F, df2, p; estimate and standard error of 1 - 2; error, cov1, cov2, cov3; standard error and df of condition 1.
# fmt: off
PUBLISHED: dict[str, tuple[dict[str, Any], list[float]]] = {
    "delong": (
        {"covariance": "delong"},
        [4.484854, 15.06611, 0.05123303, -0.04380032, 0.0206825, 0.0007921325, 0.0003420090, 0.0003395265,
         0.0002358497, 0.03307642, 12.59597],
    ),
    "unbiased": (
        {"covariance": "unbiased"},
        [4.489614, 15.03418, 0.0511618, -0.04380032, 0.02067154, 0.0007883925, 0.0003416706, 0.0003390650,
         0.0002356148, 0.0330712, 12.58802],
    ),
    "fixed readers": (
        {"covariance": "jackknife", "fixed": "reader"},
        [5.475953, np.inf, 0.01927984, -0.04380032, 0.01871748, 0.0008022883, 0.0003466137, 0.0003440748,
         0.0002390284, 0.02428971, np.inf],
    ),
    "fixed cases": (
        {"fixed": "case"},
        [8.704, 4, 0.04195875, -0.04380032, 0.01484629, np.nan, np.nan, np.nan, np.nan, 0.02482994, 4],
    ),
    "cases in readers": (
        {"covariance": "jackknife", "case": "in_reader"},
        [8.704, 4, 0.04195875, -0.04380032, 0.01484629, 8.079682e-04, 3.490676e-04, 0, 0, 0.02482994, 4],
    ),
    "cases in conditions": (
        {"covariance": "jackknife", "case": "in_treatment"},
        [2.104491, 68.42325, 0.1514363, -0.04380032, 0.03019283, 8.058382e-04, 0, 3.455973e-04, 0,
         0.03320586, 12.79430],
    ),
    "sensitivity": (
        {"covariance": "jackknife", "metric": "sensitivity", "rating": "decision"},
        [6.689493, 15.71732, 0.02008822, -0.09777778, 0.03780451, 0.0023681257, 0.0009943883, 0.0010145903,
         0.0006604938, 0.05893747, 14.456811],
    ),
}
# fmt: on


@pytest.mark.parametrize("name", PUBLISHED)
def test_it_gives_the_published_numbers(vandyke: pd.DataFrame, name: str) -> None:
    asked, numbers = PUBLISHED[name]
    names = {
        "reader": "reader",
        "case": "case",
        "condition": "treatment",
        "truth": "truth",
        "rating": "rating",
    }
    found = mrmc(vandyke, **(names | asked))
    contrast, one = found.contrasts.loc["1 - 2"], found.estimates.loc["1"]
    covariances = [found.components["estimate"][kind] for kind in ("error", "cov1", "cov2", "cov3")]
    mine = [
        found.f_statistic, found.df_denominator, found.p_value, contrast["estimate"], contrast["std_error"],
        *covariances, one["std_error"], one["df"],
    ]  # fmt: skip
    known = [at for at, number in enumerate(numbers) if not np.isnan(number)]
    assert [mine[at] for at in known] == pytest.approx([numbers[at] for at in known], rel=1e-6)


def test_it_gives_the_published_variance_components(vandyke: pd.DataFrame) -> None:
    found = mrmc(vandyke, reader="reader", case="case", condition="treatment", truth="truth", rating="rating")
    assert found.components["estimate"]["reader"] == pytest.approx(0.0015364254, rel=1e-6)
    assert found.components["estimate"]["condition:reader"] == pytest.approx(0.0002045840, rel=1e-6)
    assert found.components["correlation"]["cov3"] == pytest.approx(0.2977402, rel=1e-6)
    assert found.estimates["estimate"].tolist() == pytest.approx([0.8970370, 0.9408374], rel=1e-6)


def test_it_gives_the_published_results_of_single_readers(vandyke: pd.DataFrame) -> None:
    found = mrmc(
        vandyke, reader="reader", case="case", condition="treatment", truth="truth", rating="rating",
        covariance="jackknife", fixed="reader",
    )  # fmt: skip
    assert found.reader_contrasts is not None
    errors = [0.02551213, 0.02630183, 0.03120965, 0.01729129, 0.04405746]
    assert found.reader_contrasts["std_error"].tolist() == pytest.approx(errors, rel=1e-6)
    assert found.cells["std_error"]["2", "4"] == pytest.approx(0.0007213348, rel=1e-6)


# Second computations --------------------------------------------------------------------------------------------------


def auc(scores: np.ndarray, truth: np.ndarray) -> float:
    one, other = scores[truth == 1], scores[truth == 0]
    return float(stats.mannwhitneyu(one, other).statistic / len(one) / len(other))


def grid(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return scores by cell (in order of condition, then reader) and case, and the truth."""
    wide = table.pivot(index=["condition", "participant_id"], columns="case_id", values="score")
    return wide.to_numpy(float), table.groupby("case_id")["ground_truth"].first().to_numpy()


@pytest.mark.parametrize("metric", ["auc", "sensitivity", "specificity", "balanced_accuracy"])
def test_the_jackknife_is_that_of_deleting_each_case(metric: str) -> None:
    table = study(3) if metric == "auc" else decided(study(3))
    scores, truth = grid(table)
    counted = {"sensitivity": truth == 1, "specificity": truth == 0}.get(metric, truth >= 0)
    merits = {
        "auc": auc,
        "balanced_accuracy": auc,
        "sensitivity": lambda s, t: s[t == 1].mean(),
        "specificity": lambda s, t: 1 - s[t == 0].mean(),
    }
    left = np.array(
        [
            [merits[metric](np.delete(row, k), np.delete(truth, k)) for row in scores]
            for k in np.flatnonzero(counted)
        ]
    )
    n = len(left)
    s = (n - 1) / n * np.cov(left.T, ddof=0) * n
    found = read(table, metric=metric, covariance="jackknife")
    assert found.components["estimate"]["error"] == pytest.approx(np.diag(s).mean(), rel=1e-9)
    assert found.components["estimate"]["cov1"] == pytest.approx(np.diag(s, 5).mean(), rel=1e-9)


def test_the_jackknife_of_partially_paired_readings_is_that_of_deleting_each_case() -> None:
    table = study(4).sample(frac=0.8, random_state=1)
    scores, truth = grid(table)
    left = np.array(
        [
            [
                auc(*(x[~np.isnan(np.delete(row, k))] for x in (np.delete(row, k), np.delete(truth, k))))
                for row in scores
            ]
            for k in range(40)
        ]
    )
    s = 39 / 40 * np.cov(left.T, ddof=0) * 40
    found = read(table, covariance="jackknife")
    assert found.design.endswith("partially paired")
    assert found.components["estimate"]["error"] == pytest.approx(np.diag(s).mean(), rel=1e-9)
    assert found.components["estimate"]["cov2"] == pytest.approx(
        np.mean([s[a, b] for c in (0, 5) for a in range(c, c + 5) for b in range(c, c + 5) if a != b]),
        rel=1e-9,
    )


@pytest.mark.parametrize("covariance", ["delong", "jackknife", "unbiased"])
@pytest.mark.parametrize("metric", ["sensitivity", "specificity"])
def test_the_three_covariances_of_a_share_of_cases_are_one(metric: str, covariance: str) -> None:
    table = decided(study(5))
    found = read(table, metric=metric, covariance=covariance).components["estimate"]
    scores, truth = grid(table)
    right = scores[:, truth == 1] if metric == "sensitivity" else scores[:, truth == 0]
    s = np.cov(right) / right.shape[1]
    assert found["error"] == pytest.approx(np.diag(s).mean(), rel=1e-9)


def test_balanced_accuracy_has_a_quarter_of_both_covariances() -> None:
    table = decided(study(6))
    found, one, other = (
        read(table, metric=metric) for metric in ("balanced_accuracy", "sensitivity", "specificity")
    )
    parts = one.components["estimate"] + other.components["estimate"]
    kinds = ["error", "cov1", "cov2", "cov3"]
    assert found.components["estimate"][kinds].tolist() == pytest.approx(
        (parts[kinds] / 4).tolist(), rel=1e-9
    )
    assert found.estimates["estimate"].tolist() == pytest.approx(
        ((one.estimates + other.estimates)["estimate"] / 2).tolist()
    )


@pytest.mark.parametrize("frac", [1.0, 0.85])
def test_the_unbiased_covariance_is_that_of_going_through_pairs_of_readings(frac: float) -> None:
    table = study(7, readers=2, cases=14).sample(frac=frac, random_state=2)
    scores, truth = grid(table)
    s = np.zeros((4, 4))
    for a, b in itertools.product(range(4), range(4)):
        apart, theta = [], []
        for cell in (a, b):
            theta.append(auc(scores[cell][~np.isnan(scores[cell])], truth[~np.isnan(scores[cell])]))
        quads = itertools.product(*([np.flatnonzero(truth == 1)] * 2 + [np.flatnonzero(truth == 0)] * 2))
        for p, q, m, n in quads:
            gaps = (scores[a, p] - scores[a, m], scores[b, q] - scores[b, n])
            if p != q and m != n and not np.isnan(gaps).any():
                apart.append((np.sign(gaps[0]) + 1) * (np.sign(gaps[1]) + 1) / 4)
        s[a, b] = theta[0] * theta[1] - np.mean(apart)
    found = read(table, covariance="unbiased").components["estimate"]
    assert found["error"] == pytest.approx(np.diag(s).mean(), rel=1e-9)
    assert found["cov1"] == pytest.approx((s[0, 2] + s[1, 3]) / 2, rel=1e-9)
    assert found["cov3"] == pytest.approx((s[0, 3] + s[1, 2]) / 2, rel=1e-9)


def test_fixed_cases_are_the_paired_t_test_over_readers() -> None:
    found = read(study(8), fixed="case")
    referee = stats.ttest_rel(*(found.cells["estimate"][name] for name in "ab"))
    assert found.f_statistic == pytest.approx(referee.statistic**2, rel=1e-9)
    assert found.contrasts["p_value"]["a - b"] == pytest.approx(referee.pvalue, rel=1e-9)
    assert found.contrasts["ci_low"]["a - b"] == pytest.approx(referee.confidence_interval().low, rel=1e-9)


def test_fixed_cases_with_readers_in_one_condition_are_the_analysis_of_variance() -> None:
    found = read(nested(9, {"a": 4, "b": 6, "c": 5}), fixed="case")
    referee = stats.f_oneway(*(found.cells["estimate"][name] for name in "abc"))
    assert found.f_statistic == pytest.approx(referee.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(referee.pvalue, rel=1e-9)


def test_readers_in_one_condition_each_get_the_error_term_of_split_plots() -> None:
    found = read(nested(10, {"a": 4, "b": 6}))
    parts, inside = found.components["estimate"], found.mean_squares["reader(condition)"]
    den = inside + (10 - 52 / 10) * max(parts["cov2"] - parts["cov3"], 0)
    assert found.design == "readers nested in conditions, cases crossed"
    assert found.contrasts["std_error"]["a - b"] == pytest.approx(np.sqrt((1 / 4 + 1 / 6) * den), rel=1e-12)
    assert found.df_denominator == pytest.approx(den**2 / (inside**2 / 8), rel=1e-12)
    assert "cov1" not in parts.index


def test_one_reader_as_fixed_is_delong_s_test() -> None:
    table = study(11, readers=1, cases=30)
    scores, truth = grid(table)
    psi = (np.sign(scores[:, truth == 1, None] - scores[:, None, truth == 0]) + 1) / 2
    gap = psi[0] - psi[1]
    variance = gap.mean(axis=1).var(ddof=1) / 12 + gap.mean(axis=0).var(ddof=1) / 18
    found = read(table, fixed="reader").contrasts.loc["a - b"]
    assert found["std_error"] == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert found["p_value"] == pytest.approx(2 * stats.norm.sf(abs(gap.mean()) / np.sqrt(variance)), rel=1e-9)


# Properties -----------------------------------------------------------------------------------------------------------


def same(one: MrmcResult, other: MrmcResult) -> bool:
    numbers = [
        [r.f_statistic, r.df_denominator, r.p_value, *r.components["estimate"], *sorted(r.cells["estimate"])]
        for r in (one, other)
    ]
    return bool(np.allclose(numbers[0], numbers[1], rtol=1e-9, atol=1e-15))


@pytest.mark.parametrize("covariance", ["delong", "jackknife", "unbiased"])
def test_only_the_order_of_the_scores_counts(covariance: str) -> None:
    table = study(12)
    assert same(
        read(table, covariance=covariance),
        read(table.assign(score=np.exp(table["score"])), covariance=covariance),
    )


def test_names_and_the_order_of_rows_do_not_count() -> None:
    table = study(13)
    renamed = table.sample(frac=1, random_state=3).assign(
        participant_id=lambda t: t["participant_id"].map({f"r{j}": f"x{9 - j}" for j in range(5)}),
        case_id=lambda t: 100 - t["case_id"],
        condition=lambda t: t["condition"].map({"a": "z", "b": "y"}),
    )
    assert same(read(table), read(renamed))


def test_negating_truth_and_scores_changes_nothing() -> None:
    table = study(14)
    turned = table.assign(ground_truth=1 - table["ground_truth"], score=-table["score"])
    assert same(read(table), read(turned))


@pytest.mark.parametrize("seed", range(4))
def test_random_cases_never_have_fewer_degrees_of_freedom_than_fixed_ones(seed: int) -> None:
    table = study(seed, conditions="abc")
    found, fixed = read(table), read(table, fixed="case")
    assert found.df_denominator >= fixed.df_denominator == 8
    parts = found.components["estimate"]
    assert found.mean_squares["condition:reader"] + 5 * max(
        parts["cov2"] - parts["cov3"], 0
    ) == pytest.approx(found.mean_squares["condition"] / found.f_statistic)


def test_three_conditions_give_three_contrasts_corrected_after_holm() -> None:
    found = read(study(15, conditions="abc")).contrasts
    assert found.index.tolist() == ["a - b", "a - c", "b - c"]
    assert (found["p_holm"] >= found["p_value"]).all()
    assert found["p_holm"].min() == pytest.approx(min(1, 3 * found["p_value"].min()))


def test_confidence_in_the_response_gets_the_sign_of_the_response() -> None:
    table = study(16).assign(
        confidence=lambda t: t["score"].abs(),
        response=lambda t: np.where(t["score"] > 0, "malignant", "benign"),
        ground_truth=lambda t: t["ground_truth"].map({1: "malignant", 0: "benign"}),
    )
    found = mrmc(table, positive="malignant")
    assert same(found, read(study(16)))
    assert any("negative where response" in note for note in found.notes)


def test_the_response_is_the_decision_of_a_table_of_trials() -> None:
    table = decided(study(17)).rename(columns={"score": "response"}).assign(confidence=0.5)
    assert same(mrmc(table, metric="sensitivity"), read(decided(study(17)), metric="sensitivity"))


def test_readings_without_an_answer_are_left_out_and_counted() -> None:
    table = study(18)
    table.loc[table.index[:3], "score"] = np.nan
    found = read(table, covariance="jackknife")
    assert "3 reading(s) without an answer were left out." in found.notes
    assert same(found, read(table.iloc[3:], covariance="jackknife"))


def test_an_estimate_of_a_contrast_turns_with_it() -> None:
    found = read(study(19))
    one, other = Mrmc.estimate(found, ("a", "b")), Mrmc.estimate(found, ("b", "a"))
    assert (one.value, one.low, one.high, one.p) == (-other.value, -other.high, -other.low, other.p)
    assert one.n == {"a": 5, "b": 5}
    with pytest.raises(CannotEstimateError, match="do not compare a with q"):
        Mrmc.estimate(found, ("a", "q"))


# Power ----------------------------------------------------------------------------------------------------------------


def test_power_takes_the_components_of_a_pilot() -> None:
    from analysis.power.reader_study import mrmc_power

    pilot = read(study(26))
    part = pilot.components["estimate"]
    limit_at = 40 / 120 * (part["cov2"] - part["cov3"])  # what is left when there are more and more readers
    assert limit_at > 0
    limit = stats.ncx2.sf(stats.chi2.isf(0.05, 1), 1, 0.03**2 / (2 * limit_at))
    found = mrmc_power(
        pilot.power_components, readers=100_000, cases=120, pilot_cases=pilot.n_cases, difference=0.03
    )
    assert found == pytest.approx(limit, abs=0.002)


# Wrong use ------------------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a column is missing": (lambda t: t.drop(columns=["case_id"]), {}, r"lacks the column\(s\) case_id"),
    "one condition": (lambda t: t[t["condition"] == "a"], {}, "one condition, a: nothing to compare"),
    "one case": (lambda t: t[t["case_id"] == 1], {}, "one case_id"),
    "one reader": (lambda t: t[t["participant_id"] == "r1"], {}, "One reader tells nothing about readers"),
    "a reader in one condition of two": (
        lambda t: t[~((t["participant_id"] == "r1") & (t["condition"] == "b"))],
        {"covariance": "jackknife"},
        r"Reader\(s\) r1 did not read in every condition",
    ),
    "a reader without positive cases": (
        lambda t: t[~((t["participant_id"] == "r1") & (t["ground_truth"] == 1))],
        {"covariance": "jackknife"},
        r"At least 2 positive cases .* r1 in a \(0\), r1 in b \(0\)",
    ),
    "a reading twice": (lambda t: pd.concat([t, t.iloc[:2]]), {}, r"2 reading\(s\) repeat"),
    "truth that changes": (
        lambda t: t.assign(ground_truth=t["ground_truth"].where(t.index != 0, 0)),
        {},
        "ground_truth differs between readings of the same case, such as 0",
    ),
    "labels without a positive one": (
        lambda t: t.assign(ground_truth=t["ground_truth"].map({1: "yes", 0: "no"})),
        {},
        "positive= names the positive one; got no, yes",
    ),
    "a positive class that is not there": (
        lambda t: t.assign(ground_truth=t["ground_truth"].map({1: "yes", 0: "no"})),
        {"positive": "maybe"},
        "must hold the positive class 'maybe' and one other, got no, yes",
    ),
    "scores where decisions are needed": (lambda t: t, {"metric": "sensitivity"}, "must hold 0 and 1"),
    "words where scores are needed": (lambda t: t.assign(score="high"), {}, "score must hold numbers"),
    "DeLong with readings missing": (lambda t: t.iloc[1:], {}, "Ask for covariance='jackknife'"),
    "readers all alike": (
        lambda t: t.assign(score=t["case_id"] % 7 + (t["condition"] == "b") * t["ground_truth"]),
        {},
        "Readers do not differ in what the conditions do to them",
    ),
    "no answers": (lambda t: t.assign(score=np.nan), {}, "no reading with an answer"),
    "no condition for some": (
        lambda t: t.assign(condition=t["condition"].where(t.index > 3)),
        {},
        r"nothing in the column\(s\) condition",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_refuses(name: str) -> None:
    change, asked, sentence = WRONG[name]
    with pytest.raises(CannotEstimateError, match=sentence):
        read(change(study(20)), **asked)


def test_it_refuses_fixed_readers_that_belong_to_conditions() -> None:
    with pytest.raises(CannotEstimateError, match="cannot be told from one between readers"):
        read(nested(21, {"a": 3, "b": 3}), fixed="reader")


def test_it_refuses_one_reader_in_a_condition() -> None:
    with pytest.raises(CannotEstimateError, match=r"at least 2 readers .* too few in b"):
        read(nested(22, {"a": 3, "b": 1}))


def test_it_lists_all_faults_of_the_arguments() -> None:
    with pytest.raises(
        ValueError, match=r"metric must be .* covariance must be .* fixed must be .* level must"
    ):
        read(study(23), metric="f1", covariance="bootstrap", fixed="both", level=95)


def test_fixed_readers_without_error_are_noted() -> None:
    table = study(24)
    best = (table["participant_id"] == "r2") & (table["condition"] == "b")
    table.loc[best, "score"] = table.loc[best, "ground_truth"]
    found = read(table, fixed="reader")
    assert any("r2 in b" in note for note in found.notes)
    assert found.df_denominator == np.inf


# Known truth ----------------------------------------------------------------------------------------------------------


def model(rng: np.random.Generator, sizes: list[int], *, crossed: bool) -> pd.DataFrame:
    """Equal-variance scores with readers, cases and both random; no effect of the condition."""
    cases = 60
    hard, rows = rng.normal(0, 0.6, cases), []
    truth = (np.arange(cases) < 25).astype(int)
    readers = max(sizes) if crossed else sum(sizes)
    home = np.repeat(np.arange(len(sizes)), sizes)
    for j in range(readers):
        own, skill = rng.normal(0, 0.4, cases), rng.normal(1.2, 0.3)
        for i in range(len(sizes)):
            if crossed or home[j] == i:
                score = hard + own + truth * (skill + rng.normal(0, 0.15)) + rng.normal(0, 0.8, cases)
                rows.append(
                    pd.DataFrame(
                        {
                            "participant_id": j,
                            "case_id": range(cases),
                            "condition": i,
                            "ground_truth": truth,
                            "score": score,
                        }
                    )
                )
    return pd.concat(rows)


@pytest.mark.long
@pytest.mark.parametrize(
    ("sizes", "crossed"), [([6, 6], True), ([4, 4, 4], True), ([6, 6], False), ([5, 9], False)]
)
def test_a_thousand_null_studies_are_rejected_at_alpha(sizes: list[int], crossed: bool) -> None:
    rng = np.random.default_rng(99)
    p = [read(model(rng, sizes, crossed=crossed)).p_value for _ in range(1000)]
    assert 0.036 <= np.mean(np.array(p) < 0.05) <= 0.064
