"""Decision quality against hand counts, scipy and enumeration of every possible set of decisions."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.estimators.hedges_g import HedgesG
from analysis.measures import registry


def trials(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"participant_id": "p1", "condition": "ai", **columns})


def one(name: str, **columns: Any) -> float:
    return float(registry.get(name).compute(trials(**columns))["p1"])


def test_the_error_of_a_decision_is_its_distance_from_the_truth_in_trials_that_ask_for_one() -> None:
    said = {
        "protocol": ["decision", "judge_advisor", "decision", "decision", "forward_simulation"],
        "response": ["900", "1400.5", None, "many", "5"],
        "ground_truth": ["1000", "1000", "700", "700", "900"],
    }
    assert one("decision_error", **said) == pytest.approx((100 + 400.5) / 2)


def test_sensitivity_and_specificity_count_their_own_cases() -> None:
    judged = {
        "is_positive": [True, True, True, False, False, None],
        "correct": [True, True, False, True, None, True],
    }
    assert one("sensitivity", **judged) == pytest.approx(2 / 3)
    assert one("specificity", **judged) == 1.0


def test_balanced_accuracy_is_the_mean_of_the_recalls() -> None:
    judged = {"ground_truth": list("aaaabbc"), "correct": [True, True, True, False, True, False, False]}
    assert one("balanced_accuracy", **judged) == pytest.approx((3 / 4 + 1 / 2 + 0) / 3)


def test_balanced_accuracy_of_somebody_who_missed_a_class_is_missing() -> None:
    table = pd.DataFrame(
        {"participant_id": ["p1", "p1", "p2"], "ground_truth": ["a", "b", "a"], "correct": [True, True, True]}
    )
    found = registry.get("balanced_accuracy").compute(table)
    assert found["p1"] == 1.0
    assert np.isnan(found["p2"])


def test_payoff_is_net_of_cost() -> None:
    assert one("payoff", score=[3.0, -1.0, None], cost=[0.5, None, 9.0]) == pytest.approx((2.5 - 1.0) / 2)


def test_harm_and_help_add_up_to_the_gain_of_accuracy() -> None:
    turns = {
        "correct_initial": [True, True, True, False, False, False, None],
        "correct": [False, True, True, True, True, False, True],
    }
    assert one("harm", **turns) == pytest.approx(1 / 6)
    assert one("help", **turns) == pytest.approx(2 / 6)
    assert one("help", **turns) - one("harm", **turns) == pytest.approx(4 / 6 - 3 / 6)


def test_harm_is_found_case_by_case() -> None:
    table = trials(
        case_id=["c1", "c1", "c1", "c2", "c2"],
        correct_initial=[True, True, False, False, None],
        correct=[False, True, True, True, True],
    )
    found = analysis.measure("case_harm", table).droplevel(0)
    assert found.loc["c1", ["harmed", "helped", "n", "n_undefined"]].tolist() == [1, 1, 3, 0]
    assert found.loc["c2", ["value", "n", "n_undefined"]].tolist() == [1.0, 1, 1]


def test_the_accuracy_of_the_ai_counts_answered_trials() -> None:
    judged = {
        "ai_correct": [True, False, True, None],
        "status": ["answered", "answered", "skipped", "answered"],
    }
    assert one("ai_accuracy", **judged) == 0.5


@pytest.fixture
def two_arms() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    people = [f"p{number:02d}" for number in range(24)]
    table = pd.DataFrame({"participant_id": np.repeat(people, 10)})
    arm = np.repeat(["own"] * 11 + ["ai"] * 13, 10)
    right = rng.random(240) < np.where(arm == "ai", 0.85, 0.6)
    machine = rng.random(240) < 0.7
    told = np.where(arm == "own", "none", "ai")
    return table.assign(condition=arm, correct=right, ai_correct=machine, advice_source=told, explanations="")


def test_augmentation_is_welch_and_hedges(two_arms: pd.DataFrame) -> None:
    means = two_arms.groupby(["condition", "participant_id"])["correct"].mean()
    referee = stats.ttest_ind(means["ai"], means["own"], equal_var=False)
    found = analysis.measure("augmentation", two_arms).loc["ai"]
    assert found["value"] == pytest.approx(means["ai"].mean() - means["own"].mean())
    interval = referee.confidence_interval()
    assert (found["low"], found["high"]) == pytest.approx((interval.low, interval.high))
    assert found["df"] == pytest.approx(referee.df)
    assert found["hedges_g"] == pytest.approx(HedgesG.estimate(means["ai"], means["own"]).value)
    assert (found["n"], found["n_reference"]) == (13, 11)


def test_hedges_g_turns_its_sign_where_lower_is_better(two_arms: pd.DataFrame) -> None:
    timed = two_arms.assign(rt_ms=np.where(two_arms["condition"] == "ai", 2000.0, 1000.0) + np.arange(240))
    found = analysis.measure("augmentation", timed, measure="rt_ms").loc["ai"]
    assert found["value"] > 0 > found["hedges_g"]


def test_augmentation_over_the_initial_decision_is_paired(two_arms: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    staged = two_arms[two_arms["condition"] == "ai"].assign(correct_initial=rng.random(130) < 0.6)
    person = staged["participant_id"]
    after, before = (staged[name].groupby(person).mean() for name in ("correct", "correct_initial"))
    referee = stats.ttest_rel(after, before)
    found = analysis.measure("augmentation", staged, reference="initial").loc["ai"]
    assert found["value"] / found["std_error"] == pytest.approx(referee.statistic)
    assert found["df"] == 12


def test_synergy_must_beat_both(two_arms: pd.DataFrame) -> None:
    means = two_arms.groupby(["condition", "participant_id"])[["correct", "ai_correct"]].mean()
    team, human = means.loc["ai", "correct"], means.loc["own", "correct"]
    against_human = stats.ttest_ind(team, human, equal_var=False, alternative="greater").pvalue
    gap = team - means.loc["ai", "ai_correct"]
    against_ai = stats.ttest_1samp(gap, 0, alternative="greater").pvalue
    found = analysis.measure("synergy", two_arms).loc["ai"]
    assert found["p_vs_human"] == pytest.approx(against_human)
    assert found["p_vs_ai"] == pytest.approx(against_ai)
    assert found["p"] == max(found["p_vs_human"], found["p_vs_ai"])
    assert found["value"] == pytest.approx(min(team.mean() - human.mean(), gap.mean()))
    assert found["better"] == "ai"
    assert found["hedges_g"] == pytest.approx((1 - 3 / (4 * 12 - 1)) * gap.mean() / team.std(ddof=1))


def test_the_behavioural_value_is_held_against_the_ai_without_explanation() -> None:
    table = pd.DataFrame(
        {
            "participant_id": [f"p{n}" for n in range(6) for _ in range(2)],
            "condition": ["ai"] * 4 + ["ig"] * 4 + ["own"] * 4,
            "advice_source": ["ai"] * 8 + ["none"] * 4,
            "explanations": [""] * 4 + ["ig"] * 4 + [""] * 4,
            "ai_prediction": list("abababababab"),
            "ground_truth": list("abababababab"),
            "response": list("aaabababaaaa"),
        }
    ).assign(correct=lambda rows: rows["response"] == rows["ground_truth"])
    found = analysis.measure("behavioural_value", table)
    assert list(found.index) == ["ig"]
    assert found.loc["ig", "value"] == pytest.approx(1.0 - 0.75)
    assert found.loc["ig", ["reference_value", "ceiling", "room"]].tolist() == pytest.approx(
        [0.75, 1.0, 0.25]
    )


def test_the_behavioural_value_without_decisions_has_no_ceiling() -> None:
    shown = {
        "advice_source": "ai",
        "explanations": ["", "", "ig", "ig"],
        "condition": ["ai", "ai", "ig", "ig"],
    }
    table = pd.DataFrame({"participant_id": list("abcd"), "correct": [True, False, True, True], **shown})
    found = analysis.measure("behavioural_value", table).loc["ig"]
    assert found["value"] == 0.5
    assert np.isnan(found["ceiling"])


@pytest.mark.parametrize("seed", range(4))
def test_the_attainable_range_is_what_enumeration_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, advice, said = (rng.integers(0, 2, 9) for _ in range(3))
    table = trials(
        response=np.array(list("ab"))[said],
        ai_prediction=np.array(list("ab"))[advice],
        ground_truth=np.array(list("ab"))[truth],
    )
    same = (said == advice).sum()
    possible = [
        np.mean(np.array(other) == truth)
        for other in product((0, 1), repeat=9)
        if (np.array(other) == advice).sum() == same
    ]
    found = analysis.measure("attainable_range", table).loc["ai"]
    assert (found["low"], found["high"]) == pytest.approx((min(possible), max(possible)))
    assert found["accuracy"] == pytest.approx(np.mean(said == truth))


def test_with_three_classes_the_lower_end_of_the_range_is_lower() -> None:
    table = trials(response=list("cbb"), ai_prediction=list("abb"), ground_truth=list("bcc"))
    found = analysis.measure("attainable_range", table).loc["ai"]
    assert found["adherence"] == pytest.approx(2 / 3)
    assert (found["low"], found["high"]) == pytest.approx((0.0, 1 - 2 / 3))


def frontier_trials() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "participant_id": ["p1"] * 4 + ["p2"] * 4 + ["p3"] * 4 + ["p4"] * 4,
            "condition": ["ai"] * 8 + ["own"] * 8,
            "advice_source": ["ai"] * 8 + ["none"] * 8,
            "ai_correct": [True, True, False, False] * 4,
            "correct": [1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1],
        }
    ).astype({"correct": bool})


def test_the_payoff_frontier_reweights_right_and_wrong_advice() -> None:
    found = analysis.measure("payoff_frontier", frontier_trials(), steps=4)
    # Right advice: ai 1, own 1/2. Wrong advice: ai 1/4, own 3/4.
    assert found.loc[("ai", 0.75), "value"] == pytest.approx(0.75 * 1 + 0.25 * 0.25)
    assert found.loc[("own", 0.75), "value"] == pytest.approx(0.75 * 0.5 + 0.25 * 0.75)
    assert found.loc[("ai", 0.0), "difference"] == pytest.approx(-0.5)
    assert found.loc["ai", "break_even"].tolist() == pytest.approx([0.5] * 5)
    assert found.loc["own", "break_even"].isna().all()


def test_a_frontier_that_never_crosses_has_no_break_even_point() -> None:
    better = frontier_trials().assign(correct=lambda rows: rows["correct"] | (rows["condition"] == "ai"))
    assert analysis.measure("payoff_frontier", better, steps=1).loc["ai", "break_even"].isna().all()


def test_the_frontier_can_be_drawn_over_prevalence() -> None:
    table = frontier_trials().assign(is_positive=lambda rows: ~rows["ai_correct"])
    by_ai = analysis.measure("payoff_frontier", table, steps=4)["value"]
    by_prevalence = analysis.measure("payoff_frontier", table, steps=4, over="is_positive")["value"]
    assert by_prevalence["ai"].tolist() == pytest.approx(by_ai["ai"].tolist()[::-1])


def deferrals(**changes: Any) -> dict[str, Any]:
    return {
        "protocol": "deferral",
        "deferred": [True, True, False, False, True],
        "ai_correct": [False, True, True, False, None],
        "score": [1.0, 1.0, 1.0, 0.0, None],
        "score_ai": [0.0, 1.0, 1.0, 0.0, 1.0],
        "cost": [0.25, 0.25, 0.0, None, 0.25],
        **changes,
    }


def test_deferral_is_worth_what_it_adds_to_the_ai_less_its_cost() -> None:
    assert one("deferral_value", **deferrals()) == pytest.approx((0.75 - 0.25 + 0 + 0) / 4)
    assert one("deferral_rate", **deferrals()) == 3 / 5


def test_deferral_discernment_is_a_difference_of_rates() -> None:
    assert one("deferral_discernment", **deferrals()) == pytest.approx(1 / 2 - 1 / 2)
    assert one("deferral_discernment", **deferrals(deferred=[True, False, False, True, True])) == 1.0
    assert np.isnan(one("deferral_discernment", **deferrals(ai_correct=True)))
