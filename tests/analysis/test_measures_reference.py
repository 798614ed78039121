"""Measures against numbers of published studies; read only where the folder of reference data is present."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import analysis
from analysis.core.dataset import conform
from analysis.measures import registry

FOLDER = Path(__file__).parents[3] / "shared" / "reference"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the reference data are not here")
GROUPS = ("A", "B", "C", "BP")


def expected(dataset: str, name: str) -> Any:
    items = json.loads((FOLDER / "expected.json").read_text())
    return next(item["expected"] for item in items if (item["dataset"], item["id"]) == (dataset, name))


@pytest.fixture(scope="module")
def readings() -> pd.DataFrame:
    """One row for each reading: unaided and aided are conditions within readers."""
    rows = pd.read_csv(FOLDER / "ruffle_2026" / "radiologist_df.csv")
    table = pd.DataFrame(
        {
            "participant_id": rows["radiologist"],
            "case_id": rows["case_id"],
            "condition": rows["with_segmentation"].map({False: "unaided", True: "aided"}),
            "advice_source": rows["with_segmentation"].map({False: "none", True: "ai"}),
            "ground_truth": rows["has_enhancement_gt"].astype(str),
            "is_positive": rows["has_enhancement_gt"] == 1,
            "ai_prediction": rows["model_predicted_enhancement"].astype(str),
            "ai_correct": rows["model_correct"].astype(bool),
            "response": rows["predicted_enhancement"].astype(str),
            "correct": rows["correct_prediction"].astype(bool),
            "confidence": rows["confidence"] / 10,
            "rt_ms": rows["response_time"] * 1000,
        }
    )
    return conform(table)


def by_arm(readings: pd.DataFrame, name: str, *, pooled: bool = False) -> list[float]:
    table = readings.assign(participant_id="all") if pooled else readings
    measure = registry.get(name)
    return [float(measure.compute(table[table["condition"] == arm]).mean()) for arm in ("unaided", "aided")]


def test_balanced_accuracy_of_the_radiologists(readings: pd.DataFrame) -> None:
    numbers = expected("ruffle_2026", "balanced_accuracy")
    found = by_arm(readings, "balanced_accuracy")
    assert found == pytest.approx([numbers["unaided"], numbers["aided"]], abs=5e-5)
    halves = zip(by_arm(readings, "sensitivity"), by_arm(readings, "specificity"), strict=True)
    assert [sum(half) / 2 for half in halves] == pytest.approx(found)


def test_type_2_auroc_of_the_radiologists(readings: pd.DataFrame) -> None:
    numbers = expected("ruffle_2026", "auroc2")
    assert by_arm(readings, "type2_auroc") == pytest.approx(numbers["reader"], abs=1e-6)
    assert by_arm(readings, "type2_auroc", pooled=True) == pytest.approx(numbers["pooled"], abs=1e-6)


def test_inverse_efficiency_of_the_radiologists(readings: pd.DataFrame) -> None:
    assert [ms / 1000 for ms in by_arm(readings, "ies")] == pytest.approx(
        expected("ruffle_2026", "ies"), abs=1e-3
    )


def test_discernment_and_bias_of_the_radiologists(readings: pd.DataFrame) -> None:
    numbers = expected("ruffle_2026", "reliance")
    assert by_arm(readings, "reliance_discernment", pooled=True)[1] == pytest.approx(
        numbers["dprime"], abs=1e-6
    )
    assert by_arm(readings, "reliance_bias", pooled=True)[1] == pytest.approx(numbers["c"], abs=1e-6)


def test_augmentation_without_complementarity(readings: pd.DataFrame) -> None:
    numbers, reader = expected("ruffle_2026", "complementarity"), expected("ruffle_2026", "reader_level")
    gain = analysis.measure("augmentation", readings).loc["aided"]
    assert gain["value"] == pytest.approx(numbers["augmentation"], abs=1e-5)
    assert (gain["low"], gain["high"]) == pytest.approx(tuple(reader["acc_ci95"]), abs=1e-5)
    found = analysis.measure("synergy", readings).loc["aided"]
    assert found["vs_ai"] == pytest.approx(numbers["synergy"], abs=1e-5)
    assert found["ai"] == pytest.approx(numbers["model_acc"], abs=1e-5)
    one_sided = stats.t.sf(numbers["t"], 10)
    assert found["p_vs_ai"] == pytest.approx(one_sided, abs=1e-5)
    assert found["value"] < 0 < found["vs_human"]


def test_over_reliance_beyond_the_unaided_reading(readings: pd.DataFrame) -> None:
    wrong = readings[~readings["ai_correct"].astype(bool)]
    found = analysis.measure("excess_reliance", readings).loc[("aided", "over_reliance")]
    follows = (
        (wrong["response"] == wrong["ai_prediction"])
        .groupby([wrong["condition"], wrong["participant_id"]])
        .mean()
    )
    gap = follows["aided"] - follows["unaided"]
    assert found["value"] == pytest.approx(gap.mean())
    assert found["value"] / found["std_error"] == pytest.approx(stats.ttest_1samp(gap, 0).statistic)


@pytest.fixture(scope="module")
def red() -> pd.DataFrame:
    """Stated chances that the card is red, initial and final, of four groups; being right means that it was red."""
    rows = pd.concat(
        [pd.read_csv(FOLDER / "human_alignment_2025" / f"group_{group}.csv") for group in GROUPS]
    )
    gone = pd.read_csv(FOLDER / "human_alignment_2025" / "filtered_ids.csv")["participant_id"]
    rows = rows[~rows["participant_id"].isin(gone) & (rows["game_id"] >= 0)].reset_index(drop=True)
    return pd.DataFrame(
        {
            "participant_id": rows["participant_id"],
            "condition": rows["level_name"].str.removeprefix("level_"),
            "initial": rows["human_conf"] / 100,
            "final": rows["human_AI_conf"] / 100,
            "ai": rows["AI_conf"] / 100,
            "correct": rows["outcome"] == "Red",
        }
    )


@pytest.mark.parametrize("place", [0, 1, 2])
def test_brier_and_calibration_error_of_the_card_players(place: int, red: pd.DataFrame) -> None:
    table = red.assign(confidence=red[("initial", "final", "ai")[place]])
    brier, error = (analysis.measure(name, table) for name in ("brier", "calibration_error"))
    parts = analysis.measure("brier_decomposition", table)
    for group in GROUPS:
        number = expected("human_alignment_2025", "calibration")[group][place]
        assert brier.loc[group, "value"] == pytest.approx(number, abs=1e-6)
        assert parts.loc[group, "brier"] == pytest.approx(number, abs=1e-6)
        wanted = expected("human_alignment_2025", "ece10")[group][place]
        assert error.loc[group, "value"] == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("place", [0, 1])
def test_auroc_of_the_card_players(place: int, red: pd.DataFrame) -> None:
    table = red.assign(confidence=red[("initial", "final")[place]])
    for group in GROUPS:
        rows = table[table["condition"] == group].assign(participant_id="all")
        number = expected("human_alignment_2025", "auroc")[group][place]
        assert np.asarray(registry.get("type2_auroc").compute(rows)) == pytest.approx([number], abs=1e-6)
