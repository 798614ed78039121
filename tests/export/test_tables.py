"""The tables hold what happened: valid by their schema, equal in both forms, agreeing with each other."""

import csv
import json

import pandas as pd
import pytest
from django.utils import timezone

from analysis.core.dataset import read_raw, read_table
from analysis.core.schema import TABLES, validate
from analysis.models import Dataset
from explainers.models import Predictor
from studies.design.models import GroundTruth, StudyText, StudyVersion
from studies.enrolment.models import Assignment
from studies.export.codebook import TABLE_NAMES
from studies.trials.models import PresentedItem, Trial, TrialResponse
from tests.export.conftest import folder_of

pytestmark = [pytest.mark.heavy, pytest.mark.django_db]


def table(dataset: Dataset, name: str, form: str = "parquet") -> pd.DataFrame:
    return read_raw(folder_of(dataset) / f"{name}.{form}")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_every_table_is_valid_by_its_schema(dataset: Dataset, form: str) -> None:
    for name in TABLE_NAMES:
        assert [fault.sentence for fault in validate(table(dataset, name, form), name)] == []


def test_csv_and_parquet_hold_the_same(dataset: Dataset) -> None:
    for name in TABLE_NAMES:
        texts, bytes_ = (
            read_table(folder_of(dataset) / f"{name}.{form}", name) for form in ("csv", "parquet")
        )
        pd.testing.assert_frame_equal(texts, bytes_, check_dtype=False, check_exact=True)


def test_the_manifest_counts_the_rows_and_names_every_file(dataset: Dataset) -> None:
    files = {file.name for file in folder_of(dataset).iterdir()} - {"manifest.json"}
    assert set(dataset.manifest["files"]) == files
    for name in TABLE_NAMES:
        assert dataset.rows(name) == len(table(dataset, name))


def test_every_scheduled_trial_and_every_answer_is_there(dataset: Dataset) -> None:
    assert len(table(dataset, "trials")) == Trial.objects.count() > 0
    assert len(table(dataset, "responses")) == TrialResponse.objects.count() > 0
    assert len(table(dataset, "presentations")) == PresentedItem.objects.count() > 0


def test_the_wide_table_says_what_the_long_one_says(dataset: Dataset) -> None:
    place = ["participant_id", "block_index", "trial_index"]
    trials, responses = table(dataset, "trials"), table(dataset, "responses")
    final = responses[
        responses["stage"].isin(["final", "guess"]) & responses["field"].isin(["decision", "guess"])
    ]
    wide = trials[trials["response"].notna()].set_index(place)["response"].sort_index()
    pd.testing.assert_series_equal(wide, final.set_index(place)["value"].sort_index(), check_names=False)


def test_correct_is_what_the_rows_of_the_database_say(dataset: Dataset) -> None:
    trials = table(dataset, "trials")
    truth = dict(GroundTruth.objects.values_list("case__key", "value"))
    judged = trials[(trials["protocol"] == "judge_advisor") & trials["response"].notna()]
    assert len(judged) > 20
    for row in judged.itertuples():
        assert row.correct == (row.response == truth[row.case_id])
        assert row.ground_truth == truth[row.case_id]


def test_in_a_simulation_correct_is_agreement_with_the_ai(dataset: Dataset) -> None:
    trials = table(dataset, "trials")
    guessed = trials[(trials["protocol"] == "forward_simulation") & trials["response"].notna()]
    assert len(guessed) > 4
    assert (guessed["correct"] == (guessed["response"] == guessed["ai_prediction"])).all()
    assert set(guessed["advice_source"]) == {"none"}


def test_what_was_shown_follows_the_condition(dataset: Dataset) -> None:
    trials = table(dataset, "trials")
    advised = trials[trials["protocol"] == "judge_advisor"].groupby("condition")
    assert advised["advice_source"].unique().map(list).to_dict() == {
        "unaided": ["none"], "ai": ["ai"], "ig": ["ai"], "placebo": ["ai"],
    }  # fmt: skip
    assert advised["explanations"].unique().map(list).to_dict() == {
        "unaided": [""], "ai": [""], "ig": ["ig"], "placebo": ["shuffled_ig"],
    }  # fmt: skip


def test_who_left_keeps_the_trials_that_were_never_reached(dataset: Dataset) -> None:
    people = table(dataset, "participants").set_index("participant_id")
    left = people[people["allocated"] & ~people["completed"]]
    everything = table(dataset, "trials")
    assert len(left) == 4
    for name, person in left.iterrows():
        trials = everything[everything["participant_id"] == name]
        assert (len(trials), person["n_scheduled"], person["n_answered"]) == (8, 8, 3)
        assert list(trials["status"]) == ["answered"] * 3 + ["not_reached"] * 5


def test_the_condition_is_that_of_the_claimed_slot(dataset: Dataset) -> None:
    found = table(dataset, "participants").dropna(subset=["slot"])
    slots = {(a.slot.stratum, a.slot.seq): a.condition for a in Assignment.objects.select_related("slot")}
    assert {(row.stratum, int(row.slot)): row.condition for row in found.itertuples()} == slots


def test_a_trial_says_what_other_answers_would_have_scored(dataset: Dataset) -> None:
    found = table(dataset, "trials")
    assert list(found["is_positive"]) == list(found["ground_truth"] == "malignant")
    assert set(found["n_options"]) == {2}
    decided = found[found["protocol"] != "forward_simulation"]
    worth = decided["ai_correct"].map({True: 1.0, False: 0.0})
    assert decided["score_ai"].tolist() == worth.tolist()
    answered = decided.dropna(subset=["correct_initial"])
    assert len(answered)
    assert answered["score_initial"].tolist() == answered["correct_initial"].astype(float).tolist()


def test_the_treatment_says_what_people_were_told_and_which_predictor_it_was(dataset: Dataset) -> None:
    told = json.loads((folder_of(dataset) / "treatment.json").read_text(encoding="utf-8"))
    version = StudyVersion.objects.get()
    text = StudyText.objects.get(version=version, name="instructions").markdown
    assert told["instructions"] == text.strip()
    (predictor,) = told["predictors"]
    assert predictor["checkpoint"] == Predictor.objects.get(name=predictor["name"]).digest


def test_the_codebook_describes_every_column_and_no_other(dataset: Dataset) -> None:
    with (folder_of(dataset) / "codebook.csv").open(encoding="utf-8") as handle:
        described = [(row["table"], row["column"]) for row in csv.DictReader(handle) if row["meaning"]]
    there = [(name, column) for name in TABLE_NAMES for column in table(dataset, name).columns]
    assert described == there
    document = json.loads((folder_of(dataset) / "codebook.json").read_text(encoding="utf-8"))
    assert [(row["table"], row["column"]) for row in document["columns"]] == there


def test_levels_of_the_codebook_are_the_only_values(dataset: Dataset) -> None:
    for name in TABLE_NAMES:
        for column in TABLES[name].columns:
            if column.levels:
                assert set(table(dataset, name)[column.name].dropna()) <= set(column.levels)


def test_no_date_of_anybody_leaves(dataset: Dataset) -> None:
    today = timezone.now().strftime("%Y-%m-%d")
    for name in TABLE_NAMES:
        assert today not in table(dataset, name).to_json(orient="records")
