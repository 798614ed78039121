"""Published trial data and the numbers that they must give; read only where the folder of reference data is present."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.core.dataset import conform
from analysis.estimators.participant_contrast import ParticipantContrast
from analysis.measures import registry

FOLDER = Path(__file__).parents[3] / "shared" / "reference"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the reference data are not here")


def expected(dataset: str, name: str) -> dict[str, Any]:
    items = json.loads((FOLDER / "expected.json").read_text())
    return next(item["expected"] for item in items if (item["dataset"], item["id"]) == (dataset, name))


@pytest.fixture(scope="module")
def ruffle() -> pd.DataFrame:
    """Readers' unaided decision as the initial one, their aided decision as the final one."""
    rows = pd.read_csv(FOLDER / "ruffle_2026" / "radiologist_df.csv")
    key = ["radiologist", "case_id"]
    first = rows[~rows["with_segmentation"]].set_index(key)
    last = rows[rows["with_segmentation"]].set_index(key).reindex(first.index)
    return pd.DataFrame(
        {
            "participant_id": first.index.get_level_values(0),
            "case_id": first.index.get_level_values(1),
            "condition": "aided",
            "protocol": "judge_advisor",
            "ground_truth": first["has_enhancement_gt"].astype(str).to_numpy(),
            "ai_prediction": first["model_predicted_enhancement"].astype(str).to_numpy(),
            "ai_correct": first["model_correct"].astype(bool).to_numpy(),
            "response_initial": first["predicted_enhancement"].astype(str).to_numpy(),
            "response": last["predicted_enhancement"].astype(str).to_numpy(),
            "correct_initial": first["correct_prediction"].astype(bool).to_numpy(),
            "correct": last["correct_prediction"].astype(bool).to_numpy(),
            "rt_initial_ms": 1000 * first["response_time"].to_numpy(),
            "rt_ms": 1000 * last["response_time"].to_numpy(),
        }
    )


@pytest.mark.parametrize(
    ("name", "key", "count"),
    [
        ("rair", "RAIR", "n_RAIR"),
        ("rsr", "RSR", "n_RSR"),
        ("switch_fraction", "switch", "n_dis"),
        ("over_reliance", "over", None),
        ("under_reliance", "under", None),
    ],
)
def test_reliance_of_the_radiologists(ruffle: pd.DataFrame, name: str, key: str, count: str | None) -> None:
    numbers = expected("ruffle_2026", "reliance")
    found = analysis.measure(name, ruffle).loc["aided"]
    assert found["pooled"] == pytest.approx(numbers[key], abs=1e-6)
    if count:
        assert found["opportunities"] == numbers[count]


def test_augmentation_of_the_radiologists(ruffle: pd.DataFrame) -> None:
    measure = registry.get("accuracy")
    typed = conform(ruffle)
    aided = measure.compute(typed)
    unaided = measure.compute(typed.assign(correct=typed["correct_initial"]))
    numbers, reader = expected("ruffle_2026", "complementarity"), expected("ruffle_2026", "reader_level")
    assert (aided - unaided).mean() == pytest.approx(numbers["augmentation"], abs=1e-5)
    assert stats.ttest_1samp(aided - unaided, 0).statistic == pytest.approx(reader["acc_t"], abs=1e-5)


def test_log_response_times_of_the_radiologists(ruffle: pd.DataFrame) -> None:
    import numpy as np

    measure = registry.get("rt_ms")
    typed = conform(ruffle)
    ratio = np.log(measure.compute(typed)) - np.log(
        measure.compute(typed.assign(rt_ms=typed["rt_initial_ms"]))
    )
    numbers = expected("ruffle_2026", "reader_level")
    found = stats.ttest_1samp(ratio, 0)
    assert found.statistic == pytest.approx(numbers["log_rt_t"], abs=1e-5)
    assert ratio.mean() == pytest.approx(expected("ruffle_2026", "lmm.log_rt.slope")["coef"][1], abs=1e-5)


@pytest.fixture(scope="module")
def cards() -> pd.DataFrame:
    """Two-stage decisions of four groups, after exclusion; the truth is the better colour."""
    rows = pd.concat(
        [
            pd.read_csv(FOLDER / "human_alignment_2025" / f"group_{group}.csv")
            for group in ("A", "B", "C", "BP")
        ]
    )
    gone = pd.read_csv(FOLDER / "human_alignment_2025" / "filtered_ids.csv")["participant_id"]
    rows = rows[~rows["participant_id"].isin(gone) & (rows["game_id"] >= 0)].reset_index(drop=True)
    truth = rows["true_prob"].gt(50).map({True: "Red", False: "Black"})
    advice = rows["AI_conf"].ge(50).map({True: "Red", False: "Black"})
    return pd.DataFrame(
        {
            "participant_id": rows["participant_id"],
            "condition": rows["level_name"].str.removeprefix("level_"),
            "protocol": "judge_advisor",
            "ground_truth": truth,
            "ai_prediction": advice,
            "ai_correct": advice == truth,
            "response_initial": rows["initial_decision"],
            "response": rows["final_decision"],
            "correct_initial": rows["initial_decision"] == truth,
            "correct": rows["final_decision"] == truth,
        }
    )


@pytest.mark.parametrize("group", ["A", "B", "C", "BP"])
def test_reliance_of_the_card_players(cards: pd.DataFrame, group: str) -> None:
    numbers = expected("human_alignment_2025", "reliance.optimal")[group]
    rair, rsr = (analysis.measure(name, cards).loc[group] for name in ("rair", "rsr"))
    switch = analysis.measure("switch_fraction", cards).loc[group]
    assert rair["pooled"] == pytest.approx(numbers["RAIR"], abs=1e-6)
    assert rsr["pooled"] == pytest.approx(numbers["RSR"], abs=1e-6)
    assert switch["pooled"] == pytest.approx(numbers["switch"], abs=1e-6)
    assert (rair["opportunities"], rsr["opportunities"]) == (numbers["n"], numbers["m"])


@pytest.mark.parametrize("group", ["A", "B", "C", "BP"])
def test_accuracy_of_the_card_players(cards: pd.DataFrame, group: str) -> None:
    counts = expected("human_alignment_2025", "match_counts")[group]
    hits, trials = (sum(counts[first][at] for first in "01") for at in (0, 1))
    found = analysis.measure("accuracy", cards).loc[group]
    assert found["pooled"] == pytest.approx(hits / trials, abs=1e-12)
    assert (found["opportunities"], found["n"]) == (trials, expected("human_alignment_2025", "n")[group])


def test_participants_without_an_eligible_trial_are_missing_and_not_zero(cards: pd.DataFrame) -> None:
    found = analysis.measure("rsr", cards)
    assert found["n_undefined"].sum() > 0
    values = registry.get("rsr").compute(conform(cards))
    assert values.isna().sum() == found["n_undefined"].sum()


def test_a_contrast_of_the_card_players_is_that_of_scipy(cards: pd.DataFrame) -> None:
    values = cards.groupby(["condition", "participant_id"])["correct"].mean()
    referee = stats.ttest_ind(values["A"], values["B"], equal_var=False)
    assert ParticipantContrast.estimate(values["A"], values["B"]).p == pytest.approx(referee.pvalue, rel=1e-9)
