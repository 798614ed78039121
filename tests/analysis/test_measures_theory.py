"""Decision theory against agents that are searched for by brute force."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.measures._signals import cell_means, cells_of, folds_of

PAYOFF = {"treat": {"ill": 1.0, "well": -0.5}, "wait": {"ill": -2.0, "well": 0.25}}


@pytest.fixture
def treated() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    ill = rng.random(300) < 0.4
    sure = rng.choice([0.55, 0.75, 0.95], 300)
    says = np.where(rng.random(300) < sure, ill, ~ill)
    acts = np.where(rng.random(300) < 0.7, says, rng.random(300) < 0.5)
    return pd.DataFrame(
        {
            "participant_id": np.repeat([f"p{n:02d}" for n in range(20)], 15),
            "condition": "ai",
            "ground_truth": np.where(ill, "ill", "well"),
            "ai_prediction": np.where(says, "ill", "well"),
            "ai_confidence": sure,
            "response": np.where(acts, "treat", "wait"),
        }
    )


def worth(action: str, state: str) -> float:
    return PAYOFF[action][state]


def test_the_benchmark_is_the_best_of_all_rules(treated: pd.DataFrame) -> None:
    found = analysis.measure("rational_benchmark", treated, payoff=PAYOFF, folds=1).loc["ai"]
    rows = treated.to_dict("records")
    signals = sorted({(row["ai_prediction"], row["ai_confidence"]) for row in rows})
    rules = [dict(zip(signals, acts, strict=True)) for acts in product(PAYOFF, repeat=len(signals))]
    best = max(
        np.mean(
            [worth(rule[row["ai_prediction"], row["ai_confidence"]], row["ground_truth"]) for row in rows]
        )
        for rule in rules
    )
    blind = max(np.mean([worth(action, row["ground_truth"]) for row in rows]) for action in PAYOFF)
    assert found["benchmark"] == pytest.approx(best)
    assert found["baseline"] == pytest.approx(blind)
    assert found["value_of_information"] == pytest.approx(best - blind)


def test_behaviour_can_be_recoded_but_not_beyond_what_it_tells(treated: pd.DataFrame) -> None:
    found = analysis.measure("rational_benchmark", treated, payoff=PAYOFF, folds=1).loc["ai"]
    rows = treated.to_dict("records")
    recodings = [dict(zip(PAYOFF, acts, strict=True)) for acts in product(PAYOFF, repeat=2)]
    best = max(
        np.mean([worth(code[row["response"]], row["ground_truth"]) for row in rows]) for code in recodings
    )
    behaved = np.mean([worth(row["response"], row["ground_truth"]) for row in rows])
    assert found["calibrated"] == pytest.approx(best)
    assert found["behavioural"] == pytest.approx(behaved)
    assert found["optimisation_loss"] >= 0
    total = found["information_loss"] + found["optimisation_loss"]
    assert total == pytest.approx(found["benchmark"] - found["behavioural"])


def test_what_behaviour_tells_does_not_depend_on_folds(treated: pd.DataFrame) -> None:
    one, five = (
        analysis.measure("rational_benchmark", treated, payoff=PAYOFF, folds=folds).loc["ai"]
        for folds in (1, 5)
    )
    assert five["calibrated"] == one["calibrated"]
    assert five["behavioural"] == one["behavioural"]


def test_folds_take_the_flattery_out_of_signals_that_say_nothing() -> None:
    rng = np.random.default_rng(1)
    noise = pd.DataFrame(
        {
            "participant_id": np.repeat([f"p{n:02d}" for n in range(40)], 10),
            "condition": "ai",
            "ground_truth": rng.choice(["a", "b"], 400),
            "response": "a",
            "hint": rng.integers(0, 60, 400).astype(str),
        }
    )
    inside, outside = (
        analysis.measure("rational_benchmark", noise, signals=["hint"], folds=folds).loc["ai"]
        for folds in (1, 5)
    )
    assert inside["value_of_information"] > 0.05
    assert outside["value_of_information"] < 0.04


def test_a_payoff_with_a_hole_is_refused(treated: pd.DataFrame) -> None:
    holes = {"treat": {"ill": 1.0}, "wait": {"well": 0.0}}
    with pytest.raises(ValueError, match="no payoff for treat in well, wait in ill"):
        analysis.measure("rational_benchmark", treated, payoff=holes)


def test_a_signal_that_is_no_column_is_refused(treated: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"told of the signal\(s\) mood"):
        analysis.measure("rational_benchmark", treated, signals=["ai_prediction", "mood"])


@pytest.fixture
def staged() -> pd.DataFrame:
    rng = np.random.default_rng(21)
    n = 400
    truth = rng.integers(0, 2, n)
    sure = rng.choice([0.55, 0.75, 0.95], n)
    advice = np.where(rng.random(n) < sure, truth, 1 - truth)
    first = np.where(rng.random(n) < 0.7, truth, 1 - truth)
    final = np.where((first != advice) & (rng.random(n) < 0.4), advice, first)
    label = np.array(["a", "b"])
    columns: dict[str, Any] = {
        "participant_id": np.repeat([f"p{number:02d}" for number in range(20)], 20),
        "condition": "ai", "ai_confidence": sure, "response_initial": label[first], "ai_prediction": label[advice],
        "response": label[final], "correct_initial": first == truth, "ai_correct": advice == truth,
        "correct": final == truth,
    }  # fmt: skip
    return pd.DataFrame(columns)


def cells(rows: pd.DataFrame) -> list[pd.DataFrame]:
    return [part for _, part in rows.groupby(["response_initial", "ai_prediction", "ai_confidence"])]


def test_the_benchmark_of_reliance_takes_the_better_of_two_in_each_cell(staged: pd.DataFrame) -> None:
    found = analysis.measure("reliance_loss", staged, folds=1).loc["ai"]
    best = sum(max(part["correct_initial"].sum(), part["ai_correct"].sum()) for part in cells(staged)) / 400
    assert found["benchmark"] == pytest.approx(best)
    assert found["baseline"] == pytest.approx(
        max(staged["correct_initial"].mean(), staged["ai_correct"].mean())
    )
    assert found["behavioural"] == pytest.approx(staged["correct"].mean())
    assert found["other_loss"] == pytest.approx(0.0)


def test_the_forced_agent_spends_its_reliance_where_it_gains_most(staged: pd.DataFrame) -> None:
    from scipy.optimize import linprog

    found = analysis.measure("reliance_loss", staged, folds=1).loc["ai"]
    apart = staged[staged["response_initial"] != staged["ai_prediction"]]
    rho = (apart["response"] == apart["ai_prediction"]).mean()
    parts = cells(apart)
    gains = [float(part["ai_correct"].sum() - part["correct_initial"].sum()) for part in parts]
    # Choose the share followed in each cell so that the payoff is largest at the observed overall share.
    sizes = [[len(part) for part in parts]]
    best = linprog([-gain for gain in gains], A_eq=sizes, b_eq=[rho * len(apart)], bounds=(0, 1))
    forced = (staged["correct_initial"].sum() - best.fun) / 400
    assert found["reliance"] == pytest.approx(rho)
    assert found["mis_reliant"] == pytest.approx(forced)
    assert found["reliance_loss"] == pytest.approx(found["benchmark"] - forced)
    assert found["discrimination_loss"] == pytest.approx(forced - found["behavioural"])


def test_losses_are_not_negative_within_the_sample_for_those_who_see_no_more(staged: pd.DataFrame) -> None:
    found = analysis.measure("reliance_loss", staged, folds=1).loc["ai"]
    assert found["benchmark"] >= found["mis_reliant"] - 1e-12
    assert found["potential"] >= -1e-12
    shares = found["reliance_loss_share"] + found["discrimination_loss_share"]
    assert shares == pytest.approx((found["benchmark"] - found["behavioural"]) / found["potential"])


def test_leaving_an_agreed_answer_is_a_loss_of_its_own(staged: pd.DataFrame) -> None:
    agreed = staged["response_initial"] == staged["ai_prediction"]
    wrong = staged.assign(
        response=staged["response"].where(~agreed, "c"), correct=staged["correct"] & ~agreed
    )
    before, after = (analysis.measure("reliance_loss", rows).loc["ai"] for rows in (staged, wrong))
    assert after["behavioural"] == before["behavioural"]
    assert after["other_loss"] == pytest.approx((staged["correct"] & agreed).mean())


def test_scores_can_be_other_than_right_and_wrong(staged: pd.DataFrame) -> None:
    scored = staged.assign(
        score_initial=staged["correct_initial"] * 10.0,
        score_ai=staged["ai_correct"] * 10.0,
        score=staged["correct"] * 10.0,
    )
    plain, tenfold = (
        analysis.measure("reliance_loss", scored, scores=scores).loc["ai"] for scores in (False, True)
    )
    for name in ("baseline", "benchmark", "mis_reliant", "behavioural", "discrimination_loss"):
        assert tenfold[name] == pytest.approx(10 * plain[name])


def test_without_disagreement_there_is_no_reliance() -> None:
    same = pd.DataFrame(
        {
            "participant_id": ["p1", "p2"], "condition": "ai", "response_initial": "a", "ai_prediction": "a",
            "response": "a", "correct_initial": True, "ai_correct": True, "correct": True,
        }
    )  # fmt: skip
    found = analysis.measure("reliance_loss", same).loc["ai"]
    assert found["benchmark"] == 1.0
    assert found[["reliance", "mis_reliant", "reliance_loss", "discrimination_loss"]].isna().all()


def test_trials_of_a_participant_share_a_fold() -> None:
    rows = pd.DataFrame({"participant_id": [f"p{n % 7}" for n in range(70)]})
    folds = folds_of(rows, folds=5)
    assert set(folds) == set(range(5))
    assert rows.assign(fold=folds).groupby("participant_id")["fold"].nunique().max() == 1


def test_a_cell_is_judged_by_the_other_folds() -> None:
    values, folds = np.array([1.0, 0.0, 0.0, 1.0]), np.array([0, 0, 1, 1])
    found = cell_means(values, np.array([0, 0, 0, 1]), folds)
    # Cell 1 does not occur in fold 0, so that its trial gets the mean of fold 0.
    assert found.tolist() == [0.0, 0.0, 0.5, 0.5]


def test_confidence_is_a_signal_in_tenths() -> None:
    rows = pd.DataFrame({"ai_confidence": [0.7, 0.79, 0.8, 0.9, 1.0, None]})
    found = cells_of(rows, ["ai_confidence"], name="toy").tolist()
    assert found[0] == found[1] != found[2] != found[3] == found[4] != found[5]
