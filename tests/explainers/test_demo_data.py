"""The demo's predictor errs as often as its design needs, and its files are what a study brings."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from explainers.core.cases import check_rows, check_schema
from explainers.core.demo_data import (
    CLASSES,
    FEATURES,
    demo_predictor,
    demo_rows,
    demo_split,
    write_case_files,
)
from explainers.core.predictor import LoadedPredictor, advised_class

pytestmark = pytest.mark.heavy


def test_the_predictor_is_right_in_80_to_88_percent_and_wrong_in_both_ways() -> None:
    data = demo_split()
    spec, weights = demo_predictor(data)
    rows, truth = demo_rows(data)
    scores = LoadedPredictor(spec, weights=weights).probabilities([row["inputs"] for row in rows])
    advised = [advised_class(score, classes=CLASSES) for score in scores]
    pairs = [(label, truth[row["key"]]) for label, row in zip(advised, rows, strict=True)]
    assert 0.80 <= np.mean([label == true for label, true in pairs]) <= 0.88
    assert pairs.count(("benign", "malignant")) >= 15
    assert pairs.count(("malignant", "benign")) >= 15


def test_training_twice_gives_the_same_bytes() -> None:
    data = demo_split()
    assert demo_predictor(data)[1] == demo_predictor(data)[1]


def test_the_halves_do_not_overlap_and_are_all_569_cases() -> None:
    from sklearn.datasets import load_breast_cancer

    data = demo_split()
    assert len(data.train) + len(data.test) == 569
    whole = load_breast_cancer()
    column = list(whole.feature_names).index("mean texture")
    together = np.sort(np.concatenate([data.train[:, 0], data.test[:, 0]]))
    np.testing.assert_array_equal(together, np.sort(whole.data[:, column]))


def test_a_key_names_the_row_of_the_published_data() -> None:
    from sklearn.datasets import load_breast_cancer

    whole, data = load_breast_cancer(), demo_split()
    columns = [list(whole.feature_names).index(feature.source) for feature in FEATURES]
    rows, truth = demo_rows(data)
    for row in rows:
        place = int(row["key"].removeprefix("fna-")) - 1
        assert list(row["inputs"].values()) == whole.data[place, columns].tolist()
        assert truth[row["key"]] == whole.target_names[whole.target[place]]


def test_the_files_hold_inputs_truth_and_schema(tmp_path: Path) -> None:
    cases, schema = write_case_files(tmp_path)
    features = check_schema(json.loads(schema.read_text(encoding="utf-8")))
    with cases.open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    names = [feature["name"] for feature in features]
    rows = [{"key": row["case_id"], "inputs": {name: float(row[name]) for name in names}} for row in read]
    expected, truth = demo_rows(demo_split())
    assert check_rows(rows, features=features) == expected
    assert {row["case_id"]: row["ground_truth"] for row in read} == truth


def test_reference_ranges_are_those_of_benign_training_cases(tmp_path: Path) -> None:
    data = demo_split()
    _, schema = write_case_files(tmp_path)
    texture = json.loads(schema.read_text(encoding="utf-8"))["features"][0]
    benign = np.sort(data.train[data.train_labels == 0, 0])
    inside = np.mean((benign >= texture["low"]) & (benign <= texture["high"]))
    assert 0.88 <= inside <= 0.92
    assert texture["unit"] == "grey levels"
