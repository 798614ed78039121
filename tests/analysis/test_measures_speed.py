"""Speed and dose against means written out and scipy."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.measures import registry


def one(name: str, **columns: Any) -> float:
    return float(registry.get(name).compute(pd.DataFrame({"participant_id": "p1", **columns}))["p1"])


TIMES = {
    "rt_ms": [1000.0, 5000.0, 2000.0, 700.0, None],
    "hidden_ms": [0.0, 1000.0, None, 700.0, 0.0],
    "correct": [True, True, False, True, True],
}


def test_the_time_of_right_decisions_leaves_wrong_ones_out() -> None:
    assert one("rt_correct_ms", **TIMES) == pytest.approx(math.sqrt(1000 * 4000))


def test_lisas_adds_errors_in_units_of_time() -> None:
    times = {"rt_ms": [1000.0, 1400.0, 2100.0, 900.0], "correct": [True, True, True, False]}
    right, errors = [1000.0, 1400.0, 2100.0], [0, 0, 0, 1]
    expected = np.mean(right) + 0.25 * np.std(right, ddof=1) / np.std(errors, ddof=1)
    assert one("lisas", **times) == pytest.approx(expected)


def test_lisas_without_errors_is_the_mean_time() -> None:
    assert one("lisas", rt_ms=[1000.0, 2000.0], correct=True) == 1500.0


def test_inverse_efficiency_divides_the_time_by_the_share_right() -> None:
    times = {"rt_ms": [1000.0, 1400.0, 2100.0, 900.0], "correct": [True, True, True, False]}
    assert one("ies", **times) == pytest.approx(1500.0 / 0.75)
    assert math.isnan(one("ies", rt_ms=[900.0], correct=False))


@pytest.mark.parametrize("right", [[False, False], [True, False]])
def test_lisas_that_is_not_defined_is_missing(right: list[bool]) -> None:
    assert math.isnan(one("lisas", rt_ms=[1000.0, 2000.0], correct=right))


@pytest.fixture
def several() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "participant_id": np.repeat([f"p{n}" for n in range(8)], 12),
            "condition": np.repeat(["ai", "ig"], 48),
            "rt_ms": rng.lognormal(8, 0.5, 96),
            "correct": rng.random(96) < np.repeat(rng.uniform(0.4, 0.9, 8), 12),
        }
    )


def test_bis_is_a_difference_of_z_scores(several: pd.DataFrame) -> None:
    person = several["participant_id"]
    right = several["correct"].groupby(person).mean()
    time = several[several["correct"]].groupby("participant_id")["rt_ms"].mean()
    expected = stats.zscore(right.to_numpy()) - stats.zscore(time.to_numpy())
    assert registry.get("bis").compute(several).to_numpy() == pytest.approx(expected)


def test_bis_is_standardised_over_all_conditions(several: pd.DataFrame) -> None:
    found = analysis.measure("bis", several)
    assert found["value"].sum() == pytest.approx(0.0, abs=1e-12)


def test_bis_without_a_spread_is_missing() -> None:
    table = pd.DataFrame({"participant_id": ["p1", "p2"], "rt_ms": [900.0, 800.0], "correct": [True, True]})
    assert registry.get("bis").compute(table).isna().all()


def test_yields_are_ratios_of_sums() -> None:
    work = {
        "score": [1.0, 0.0, None, 2.0],
        "rt_ms": [30_000.0, 60_000.0, 5_000.0, 40_000.0],
        "hidden_ms": [0, 0, 0, 10_000],
    }
    assert one("payoff_per_minute", **work) == pytest.approx(3 / 2)
    assert one("cases_per_hour", **work) == pytest.approx(4 / (125_000 / 3_600_000))


ORDER = {"block_index": [2, 1, 1, 2], "trial_index": [0, 1, 0, 1], "rt_ms": [5000.0, 2000.0, 1000.0, 9000.0]}


def test_time_to_the_first_right_decision_follows_the_order_of_trials() -> None:
    assert one("time_to_first_correct", correct=[True, False, False, True], **ORDER) == 8.0
    assert one("time_to_first_correct", correct=[False, True, False, True], **ORDER) == 3.0


def test_somebody_who_is_never_right_has_no_time_to_it() -> None:
    assert math.isnan(one("time_to_first_correct", correct=False, **ORDER))


def test_an_unknown_time_on_the_way_is_not_taken_as_none() -> None:
    order = {**ORDER, "rt_ms": [5000.0, 2000.0, None, 9000.0]}
    assert math.isnan(one("time_to_first_correct", correct=[True, False, False, True], **order))


def test_speed_and_accuracy_stand_together_with_their_intervals(several: pd.DataFrame) -> None:
    found = analysis.measure("speed_accuracy", several).loc["ai"]
    rows = several[several["condition"] == "ai"]
    right = rows.groupby("participant_id")["correct"].mean()
    logs = np.log(rows["rt_ms"]).groupby(rows["participant_id"]).mean()
    interval = stats.ttest_1samp(logs, 0).confidence_interval()
    assert found["accuracy"] == pytest.approx(right.mean())
    assert (found["rt_ms_low"], found["rt_ms_high"]) == pytest.approx(tuple(np.exp(interval)))
    assert found["correlation"] == pytest.approx(stats.pearsonr(right, logs).statistic)


DOSE = {
    "explanations": ["ig", "ig", "", None, "ig"],
    "explanation_visible_ms": [1000.0, 0.0, 500.0, 500.0, None],
    "rt_ms": [4000.0, 2000.0, 1000.0, 1000.0, 1000.0],
    "hidden_ms": [2000.0, 0.0, 0.0, 0.0, 0.0],
}


def test_the_dose_counts_where_an_explanation_was_shown_and_timed() -> None:
    assert one("explanation_dose", **DOSE) == 500.0
    assert one("explanation_dose_share", **DOSE) == pytest.approx((0.5 + 0.0) / 2)
    assert (
        registry.get("explanation_dose").opportunities(pd.DataFrame({"participant_id": "p1", **DOSE}))["p1"]
        == 2
    )
