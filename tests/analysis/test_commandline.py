"""The command line: everything wrong is said at once, power is shown while it is simulated, plans become texts."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.core.plan import plan_from
from analysis.core.suitability import design_faults, plan_faults
from analysis.measures import registry
from tests.analysis.simulate import write_dataset

PLAN = {"primary": {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.1}, "n": 60}


@pytest.fixture
def trials(tables: dict[str, Any]) -> pd.DataFrame:
    found: pd.DataFrame = tables["trials"]
    return found[~found["is_practice"] & (found["protocol"] == "judge_advisor")].reset_index(drop=True)


def planned(tmp_path: Path, plan: dict[str, Any]) -> str:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan))
    return str(path)


def test_a_sound_table_has_no_fault_of_design(trials: pd.DataFrame, plan: dict[str, Any]) -> None:
    assert design_faults(trials) == []
    assert plan_faults(trials, plan_from(plan), measure_of=registry.get) == []


def test_pooled_trials_are_no_unit(trials: pd.DataFrame) -> None:
    pooled = trials.assign(participant_id=[f"row{at}" for at in range(len(trials))])
    assert any("pooled trials are not a unit of analysis" in one for one in design_faults(pooled))
    assert any("column is missing" in one for one in design_faults(trials.drop(columns="participant_id")))


def test_one_trial_of_each_person_is_a_design_and_no_fault(trials: pd.DataFrame) -> None:
    assert design_faults(trials[trials["trial_index"] == 3]) == []


def test_one_participant_in_a_condition_is_a_fault(trials: pd.DataFrame) -> None:
    of_ig = trials.loc[trials["condition"] == "ig", "participant_id"]
    few = trials[(trials["condition"] != "ig") | (trials["participant_id"] == of_ig.iloc[0])]
    assert any("ig has one participant" in one for one in design_faults(few))


def test_one_participant_in_all_is_a_fault(trials: pd.DataFrame) -> None:
    one = trials[trials["participant_id"] == trials["participant_id"].iloc[0]]
    assert any("all rows are of one participant" in words for words in design_faults(one))


def test_a_factor_within_participants_must_not_be_analysed_as_between(trials: pd.DataFrame) -> None:
    within = trials.assign(condition=["ai" if index % 2 else "ig" for index in trials["trial_index"]])
    (only,) = [one for one in design_faults(within) if "lies within participants" in one]
    assert "Say placed: within" in only
    assert not any("lies within" in one for one in design_faults(within, placed="within"))


def test_a_factor_between_participants_must_not_be_analysed_as_within(trials: pd.DataFrame) -> None:
    assert any("Say placed: between" in one for one in design_faults(trials, placed="within"))


def test_what_does_not_vary_is_a_fault(trials: pd.DataFrame, plan: dict[str, Any]) -> None:
    same = trials.assign(correct=True)
    assert any("trials.correct: every one of" in one for one in design_faults(same))
    said = plan_faults(same, plan_from(plan), measure_of=registry.get)
    assert any("accuracy does not vary within ig nor within ai" in one for one in said)


def test_conditions_with_cases_of_their_own_are_a_fault(trials: pd.DataFrame) -> None:
    own = trials.assign(case_id=trials["case_id"] + trials["condition"])
    assert any("no case was seen in more than one condition" in one for one in design_faults(own))


def test_a_planned_measure_without_its_columns_is_a_fault(trials: pd.DataFrame) -> None:
    plan = plan_from({"primary": {"measure": "rair", "contrast": "ig - ai"}})
    (only,) = plan_faults(trials.drop(columns="correct_initial"), plan, measure_of=registry.get)
    assert only.startswith("primary: ")
    assert "correct_initial" in only


def test_an_empty_main_part_is_a_fault(trials: pd.DataFrame) -> None:
    assert "nothing can be analysed" in design_faults(trials.assign(is_practice=True))[0]


def test_check_says_all_faults_of_a_table_at_once(
    trials: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = trials.drop(columns="rt_ms").assign(confidence="high", correct="true")
    wrong["participant_id"] = [f"row{at}" for at in range(len(wrong))]
    wrong.to_csv(tmp_path / "trials.csv", index=False)
    assert main(["check", str(tmp_path / "trials.csv"), "--plan", planned(tmp_path, PLAN)]) == 2
    said = capsys.readouterr().out
    for words in ("trials.rt_ms: column is missing", "trials.confidence: value cannot be read",
                  "pooled trials are not a unit", "trials.correct: every one of"):  # fmt: skip
        assert words in said


def test_check_takes_a_whole_dataset(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(dataset), "--plan", planned(tmp_path, PLAN)]) == 0
    said = capsys.readouterr().out
    for name in ("trials.csv", "participants.csv", "scales.csv"):
        assert f"{name}: " in said


def test_check_of_a_table_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = pd.DataFrame(
        {"participant_id": ["a", "a", "b", "b"], "condition": ["x", "x", "y", "y"], "correct": [1, 0, 1, 1]}
    )
    mine["correct"] = mine["correct"].map({1: "true", 0: "false"})
    mine.to_csv(tmp_path / "mine.csv", index=False)
    assert main(["check", str(tmp_path / "mine.csv"), "--as", "trials", "--partial"]) == 2
    said = capsys.readouterr().out
    assert "column is missing" not in said
    assert "x has one participant" in said
    assert "y has one participant" in said


def test_power_shows_a_table_a_bar_and_a_recommendation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "power"
    arguments = [
        "power",
        planned(tmp_path, PLAN),
        "--participants",
        "40,80",
        "--cases",
        "8",
        "--simulations",
        "20",
    ]
    assert main([*arguments, "--workers", "1", "--baseline", "0.6", "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "Monte-Carlo error" in said.out
    assert "accuracy is 60% in ai and 10 points higher in ig" in said.out
    assert "40 of 40 simulations" in said.err
    assert json.loads((out / "power.json").read_text())["rows"][1]["participants"] == 80
    assert (out / "power.svg").read_text().startswith("<svg")
    assert len(pd.read_csv(out / "power.csv")) == 2


def test_power_says_when_the_cases_leave_no_room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = tmp_path / "cases.csv"
    pd.DataFrame(
        {"ground_truth": ["b"] * 20, "ai_prediction": ["b"] * 19 + ["m"], "ai_confidence": [0.9] * 20}
    ).to_csv(cases, index=False)
    arguments = ["power", planned(tmp_path, PLAN), "--simulations", "1", "--workers", "1", "--cases", "4"]
    assert main([*arguments, "--case-table", str(cases)]) == 0
    assert "can hardly show complementarity" in capsys.readouterr().out


def test_power_without_an_effect_is_refused_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = planned(tmp_path, {"primary": {"measure": "accuracy", "contrast": "ig - ai"}})
    assert main(["power", path]) == 2
    assert "say which effect the study is to find" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("form", "words"), [("aspredicted", "## 9) Type of study"), ("osf", "## Sampling plan")]
)
def test_a_plan_becomes_the_text_of_a_preregistration(
    form: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preregister", planned(tmp_path, PLAN), "--form", form]) == 0
    assert words in capsys.readouterr().out


def test_the_dataset_written_for_these_tests_is_sound(tables: dict[str, Any], tmp_path: Path) -> None:
    assert main(["check", str(write_dataset(tables, tmp_path / "d", kind="parquet"))]) == 0
