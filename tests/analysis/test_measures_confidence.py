"""Confidence against pairs counted one by one, scipy, and sums written out."""

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


@pytest.fixture
def sure() -> pd.DataFrame:
    rng = np.random.default_rng(9)
    stated = rng.choice([0.5, 0.6, 0.75, 0.9, 1.0], 120)
    return pd.DataFrame(
        {
            "participant_id": np.repeat([f"p{n}" for n in range(6)], 20),
            "condition": "ai",
            "confidence": stated,
            "correct": rng.random(120) < stated - 0.1,
        }
    )


def test_brier_is_the_mean_squared_distance() -> None:
    said = {"confidence": [0.9, 0.6, None, 0.3], "correct": [True, False, True, None]}
    assert one("brier", **said) == pytest.approx((0.1**2 + 0.6**2) / 2)


def test_overconfidence_is_confidence_less_accuracy() -> None:
    assert one("overconfidence", confidence=[0.9, 0.6, 0.6], correct=[True, False, False]) == pytest.approx(
        0.7 - 1 / 3
    )


def test_type_2_auroc_counts_pairs(sure: pd.DataFrame) -> None:
    found = registry.get("type2_auroc").compute(sure)
    for person, rows in sure.groupby("participant_id"):
        right, wrong = rows["confidence"][rows["correct"]], rows["confidence"][~rows["correct"]]
        pairs = [(a > b) + (a == b) / 2 for a in right for b in wrong]
        assert found[person] == pytest.approx(sum(pairs) / len(pairs))
        u = stats.mannwhitneyu(right, wrong).statistic
        assert found[person] == pytest.approx(u / (len(right) * len(wrong)))


def test_type_2_auroc_of_somebody_always_right_is_missing() -> None:
    assert math.isnan(one("type2_auroc", confidence=[0.6, 0.9], correct=True))


def test_confidence_without_a_truth_is_no_opportunity() -> None:
    table = pd.DataFrame(
        {"participant_id": "p1", "confidence": [0.6, None, 0.9], "correct": [True, True, None]}
    )
    for name in ("brier", "overconfidence", "type2_auroc"):
        assert registry.get(name).opportunities(table)["p1"] == 1


def test_murphys_parts_add_up_to_the_brier_score(sure: pd.DataFrame) -> None:
    found = analysis.measure("brier_decomposition", sure).loc["ai"]
    stated, right = sure["confidence"], sure["correct"].astype(float)
    share = right.mean()
    bins = [(right[stated == p], p) for p in sorted(set(stated))]
    assert found["reliability"] == pytest.approx(sum(len(o) * (p - o.mean()) ** 2 for o, p in bins) / 120)
    assert found["resolution"] == pytest.approx(sum(len(o) * (o.mean() - share) ** 2 for o, _ in bins) / 120)
    assert found["uncertainty"] == pytest.approx(share * (1 - share))
    assert found["brier"] == pytest.approx(((stated - right) ** 2).mean())
    assert found["within"] == pytest.approx(0.0, abs=1e-12)
    assert found["n_bins"] == 5


def test_wide_bins_leave_something_within(sure: pd.DataFrame) -> None:
    found = analysis.measure("brier_decomposition", sure, bins=2).loc["ai"]
    parts = found["reliability"] - found["resolution"] + found["uncertainty"] + found["within"]
    assert parts == pytest.approx(found["brier"])
    assert found["within"] != pytest.approx(0.0, abs=1e-6)


def test_the_edges_of_calibration_bins_are_those_of_whole_percent() -> None:
    table = pd.DataFrame(
        {
            "participant_id": "p1",
            "condition": "ai",
            "confidence": [0.29, 0.3, 0.7, 0.57, 1.0],
            "correct": True,
        }
    )
    found = analysis.measure("calibration_curve", table).loc["ai"]
    assert found.index[found["n"] > 0].tolist() == [2, 3, 5, 7, 9]


def test_a_percent_that_floats_lose_stays_in_its_bin() -> None:
    table = pd.DataFrame(
        {"participant_id": "p1", "condition": "ai", "confidence": [0.29, 0.57], "correct": True}
    )
    found = analysis.measure("calibration_curve", table, bins=100).loc["ai"]
    assert found.index[found["n"] > 0].tolist() == [29, 57]


def test_the_interval_of_many_participants_is_that_of_clusters(sure: pd.DataFrame) -> None:
    found = analysis.measure("calibration_curve", sure, bins=1).loc[("ai", 0)]
    right, share = sure["correct"].astype(float), sure["correct"].mean()
    rest = [(part - share).sum() for _, part in right.groupby(sure["participant_id"])]
    reach = stats.t.ppf(0.975, 5) * math.sqrt(sum(r * r for r in rest) * 6 / 5) / 120
    assert (found["low"], found["high"]) == pytest.approx((share - reach, share + reach))


def test_the_interval_of_the_curve_lets_trials_of_a_person_depend() -> None:
    table = pd.DataFrame(
        {
            "participant_id": ["p1"] * 4 + ["p2"] * 2 + ["p3"] * 2,
            "condition": "ai",
            "confidence": 0.85,
            "correct": [True, True, True, True, True, False, False, False],
        }
    )
    found = analysis.measure("calibration_curve", table).loc[("ai", 8)]
    share = 5 / 8
    rest = [4 - 4 * share, 1 - 2 * share, 0 - 2 * share]
    std_error = math.sqrt(sum(r * r for r in rest) * 3 / 2) / 8
    reach = stats.t.ppf(0.975, 2) * std_error
    assert found["accuracy"] == pytest.approx(share)
    assert (found["low"], found["high"]) == pytest.approx((max(0, share - reach), min(1, share + reach)))
    assert found["n_participants"] == 3


def test_the_calibration_error_weighs_bins_by_trials() -> None:
    table = pd.DataFrame(
        {
            "participant_id": "p1",
            "condition": "ai",
            "confidence": [0.55, 0.55, 0.55, 0.95],
            "correct": [True, False, False, True],
        }
    )
    found = analysis.measure("calibration_error", table).loc["ai"]
    gaps = [abs(1 / 3 - 0.55), abs(1 - 0.95)]
    assert found["value"] == pytest.approx((3 * gaps[0] + 1 * gaps[1]) / 4)
    assert found["largest"] == pytest.approx(gaps[0])


@pytest.mark.parametrize("bins", [0, 3, 101])
def test_bins_that_do_not_divide_a_hundred_are_refused(bins: int, sure: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="needs a number of bins that divides 100"):
        analysis.measure("calibration_error", sure, bins=bins)
