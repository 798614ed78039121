"""Comparisons within participants in the report, against scipy and counts by hand on tables made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.measures import registry

ARMS = {"easy": ("easy_ai", "easy_ig"), "hard": ("hard_ai", "hard_ig")}
LONG = 1_000
SHORT = 120


@pytest.fixture(autouse=True)
def few_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "names", lambda: ["accuracy", "over_reliance", "rt_ms", "s_tias"])


def crossover(
    seed: int, *, people: int = 24, effect: float = 0.0, trials: int = 12, order: str = "drawn"
) -> dict[str, Any]:
    """Draw a mixed study: difficulty between participants, the explanation within, in runs of a drawn order."""
    rng = np.random.default_rng(seed)
    rows, seats = [], []
    for number in range(people):
        arm = "easy" if number % 2 else "hard"
        first = number // 2 % 2 if order == "drawn" else 0
        runs = ARMS[arm][::-1] if first else ARMS[arm]
        skill, slope = rng.normal(0.6, 0.1), rng.normal(effect, 0.08)
        seats.append((f"p{number:02d}", number, arm))
        for place in range(2 * trials):
            condition = runs[place // trials]
            chance = np.clip(skill + (slope if condition.endswith("ig") else 0) - 0.1 * (arm == "hard"), 0, 1)
            correct, ai = bool(rng.random() < chance), bool(rng.random() < 0.7)
            rows.append(
                {
                    "participant_id": f"p{number:02d}", "condition": condition, "stratum": "", "slot": number,
                    "block_index": 0, "trial_index": place, "case_id": f"c{rng.integers(30)}", "protocol": "decision",
                    "ground_truth": "a", "ai_prediction": "a" if ai else "b", "ai_correct": ai,
                    "response": "a" if correct else "b", "correct": correct, "advice_source": "ai",
                    "explanations": "ig" if condition.endswith("ig") else "", "status": "answered",
                    "rt_ms": float(rng.lognormal(8, 0.4)), "is_practice": False, "is_attention_check": False,
                    "is_simulated": False,
                }
            )  # fmt: skip
    arms = [{"name": name, "conditions": {"help=ai": pair[0], "help=ig": pair[1]}, "runs": ["help=ai", "help=ig"]}
            for name, pair in ARMS.items()]  # fmt: skip
    allocation = {
        "method": "permuted_blocks", "conditions": ["easy", "hard"], "ratio": [1, 1], "strata": {"": {"slots": people}},
        "list": [{"stratum": "", "slot": slot, "condition": arm, "block": slot // 2} for _, slot, arm in seats],
        "placement": {"order": order, "per": "block", "arms": arms},
    }  # fmt: skip
    people_table = pd.DataFrame(
        [{"participant_id": name, "stratum": "", "slot": slot, "condition": arm, "status": "completed",
          "consented": True, "allocated": True, "completed": True, "withdrawn": False, "excluded": False,
          "is_simulated": False} for name, slot, arm in seats]
    )  # fmt: skip
    return {"trials": pd.DataFrame(rows), "participants": people_table, "allocation": allocation}


def written(tables: dict[str, Any], folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("trials", "participants"):
        table = tables[name].copy()
        for column in [name for name in table.columns if table[name].dtype == bool]:
            table[column] = table[column].map({True: "true", False: "false"})
        table.to_csv(folder / f"{name}.csv", index=False)
    (folder / "allocation.json").write_text(json.dumps(tables["allocation"]))
    return folder


def report(tables: dict[str, Any], folder: Path, **primary: Any) -> dict[str, Any]:
    plan = {
        "primary": {"measure": "accuracy", "contrast": "hard_ig - hard_ai", "placed": "within", **primary}
    }
    return analysis.report(written(tables, folder / "data"), plan=plan, out=folder / "out", permutations=500)


def sides(trials: pd.DataFrame, one: str, other: str) -> tuple[np.ndarray, np.ndarray]:
    means = trials.groupby(["participant_id", "condition"])["correct"].mean().unstack()
    pairs = means[[one, other]].dropna()
    return pairs[one].to_numpy(), pairs[other].to_numpy()


def test_a_comparison_within_participants_is_the_paired_t_test(tmp_path: Path) -> None:
    tables = crossover(1, effect=0.1)
    one = report(tables, tmp_path)["primary"]["contrasts"][0]
    wanted = stats.ttest_rel(*sides(tables["trials"], "hard_ig", "hard_ai"))
    assert (one["placed"], one["t_test"]["n"]) == ("within", {"pairs": 12})
    assert (one["t_test"]["statistic"], one["t_test"]["p"]) == pytest.approx(
        (wanted.statistic, wanted.pvalue)
    )
    assert one["decisive"]["label"] == "paired t test on participant differences"


def test_its_design_based_p_flips_every_pattern_of_signs(tmp_path: Path) -> None:
    tables = crossover(1, effect=0.1)
    one = report(tables, tmp_path, estimator="sign_flip")["primary"]["contrasts"][0]
    a, b = sides(tables["trials"], "hard_ig", "hard_ai")
    d = a - b
    signs = np.array(np.meshgrid(*[[1, -1]] * len(d))).reshape(len(d), -1)
    wanted = (np.abs(d @ signs) >= abs(d.sum()) - 1e-9).mean()
    assert one["permutation"]["p"] == pytest.approx(wanted)
    assert one["decisive"]["p"] == one["permutation"]["p"]


def test_conditions_of_different_arms_are_compared_between_participants(tmp_path: Path) -> None:
    tables = crossover(2)
    one = report(tables, tmp_path, contrast="hard_ig - easy_ig", placed="between")["primary"]["contrasts"][0]
    means = tables["trials"].groupby(["condition", "participant_id"])["correct"].mean()
    wanted = stats.ttest_ind(means["hard_ig"], means["easy_ig"], equal_var=False)
    assert (one["placed"], one["t_test"]["p"]) == ("between", pytest.approx(wanted.pvalue))
    assert one["permutation"]["details"]["mechanism"] == "blocks"


@pytest.mark.parametrize(
    ("contrast", "placed", "words"),
    [
        ("hard_ig - hard_ai", "between", "take one person for two"),
        ("hard_ig - easy_ig", "within", "no pairs"),
    ],
)
def test_a_plan_that_places_conditions_otherwise_than_the_data_gets_no_answer(
    contrast: str, placed: str, words: str, tmp_path: Path
) -> None:
    results = report(crossover(3), tmp_path, contrast=contrast, placed=placed)
    assert words in results["primary"]["contrasts"][0]["undefined"]
    assert results["primary"]["verdict"] == "undefined"


def test_the_mixed_model_has_a_slope_of_the_condition_for_each_participant(tmp_path: Path) -> None:
    tables = crossover(4, people=60, effect=0.1)
    model = report(tables, tmp_path)["primary"]["contrasts"][0]["model"]
    two = tables["trials"][tables["trials"]["condition"].isin(["hard_ai", "hard_ig"])]
    two = two.assign(
        treated=(two["condition"] == "hard_ig").astype(float), correct=two["correct"].astype(float)
    )
    alone = analysis.fit_glmm("correct ~ treated", two, random={"participant_id": "1 + treated", "case_id": "1"},
                              family="binomial", link="logit")  # fmt: skip
    wanted = alone.coefficients.loc["treated"]
    assert model["random"]["participant_id"] == "1 + condition"
    assert model["value"] == pytest.approx(wanted["estimate"], abs=2e-3)
    assert model["std_error"] == pytest.approx(wanted["std_error"], rel=0.02)


def test_period_and_carry_over_are_those_of_hills_and_armitage(tmp_path: Path) -> None:
    tables = crossover(5)
    order = report(tables, tmp_path)["primary"]["contrasts"][0]["order"]
    means = tables["trials"].groupby(["participant_id", "condition"])["correct"].mean().unstack()
    pairs = means[["hard_ig", "hard_ai"]].dropna()
    first = tables["trials"].groupby("participant_id")["condition"].first().reindex(pairs.index) == "hard_ig"
    d, s = pairs["hard_ig"] - pairs["hard_ai"], pairs.sum(axis=1)
    assert order["orders"] == {"treatment_first": int(first.sum()), "control_first": int((~first).sum())}
    assert order["period"]["value"] == pytest.approx((d[first].mean() - d[~first].mean()) / 2)
    assert order["period"]["p"] == pytest.approx(stats.ttest_ind(d[first], d[~first], equal_var=False).pvalue)
    assert order["carry_over"]["p"] == pytest.approx(
        stats.ttest_ind(s[first], s[~first], equal_var=False).pvalue
    )
    alone = stats.ttest_ind(pairs["hard_ig"][first], pairs["hard_ai"][~first], equal_var=False)
    assert order["first_only"]["p"] == pytest.approx(alone.pvalue)


def test_an_order_that_was_the_same_for_all_has_no_design_based_p(tmp_path: Path) -> None:
    one = report(crossover(6, order="fixed"), tmp_path)["primary"]["contrasts"][0]
    assert "chance decided nothing" in one["permutation"]["undefined"]
    assert "met hard_ai first" in one["order"]["undefined"]


def test_who_met_one_condition_only_is_counted_and_never_paired(tmp_path: Path) -> None:
    tables = crossover(7)
    gone = (tables["trials"]["participant_id"] == "p00") & (tables["trials"]["condition"] == "hard_ig")
    tables["trials"] = tables["trials"].astype({"correct": object})
    tables["trials"].loc[gone, ["status", "correct"]] = ["not_reached", None]
    one = report(tables, tmp_path)["primary"]["contrasts"][0]
    assert (one["t_test"]["n"]["pairs"], one["t_test"]["details"]["n_incomplete"]) == (11, 1)
    assert one["n"] == {"hard_ig": 11, "hard_ai": 12}


def test_the_flow_counts_participants_by_arm_and_the_page_says_who_is_compared(tmp_path: Path) -> None:
    results = report(crossover(8), tmp_path)
    assert [(arm["condition"], arm["allocated"], arm["analysed"]) for arm in results["flow"]["arms"]] == [
        ("easy", 12, 12), ("hard", 12, 12)]  # fmt: skip
    assert results["answer"]["scope"]["n_participants"] == 24
    page = (tmp_path / "out/report.html").read_text()
    assert "compared with nobody but themselves" in page
    assert "Did it matter which condition came first?" in page
    assert any("paired t test on one difference" in text for text in results["methods"])


def test_the_benefit_at_another_mixture_pairs_participants(tmp_path: Path) -> None:
    tables = crossover(9, people=40)
    found = next(one for one in report(tables, tmp_path)["benefit"] if one["kind"] == "ai_correct")
    by = tables["trials"].groupby(["participant_id", "condition", "ai_correct"])["correct"].mean().unstack()
    means = by.dropna().mean(axis=1).unstack()
    mixed = (means["hard_ig"] - means["hard_ai"]).dropna()
    middle = next(row for row in found["curve"] if row["at"] == 0.5)
    low, high = stats.ttest_1samp(mixed, 0).confidence_interval(0.95)
    assert (middle["value"], middle["low"], middle["high"]) == pytest.approx((mixed.mean(), low, high))


def test_a_table_without_an_allocation_is_placed_by_who_met_what() -> None:
    trials = crossover(10)["trials"].drop(columns=["slot", "stratum"])
    found = analysis.permutation_test(trials, measure="accuracy", contrast="hard_ig - hard_ai")
    assert found.details["mechanism"] == "sign_flip"
    assert found.n == {"participants": 12}


def test_script_and_notebook_compute_the_paired_result_again(tmp_path: Path) -> None:
    report(crossover(11, effect=0.1), tmp_path)
    out, data = tmp_path / "out", tmp_path / "data"
    notebook = json.loads((out / "reproduce.ipynb").read_text())
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    exec("\n".join(cells).replace('Path("trials.csv")', f"Path({str(data / 'trials.csv')!r})"), {})
    assert "paired = TRUE" in (out / "reproduce.R").read_text()


def p_values(effect: float, *, count: int, start: int) -> np.ndarray:
    """Return t-test p, sign-flip p, and whether the interval holds the effect, for many studies."""
    from analysis.estimators.paired_contrast import PairedContrast
    from analysis.estimators.sign_flip import SignFlip

    rows = []
    for seed in range(start, start + count):
        rng = np.random.default_rng(seed)
        skill, slope = rng.normal(0.6, 0.1, 40), rng.normal(effect, 0.08, 40)
        one, other = (rng.binomial(24, np.clip(p, 0, 1)) / 24 for p in (skill + slope, skill))
        t = PairedContrast.estimate(one, other)
        flip = SignFlip.estimate(one - other, n=499, seed=seed)
        rows.append((t.p, flip.p, t.low <= effect <= t.high))
    return np.array(rows)


def test_false_alarms_within_participants_are_as_promised() -> None:
    found = p_values(0.0, count=SHORT, start=0)
    low, high = stats.binom.ppf([0.00025, 0.99975], SHORT, 0.05)
    assert low <= (found[:, 0] < 0.05).sum() <= high
    assert low <= (found[:, 1] <= 0.05).sum() <= high


@pytest.mark.long
def test_over_a_thousand_studies_within_participants_alarms_and_coverage_are_as_promised() -> None:
    null = p_values(0.0, count=LONG, start=10_000)
    assert 0.036 <= (null[:, 0] < 0.05).mean() <= 0.064
    assert 0.036 <= (null[:, 1] <= 0.05).mean() <= 0.064
    assert 0.936 <= p_values(0.1, count=LONG, start=10_000)[:, 2].mean() <= 0.964
