"""Beyond the planned questions: harm, benefit elsewhere, synergy, curves, subgroups; each computed twice."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.core.dataset import Dataset, conform
from analysis.core.plan import Contrast, plan_from
from analysis.report.benefit import mixture, reweighted_benefit
from analysis.report.calibration import calibration_curves
from analysis.report.cases import case_values
from analysis.report.course import learning_curve
from analysis.report.dose import explanation_dose
from analysis.report.harm import harmed_cases, turned_decisions
from analysis.report.sample import sample_of
from analysis.report.subgroups import heterogeneity, subgroup_effects
from analysis.report.synergy import resampled, team_against_parts
from analysis.report.trialfacts import decision_facts
from tests.analysis.simulate import World, simulate

PAIR = (Contrast("ig", "ai"),)
NAMES = ("unaided", "ai", "ig")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    world = World(conditions=NAMES, per_stratum=30, trials=20, discernment={"ig": 0.3},
                  follow={"unaided": 0.0, "ai": 0.5, "ig": 0.5})  # fmt: skip
    tables = simulate(world, seed=21)
    return Dataset(
        trials=conform(tables["trials"], "trials"),
        participants=conform(tables["participants"], "participants"),
        allocation=tables["allocation"],
    )


@pytest.fixture(scope="module")
def facts(dataset: Dataset) -> pd.DataFrame:
    return decision_facts(sample_of(dataset), positive="malignant")


def test_facts_are_the_counted_decisions_in_the_order_of_each_participant(facts: pd.DataFrame) -> None:
    assert len(facts) == 60 * 20
    assert facts.groupby("participant_id")["place"].apply(lambda one: one.tolist() == list(range(20))).all()
    assert set(facts["correct"]) == {0.0, 1.0}


def test_what_the_table_lacks_is_missing_not_zero(dataset: Dataset) -> None:
    bare = Dataset(
        trials=dataset.trials[["participant_id", "condition", "correct", "status", "protocol", "is_practice"]]
    )
    found = decision_facts(sample_of(bare))
    assert found[["ai_correct", "confidence", "positive", "correct_initial"]].isna().all(axis=None)
    assert turned_decisions(found, conditions=NAMES, alpha=0.05) == []
    assert calibration_curves(found, conditions=NAMES, alpha=0.05) == []
    assert case_values(found, conditions=NAMES) == []
    assert reweighted_benefit(found, contrasts=PAIR, alpha=0.05)[0]["undefined"]


def test_decisions_turned_from_right_to_wrong_are_counted(facts: pd.DataFrame) -> None:
    row = next(
        one for one in turned_decisions(facts, conditions=NAMES, alpha=0.05) if one["condition"] == "ai"
    )
    mine = facts[facts["condition"] == "ai"]
    assert row["right_to_wrong"] == int(((mine["correct_initial"] == 1) & (mine["correct"] == 0)).sum())
    assert row["wrong_to_right"] == int(((mine["correct_initial"] == 0) & (mine["correct"] == 1)).sum())
    assert row["n_trials"] == len(mine)


def test_nobody_turns_a_decision_without_advice(facts: pd.DataFrame) -> None:
    row = turned_decisions(facts, conditions=NAMES, alpha=0.05)[0]
    assert (row["condition"], row["right_to_wrong"], row["wrong_to_right"]) == ("unaided", 0, 0)
    assert math.isnan(row["harmed"]["low"])


def test_cases_judged_worse_are_found_by_hand() -> None:
    rows = (
        [("t", "a", 0)] * 5
        + [("c", "a", 1)] * 5
        + [("t", "b", 1)] * 5
        + [("c", "b", 0)] * 5
        + [("t", "d", 0)] * 4
    )
    table = pd.DataFrame(rows, columns=["condition", "case_id", "correct"]).astype({"correct": float})
    found = harmed_cases(table, contrasts=(Contrast("t", "c"),))[0]
    assert (found["n_cases"], found["lower"], found["higher"], found["turned"]) == (2, 1, 1, 1)
    assert [row["case_id"] for row in found["worst"]] == ["a"]


def test_the_benefit_at_either_end_is_the_difference_on_those_trials(facts: pd.DataFrame) -> None:
    found = reweighted_benefit(facts, contrasts=PAIR, alpha=0.05)[0]
    for kind, end in ((1.0, "when_one"), (0.0, "when_zero")):
        part = facts[facts["ai_correct"] == kind]
        means = part.groupby(["condition", "participant_id"])["correct"].mean().groupby("condition").mean()
        assert found[end] == pytest.approx(means["ig"] - means["ai"])
    assert found["curve"][-1]["value"] == pytest.approx(found["when_one"])


def test_the_interval_of_the_benefit_at_an_end_is_that_of_welch() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.random((12, 2)), rng.random((9, 2))
    value, low, high = (found[0] for found in mixture(one, other, np.array([1.0]), alpha=0.1))
    referee = stats.ttest_ind(one[:, 0], other[:, 0], equal_var=False)
    limits = referee.confidence_interval(0.9)
    assert value == pytest.approx(one[:, 0].mean() - other[:, 0].mean())
    assert (low, high) == pytest.approx((limits.low, limits.high))


def test_the_interval_of_the_benefit_in_between_is_that_of_the_mixed_participant_value() -> None:
    rng = np.random.default_rng(4)
    one, other = rng.random((12, 2)), rng.random((9, 2))
    _, low, high = (found[0] for found in mixture(one, other, np.array([0.3]), alpha=0.05))
    mixed = [side @ np.array([0.3, 0.7]) for side in (one, other)]
    limits = stats.ttest_ind(*mixed, equal_var=False).confidence_interval(0.95)
    assert (low, high) == pytest.approx((limits.low, limits.high))


def test_break_even_is_where_gain_and_loss_cancel() -> None:
    people = [("ig", f"t{at}", kind, right) for at in range(4) for kind, right in ((1.0, 1.0), (0.0, 0.0))]
    people += [("ai", f"c{at}", kind, right) for at in range(4) for kind, right in ((1.0, 0.75), (0.0, 0.25))]
    table = pd.DataFrame(people, columns=["condition", "participant_id", "ai_correct", "correct"])
    table = table.assign(positive=np.nan)
    found = reweighted_benefit(table, contrasts=PAIR, alpha=0.05)[0]
    assert (found["when_one"], found["when_zero"], found["break_even"]) == (0.25, -0.25, 0.5)


def test_synergy_is_the_mean_over_participants_of_team_less_ai(facts: pd.DataFrame) -> None:
    rows = team_against_parts(facts, conditions=NAMES, unaided="unaided", cases="random", alpha=0.05, seed=1)
    assert [row["condition"] for row in rows] == ["ai", "ig"]
    mine = facts[facts["condition"] == "ig"]
    by_person = mine.groupby("participant_id")[["correct", "ai_correct"]].mean()
    assert rows[1]["synergy"]["value"] == pytest.approx(
        (by_person["correct"] - by_person["ai_correct"]).mean()
    )
    assert rows[1]["p_complementary"] == max(rows[1]["synergy"]["p"], rows[1]["augmentation"]["p"])


def test_resampling_cases_as_well_makes_the_claim_less_sure() -> None:
    rng = np.random.default_rng(5)
    people, cases = np.repeat(np.arange(200), 15), np.tile(np.arange(15), 200)
    hard = rng.normal(0, 0.4, 15)
    table = pd.DataFrame({"participant_id": people, "case_id": cases, "correct": rng.random(3000) + hard[cases],
                          "ai_correct": 0.5})  # fmt: skip
    fixed, drawn = (resampled(table, cases=kind, seed=1).std() for kind in ("fixed", "random"))
    spread = table.groupby("participant_id")["correct"].mean().std() / math.sqrt(200)
    assert fixed == pytest.approx(spread, rel=0.1)
    between = table.groupby("case_id")["correct"].mean().std(ddof=0) / math.sqrt(15)
    assert drawn == pytest.approx(math.hypot(between, spread), rel=0.15)


def test_calibration_counts_every_stated_confidence_once(facts: pd.DataFrame) -> None:
    rows = calibration_curves(facts, conditions=NAMES, alpha=0.05)
    assert sum(row["n_trials"] for row in rows) == len(facts)
    row = next(one for one in rows if (one["condition"], one["low_edge"]) == ("ai", 0.8))
    percent = (facts["confidence"] * 100).round()
    mine = facts[(facts["condition"] == "ai") & (percent >= 80) & (percent < 90)]
    assert row["value"] == pytest.approx(mine["correct"].mean())
    assert row["confidence"] == pytest.approx(mine["confidence"].mean())


def test_the_interval_of_a_calibration_point_is_cluster_robust() -> None:
    rng = np.random.default_rng(6)
    table = pd.DataFrame(
        {"condition": "ai", "participant_id": np.repeat(np.arange(30), 10), "confidence": 0.95}
    )
    table["correct"] = (rng.random(300) < np.repeat(rng.random(30), 10)).astype(float)
    row = calibration_curves(table, conditions=("ai",), alpha=0.05)[0]
    means = table.groupby("participant_id")["correct"].mean()
    limits = stats.t.interval(0.95, 29, means.mean(), means.std() / math.sqrt(30))
    assert (row["low"], row["high"]) == pytest.approx(limits)


def test_the_learning_curve_uses_every_decision_once(facts: pd.DataFrame) -> None:
    course = learning_curve(facts, contrasts=PAIR, alpha=0.05)
    assert course is not None
    steps = [row for row in course["steps"] if row["condition"] == "ai"]
    assert [row["first"] for row in steps][1:] == [row["last"] + 1 for row in steps][:-1]
    assert (steps[0]["first"], steps[-1]["last"]) == (1, 20)
    late = facts[(facts["condition"] == "ai")].assign(late=facts["place"] >= 10)
    means = late.groupby(["participant_id", "late"])["correct"].mean().unstack()
    half = next(row for row in course["halves"] if row["condition"] == "ai")
    assert half["value"] == pytest.approx((means[True] - means[False]).mean())


def test_the_first_step_of_the_curve_is_the_mean_over_participants(facts: pd.DataFrame) -> None:
    course = learning_curve(facts, contrasts=PAIR, alpha=0.05)
    assert course is not None
    row = next(one for one in course["steps"] if one["condition"] == "ig")
    part = facts[(facts["condition"] == "ig") & (facts["place"] < row["last"])]
    assert row["value"] == pytest.approx(part.groupby("participant_id")["correct"].mean().mean())


def test_strata_are_subgroups_that_nobody_planned(dataset: Dataset) -> None:
    plan = plan_from({"primary": {"measure": "accuracy", "contrast": "ig - ai"}})
    found = subgroup_effects(sample_of(dataset), plan=plan)
    assert [(one["column"], one["planned"]) for one in found] == [("stratum", False)]
    assert [row["level"] for row in found[0]["rows"]] == ["expert", "novice"]
    assert sum(sum(row["n"].values()) for row in found[0]["rows"]) == 40


def test_two_subgroups_are_compared_as_by_a_z_test(dataset: Dataset) -> None:
    plan = plan_from({"primary": {"measure": "accuracy", "contrast": "ig - ai"}, "subgroups": ["stratum"]})
    one = subgroup_effects(sample_of(dataset), plan=plan)[0]
    (a, b) = one["rows"]
    z = (a["value"] - b["value"]) / math.hypot(a["std_error"], b["std_error"])
    assert one["planned"] is True
    assert one["interaction"]["p"] == pytest.approx(2 * stats.norm.sf(abs(z)))


def test_a_number_with_many_values_is_a_moderator_with_slopes(dataset: Dataset) -> None:
    people = dataset.participants
    assert people is not None
    rng = np.random.default_rng(9)
    with_age = Dataset(trials=dataset.trials, participants=people.assign(age=rng.normal(40, 9, len(people))),
                       allocation=dataset.allocation)  # fmt: skip
    plan = plan_from({"primary": {"measure": "accuracy", "contrast": "ig - ai"}, "moderators": ["age"]})
    found = subgroup_effects(sample_of(with_age), plan=plan)[0]
    assert found["kind"] == "slope"
    assert [row["level"] for row in found["rows"]] == ["ig", "ai"]
    assert 0 <= found["interaction"]["p"] <= 1


def test_the_score_of_a_questionnaire_is_a_moderator_like_a_column(dataset: Dataset) -> None:
    people = dataset.participants
    assert people is not None
    first, second = np.random.default_rng(9).integers(1, 8, (2, len(people)))
    rows = pd.concat(
        pd.DataFrame(
            {"participant_id": people["participant_id"], "step_index": 1, "questionnaire": "thinking", "item": item,
             "value": values, "minimum": 1, "maximum": 7, "reverse": item == "turned", "scoring": "mean"}
        )
        for item, values in (("straight", first), ("turned", second))
    )  # fmt: skip
    by_score = Dataset(trials=dataset.trials, participants=people, allocation=dataset.allocation, scales=rows)
    by_column = Dataset(trials=dataset.trials, participants=people.assign(thinking=(first + 8 - second) / 2),
                        allocation=dataset.allocation)  # fmt: skip
    plan = plan_from({"primary": {"measure": "accuracy", "contrast": "ig - ai"}, "moderators": ["thinking"]})
    scored, told = (subgroup_effects(sample_of(one), plan=plan)[0] for one in (by_score, by_column))
    assert scored["kind"] == "slope"
    assert scored == told


def test_a_column_that_is_not_there_is_said(dataset: Dataset) -> None:
    plan = plan_from({"primary": {"measure": "accuracy", "contrast": "ig - ai"}, "subgroups": ["shoe_size"]})
    assert (
        "no column or questionnaire shoe_size"
        in subgroup_effects(sample_of(dataset), plan=plan)[0]["undefined"]
    )


def test_one_group_alone_has_no_interaction() -> None:
    assert heterogeneity([{"value": 1.0, "std_error": 1.0, "undefined": None}]) is None


def test_the_dose_is_correlated_between_participants(facts: pd.DataFrame) -> None:
    found: dict[str, Any] = explanation_dose(facts, conditions=NAMES, alpha=0.05)[0]
    mine = (
        facts[facts["condition"] == "ig"]
        .groupby("participant_id")[["explanation_visible_ms", "correct"]]
        .mean()
    )
    assert found["condition"] == "ig"
    assert found["rho"] == pytest.approx(
        stats.spearmanr(mine["explanation_visible_ms"], mine["correct"]).statistic
    )
    assert found["low"] < found["rho"] < found["high"]


def test_every_case_has_its_mean_in_every_condition(facts: pd.DataFrame) -> None:
    rows = case_values(facts, conditions=NAMES)
    assert len(rows) == 3 * 20
    assert [row["condition"] for row in rows[::20]] == list(NAMES)
    part = facts[(facts["condition"] == "unaided") & (facts["case_id"] == rows[0]["case_id"])]
    assert rows[0]["value"] == pytest.approx(part["correct"].mean())
