"""Understanding of the AI against hand counts and scipy."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.measures import registry


def one(name: str, **columns: Any) -> float:
    return float(registry.get(name).compute(pd.DataFrame({"participant_id": "p1", **columns}))["p1"])


def test_the_error_of_forward_simulation_is_a_distance() -> None:
    said = {"response": ["10", "x", "30"], "ai_prediction": ["14", "1", "29.5"]}
    assert one("forward_simulation_error", protocol="forward_simulation", **said) == pytest.approx(
        (4 + 0.5) / 2
    )


def test_guessing_the_truth_scores_a_half_once_balanced() -> None:
    truth_only = {
        "protocol": "forward_simulation", "response": list("aaaab"), "ai_prediction": list("aaaaa"),
        "ai_correct": [True, True, True, True, False],
    }  # fmt: skip
    assert one("forward_simulation_accuracy", **truth_only) == 4 / 5
    assert one("forward_simulation_baseline", **truth_only) == 4 / 5
    assert one("forward_simulation_balanced", **truth_only) == 0.5


PHASES = {"phase": ["pre", "pre", "learn", "test", "test", "test", "retention", "retention"]}


def test_simulation_gain_is_test_less_pre() -> None:
    said = {"response": list("abaaabab"), "ai_prediction": "a", "protocol": "forward_simulation"}
    assert one("simulation_gain", **PHASES, **said) == pytest.approx(2 / 3 - 1 / 2)


def test_learning_transfer_and_retention_are_held_against_pre() -> None:
    said = {"correct": [True, False, True, True, True, True, False, None], "protocol": "learning_transfer"}
    assert one("learning_transfer", **PHASES, **said) == pytest.approx(1 - 1 / 2)
    assert one("learning_retention", **PHASES, **said) == pytest.approx(0 - 1 / 2)


@pytest.mark.parametrize("phase", ["pre", "test"])
def test_a_gain_without_one_of_the_phases_is_missing(phase: str) -> None:
    said = {"response": ["a", "a"], "ai_prediction": "a", "protocol": "forward_simulation"}
    assert np.isnan(one("simulation_gain", phase=phase, **said))


COUNTERFACTUAL = {
    "protocol": "counterfactual_simulation",
    "ai_prediction_original": list("aaaaa"),
    "ai_prediction": list("aaaab"),
    "response": list("aaaaa"),
}


def test_saying_that_it_stays_the_same_scores_high_only_unbalanced() -> None:
    assert one("counterfactual_simulation_accuracy", **COUNTERFACTUAL) == 4 / 5
    assert one("counterfactual_simulation_balanced", **COUNTERFACTUAL) == 0.5


def test_without_a_flip_the_balanced_share_is_missing() -> None:
    assert np.isnan(one("counterfactual_simulation_balanced", **{**COUNTERFACTUAL, "ai_prediction": "a"}))


def test_the_tasks_of_hive_count_their_own_trials() -> None:
    table = {"protocol": ["agreement", "agreement", "distinction"], "correct": [True, False, True]}
    assert one("agreement_accuracy", **table) == 0.5
    assert one("distinction_accuracy", **table) == 1.0


def test_agreement_and_distinction_are_tested_against_chance() -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {
            "participant_id": np.repeat([f"p{n}" for n in range(10)], 24),
            "condition": "ig",
            "protocol": np.tile(np.repeat(["agreement", "distinction"], 12), 10),
            "ai_correct": np.tile([True, True, False], 80),
            "correct": rng.random(240) < 0.6,
        }
    )
    found = analysis.measure("against_chance", table)
    for protocol, chance in (("agreement", 1 / 2), ("distinction", 1 / 4)):
        wrong = table[(table["protocol"] == protocol) & ~table["ai_correct"]]
        referee = stats.ttest_1samp(wrong.groupby("participant_id")["correct"].mean(), chance)
        row = found.loc[("ig", protocol, "wrong")]
        assert row["p"] == pytest.approx(referee.pvalue)
        assert row["df"] == referee.df
        assert row["chance"] == chance


def test_the_number_of_options_sets_the_chance_level() -> None:
    table = pd.DataFrame(
        {
            "participant_id": ["p1", "p2"], "condition": "ig", "protocol": "distinction", "ai_correct": True,
            "correct": [True, False], "n_options": [5, None],
        }
    )  # fmt: skip
    found = analysis.measure("against_chance", table).loc[("ig", "distinction", "all")]
    assert found["chance"] == pytest.approx((1 / 5 + 1 / 4) / 2)


def test_the_understanding_gap_is_stated_less_shown() -> None:
    said = {"understanding": [1.0, 0.5, None], "response": list("aba"), "ai_prediction": "a"}
    assert one("understanding_gap", protocol="forward_simulation", **said) == pytest.approx(0.75 - 2 / 3)


@pytest.fixture
def learned() -> pd.DataFrame:
    # Right guesses of 4, by condition, person and K = 0, 5, 10.
    hits = {"ig": {"p1": (2, 4, 4), "p2": (2, 2, 4)}, "no": {"p3": (2, 2, 2), "p4": (2, 2, 3)}}
    rows = [
        {
            "participant_id": person, "condition": condition, "n_learned": k, "phase": "test",
            "protocol": "learning_transfer", "response": "a" if turn < right else "b", "ai_prediction": "a",
            "explanations": "ig" if condition == "ig" else "",
        }
        for condition, people in hits.items()
        for person, counts in people.items()
        for k, right in zip((0, 5, 10), counts, strict=True)
        for turn in range(4)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_utility_k_is_a_ratio_and_utility_the_area_below_it(learned: pd.DataFrame) -> None:
    found = analysis.measure("utility_k", learned).loc["ig"]
    ratios = [0.5 / 0.5, 0.75 / 0.5, 1.0 / 0.625]
    assert found["value"].tolist() == pytest.approx(ratios)
    area = (5 * (ratios[0] + ratios[1]) / 2 + 5 * (ratios[1] + ratios[2]) / 2) / 10
    assert found["utility"].tolist() == pytest.approx([area] * 3)
    assert found.loc[10, "difference"] == pytest.approx(1.0 - 0.625)


def test_what_was_guessed_while_learning_does_not_count(learned: pd.DataFrame) -> None:
    more = learned.assign(phase="learn", response="b")
    both = pd.concat([learned, more], ignore_index=True)
    pd.testing.assert_frame_equal(analysis.measure("utility_k", both), analysis.measure("utility_k", learned))


def test_utility_k_asks_for_its_reference(learned: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="with unexplained examples as its reference"):
        analysis.measure("utility_k", learned.drop(columns="explanations"))


def nested(*, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        {
            "participant_id": f"p{n}", "condition": "ig", "case_id": f"c{case:03d}", "variant": f"s{variant}",
            "response": "a", "value": base + shift + rng.normal(0, 1),
        }
        for case in range(150)
        for base in [rng.normal(0, 2)]
        for variant in range(4)
        for shift in [rng.normal(0, 1.5)]
        for n in range(rng.integers(2, 6))
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"value": float})


def test_planted_variance_components_are_found_with_unequal_counts() -> None:
    table = nested(seed=5).rename(columns={"value": "score"})
    found = analysis.measure("variant_components", table, outcome="score").loc["ig"]
    assert found["value"] == pytest.approx(1.5**2, rel=0.15)
    assert found["case"] == pytest.approx(2**2, rel=0.25)
    assert found["residual"] == pytest.approx(1.0, rel=0.1)
    parts = found["value"] + found["case"] + found["residual"]
    assert found["share"] == pytest.approx(found["value"] / parts)


def test_balanced_components_are_those_of_the_textbook() -> None:
    y = np.random.default_rng(3).normal(size=(6, 3, 4))
    table = pd.DataFrame(
        [
            {"participant_id": f"p{k}", "condition": "ig", "case_id": f"c{i}", "variant": f"s{j}", "response": "a",
             "score": y[i, j, k]}
            for i in range(6) for j in range(3) for k in range(4)
        ]
    )  # fmt: skip
    found = analysis.measure("variant_components", table, outcome="score").loc["ig"]
    cell, case = y.mean(axis=2), y.mean(axis=(1, 2))
    ms_error = ((y - cell[:, :, None]) ** 2).sum() / (6 * 3 * 3)
    ms_variant = 4 * ((cell - case[:, None]) ** 2).sum() / (6 * 2)
    ms_case = 12 * ((case - y.mean()) ** 2).sum() / 5
    assert found["residual"] == pytest.approx(ms_error)
    assert found["value"] == pytest.approx((ms_variant - ms_error) / 4)
    assert found["case"] == pytest.approx((ms_case - ms_variant) / 12)


def test_decisions_flip_between_variants_of_a_case() -> None:
    table = pd.DataFrame(
        {
            "participant_id": [f"p{n}" for n in range(9)], "condition": "ig", "correct": True,
            "case_id": ["c1"] * 6 + ["c2"] * 3,
            "variant": ["s0", "s0", "s0", "s1", "s1", "s2", "s0", "s1", "s1"],
            "response": list("aab" "bb" "a" "a" "ab"),
        }
    )  # fmt: skip
    found = analysis.measure("variant_components", table).loc["ig"]
    # c1: a, b, a gives two flips of three pairs; the variant s1 of c2 ties and gives no pair.
    assert (found["flip_rate"], found["n_pairs"]) == (pytest.approx(2 / 3), 3)


def comparisons(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"condition": "both", "protocol": "preference", **columns})


def test_preferences_are_shares_of_people_and_not_of_comparisons() -> None:
    # p1 answers four comparisons and p2 one: each counts once.
    table = comparisons(
        participant_id=["p1"] * 4 + ["p2"],
        response=["ig", "ig", "ig", "neither", "shap"],
        place=[1, 1, 2, None, 2],
        n_options=[2, 2, 2, 2, 3],
        explanations=["ig+shap"] * 4 + ["ig+shap+lime"],
    )
    found = analysis.measure("preferences", table).droplevel(0)
    assert found["value"].to_dict() == {"ig": 0.375, "lime": 0.0, "neither": 0.125, "shap": 0.5}
    assert found["value"].sum() == pytest.approx(1)
    assert found["n"].to_dict() == {"ig": 3, "lime": 0, "neither": 1, "shap": 1}
    assert found.loc["ig", "chance"] == pytest.approx((4 / 2 + 1 / 3) / 5)
    assert found.loc["ig", "first_place"] == pytest.approx(2 / 3)
    assert found.loc[["neither", "lime"], "first_place"].isna().all()
    assert np.isnan(found.loc["neither", "chance"])
    # the t interval of the two shares 0.75 and 0: 0.375 +- 12.7062 * 0.375
    assert found.loc["ig", ["ci_low", "ci_high"]].tolist() == pytest.approx(
        [0.375 - 4.764827, 0.375 + 4.764827], abs=1e-5
    )


def test_preferences_of_one_participant_have_no_interval_and_unanswered_comparisons_are_counted() -> None:
    table = comparisons(
        participant_id="p1",
        response=["ig", None, "shap"],
        place=[1, None, 1],
        n_options=2,
    )
    found = analysis.measure("preferences", table).droplevel(0)
    assert found[["ci_low", "ci_high"]].isna().all(axis=None)
    assert found["n_undefined"].tolist() == [1, 1]
    assert found["n_comparisons"].tolist() == [2, 2]
