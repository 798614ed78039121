"""Reliance against hand counts, the normal quantile of the standard library, and scipy."""

from itertools import product
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.measures import registry

Z = NormalDist().inv_cdf


def trials(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"participant_id": "p1", "condition": "ai", **columns})


def one(name: str, **columns: Any) -> float:
    return float(registry.get(name).compute(trials(**columns))["p1"])


ADVICE = {
    "response_initial": ["10", "50", "30", "20", "maybe", None],
    "response": ["15", "70", "60", "20", "20", "5"],
    "ai_prediction": ["20", "40", "40", "20", "30", "9"],
}


def test_weight_of_advice_is_the_share_of_the_way() -> None:
    # 5/10, 20/-10 (away), 30/10 (beyond); own equals advice, text and nothing are left out.
    assert one("weight_of_advice", **ADVICE) == pytest.approx((0.5 - 2.0 + 3.0) / 3)
    assert one("weight_of_advice_clipped", **ADVICE) == pytest.approx((0.5 + 0.0 + 1.0) / 3)
    assert registry.get("weight_of_advice").opportunities(trials(**ADVICE))["p1"] == 3


def test_leaving_a_number_that_the_advice_confirmed_has_no_weight() -> None:
    assert np.isnan(one("weight_of_advice", response_initial=["20"], response=["25"], ai_prediction=["20"]))


def test_accuracy_with_initial_disagreement_leaves_agreement_out() -> None:
    said = {
        "response_initial": [*list("bbba"), None],
        "ai_prediction": list("aaaaa"),
        "correct": [True, False, None, True, True],
    }
    assert one("disagreement_accuracy", **said) == 0.5


FOLLOWED = {
    "response": list("aaaab") + list("abb"),
    "ai_prediction": "a",
    "ai_correct": [True] * 5 + [False] * 3,
}


def test_discernment_and_bias_are_signal_detection_with_a_correction() -> None:
    hit, false_alarm = Z(4.5 / 6), Z(1.5 / 4)
    assert one("reliance_discernment", **FOLLOWED) == pytest.approx(hit - false_alarm)
    assert one("reliance_bias", **FOLLOWED) == pytest.approx(-(hit + false_alarm) / 2)


def test_following_always_is_bias_without_discernment() -> None:
    always = {"response": "a", "ai_prediction": "a", "ai_correct": [True] * 6 + [False] * 6}
    assert one("reliance_discernment", **always) == pytest.approx(0.0)
    assert one("reliance_bias", **always) < 0


def test_without_wrong_advice_there_is_no_discernment() -> None:
    assert np.isnan(one("reliance_discernment", response=["a", "b"], ai_prediction="a", ai_correct=True))


def test_trust_calibration_is_the_least_squares_slope() -> None:
    rng = np.random.default_rng(3)
    sure = rng.choice([0.55, 0.7, 0.95], 40)
    said = np.where(rng.random(40) < sure, "a", "b")
    slope = stats.linregress(sure, (said == "a").astype(float)).slope
    assert one("trust_calibration", response=said, ai_prediction="a", ai_confidence=sure) == pytest.approx(
        slope
    )


def test_without_a_spread_of_confidence_there_is_no_slope() -> None:
    assert np.isnan(one("trust_calibration", response=["a", "b"], ai_prediction="a", ai_confidence=0.7))


@pytest.fixture
def staged() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    right = {name: rng.random(200) < 0.6 for name in ("correct_initial", "ai_correct", "correct")}
    return trials(**right)


def test_the_table_of_reliance_counts_every_cell(staged: pd.DataFrame) -> None:
    found = analysis.measure("reliance_table", staged)
    word = {True: "right", False: "wrong"}
    for initial, ai, final in product((True, False), repeat=3):
        n = sum(
            (row["correct_initial"], row["ai_correct"], row["correct"]) == (initial, ai, final)
            for row in staged.to_dict("records")
        )
        assert found.loc[("ai", word[initial], word[ai], word[final]), "n"] == n
    assert found["share"].sum() == pytest.approx(1.0)


def test_other_measures_follow_from_the_table(staged: pd.DataFrame) -> None:
    n = analysis.measure("reliance_table", staged)["n"].loc["ai"]
    rair = n["wrong", "right", "right"] / n["wrong", "right"].sum()
    rsr = n["right", "wrong", "right"] / n["right", "wrong"].sum()
    assert registry.get("rair").compute(staged)["p1"] == pytest.approx(rair)
    assert registry.get("rsr").compute(staged)["p1"] == pytest.approx(rsr)
    harm = (n["right", "right", "wrong"] + n["right", "wrong", "wrong"]) / n.sum()
    assert registry.get("harm").compute(staged)["p1"] == pytest.approx(harm)


def test_a_trial_with_an_unknown_part_is_in_no_cell() -> None:
    table = trials(correct_initial=[True, None], ai_correct=True, correct=True)
    found = analysis.measure("reliance_table", table)
    assert found["n"].sum() == 1
    assert set(found["n_undefined"]) == {1}


def unaided_and_aided() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "participant_id": [f"p{n}" for n in range(4) for _ in range(4)],
            "condition": ["own"] * 8 + ["ai"] * 8,
            "advice_source": ["none"] * 8 + ["ai"] * 8,
            "ai_prediction": "a",
            "ai_correct": [False, False, True, True] * 4,
            "response": list("abab" + "bbaa" + "aaab" + "abaa"),
        }
    )


def test_reliance_beyond_people_alone_subtracts_their_rate() -> None:
    found = analysis.measure("excess_reliance", unaided_and_aided())
    over, under = found.loc[("ai", "over_reliance")], found.loc[("ai", "under_reliance")]
    assert (over["raw"], over["alone"], over["value"]) == pytest.approx((0.75, 0.25, 0.5))
    assert (under["raw"], under["alone"], under["value"]) == pytest.approx((0.25, 0.25, 0.0))
    referee = stats.ttest_ind([1.0, 0.5], [0.5, 0.0], equal_var=False).confidence_interval()
    assert (over["low"], over["high"]) == pytest.approx((referee.low, referee.high))


def test_reliance_beyond_the_initial_decision_is_paired() -> None:
    table = unaided_and_aided()
    table = table[table["condition"] == "ai"].assign(response_initial=list("bbab" + "bbaa"))
    found = analysis.measure("excess_reliance", table, reference="initial")
    assert found.loc[("ai", "over_reliance"), ["raw", "alone", "value"]].tolist() == [0.75, 0.0, 0.75]
