"""The demo of tables: the breast-cancer data of scikit-learn, and a small network that errs on purpose."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explainers.core.cases import format_value
from explainers.core.demo_data.features import FEATURES
from explainers.core.demo_data.training import Recipe, trained_weights
from explainers.core.predictor import PredictorSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES = ("benign", "malignant")
LICENCE = "Wisconsin Diagnostic Breast Cancer (Wolberg, Street, Mangasarian 1995), UCI, CC BY 4.0"
SPLIT_SEED, TRAINING_SEED = 20260, 1
EPOCHS, LEARNING_RATE, WEIGHT_DECAY = (
    25,
    0.01,
    0.05,
)  # few epochs: longer training makes it sure of itself, not better
HIDDEN = [16, 16]


@dataclass(frozen=True)
class DemoData:
    """
    The data, split once for ever: a training half and a test half with the same share of malignant cases.

    Parameters
    ----------
    train : numpy.ndarray
        float64, (284, 7), in the units of the features.
    train_labels : numpy.ndarray
        0 benign, 1 malignant.
    test : numpy.ndarray
        float64, (285, 7).
    test_labels : numpy.ndarray
        0 or 1.
    test_keys : tuple of str
        Key of each test case: `fna-` and its row in the published data, from 1.
    """

    train: "NDArray[np.float64]"
    train_labels: "NDArray[np.int64]"
    test: "NDArray[np.float64]"
    test_labels: "NDArray[np.int64]"
    test_keys: tuple[str, ...]


def demo_split() -> DemoData:
    """
    Load the 569 cases and split them.

    Returns
    -------
    DemoData
        Always the same halves.

    References
    ----------
    .. [1] Street, Wolberg, Mangasarian (1993). Nuclear feature extraction for breast tumor diagnosis.
           doi:10.1117/12.148698
    """
    from sklearn.datasets import load_breast_cancer
    from sklearn.model_selection import train_test_split

    data = load_breast_cancer()
    columns = [list(data.feature_names).index(feature.source) for feature in FEATURES]
    values = data.data[:, columns].astype(np.float64)
    labels = (data.target == list(data.target_names).index("malignant")).astype(np.int64)
    rows = np.arange(len(labels))
    train, test = train_test_split(rows, test_size=0.5, random_state=SPLIT_SEED, stratify=labels)
    train, test = np.sort(train), np.sort(test)
    return DemoData(
        train=values[train],
        train_labels=labels[train],
        test=values[test],
        test_labels=labels[test],
        test_keys=tuple(f"fna-{row + 1:03d}" for row in test.tolist()),
    )


def demo_schema(data: DemoData) -> dict[str, Any]:
    """
    Describe the features for people.

    Parameters
    ----------
    data : DemoData
        The split; reference ranges are the 5th to 95th percentile of its benign training cases.

    Returns
    -------
    dict
        The schema of the case set.
    """
    benign = data.train[data.train_labels == 0]
    low, high = np.percentile(benign, [5, 95], axis=0)
    return {
        "features": [
            {
                "name": feature.name,
                "label": feature.label,
                "unit": feature.unit,
                "low": round(float(low[place]), feature.decimals),
                "high": round(float(high[place]), feature.decimals),
                "decimals": feature.decimals,
                "meaning": f"{feature.meaning} Reference range: 5th to 95th percentile of benign samples.",
            }
            for place, feature in enumerate(FEATURES)
        ]
    }


def demo_rows(data: DemoData) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """
    Return the test half as cases, and their truth apart from them.

    Parameters
    ----------
    data : DemoData
        The split.

    Returns
    -------
    tuple
        Rows `{"key", "inputs"}`, and key to class.
    """
    names = [feature.name for feature in FEATURES]
    rows = [
        {"key": key, "inputs": dict(zip(names, values, strict=True))}
        for key, values in zip(data.test_keys, data.test.tolist(), strict=True)
    ]
    truth = {
        key: CLASSES[label] for key, label in zip(data.test_keys, data.test_labels.tolist(), strict=True)
    }
    return rows, truth


def demo_predictor(data: DemoData) -> tuple[PredictorSpec, bytes]:
    """
    Train the demo's network, in a second or two, from a fixed seed and on one thread.

    The features are chosen so that it is right in 80 to 88 % of the test half: its mistakes are what a
    study of reliance needs.

    Parameters
    ----------
    data : DemoData
        The split; only its training half is used.

    Returns
    -------
    tuple
        Declaration and safetensors bytes. The last bits of the weights may differ between versions of
        torch, therefore a study names the digest.
    """
    mean, scale = data.train.mean(axis=0), data.train.std(axis=0)
    spec = PredictorSpec(
        architecture="mlp",
        parameters={"inputs": len(FEATURES), "hidden": HIDDEN, "outputs": len(CLASSES)},
        features=[feature.name for feature in FEATURES],
        classes=list(CLASSES),
        preprocessing={"kind": "standardise", "mean": mean.tolist(), "scale": scale.tolist()},
    )
    inputs = ((data.train - mean) / scale).astype(np.float32)
    recipe = Recipe(epochs=EPOCHS, rate=LEARNING_RATE, decay=WEIGHT_DECAY, seed=TRAINING_SEED)
    return spec, trained_weights(spec, inputs=inputs, labels=data.train_labels, recipe=recipe)


def write_case_files(folder: Path | str) -> tuple[Path, Path]:
    """
    Write the test half as a study brings its cases: a CSV with inputs and truth, and the schema.

    Parameters
    ----------
    folder : Path or str
        Made if it is not there.

    Returns
    -------
    tuple of Path
        `cases.csv` (case_id, features, ground_truth) and `schema.json`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = demo_split()
    rows, truth = demo_rows(data)
    names = [feature.name for feature in FEATURES]
    cases, schema = folder / "cases.csv", folder / "schema.json"
    with cases.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["case_id", *names, "ground_truth"])
        for row in rows:
            writer.writerow([row["key"], *[repr(row["inputs"][name]) for name in names], truth[row["key"]]])
    schema.write_text(json.dumps(demo_schema(data), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return cases, schema


def describe_accuracy(predicted: Sequence[str], truth: Sequence[str]) -> str:
    """
    Say how often the predictor is right, for the log of the demo.

    Parameters
    ----------
    predicted : Sequence of str
        Classes.
    truth : Sequence of str
        Classes, in the same order; not empty.

    Returns
    -------
    str
        A sentence.

    Examples
    --------
    >>> describe_accuracy(["benign", "benign"], ["benign", "malignant"])
    'The predictor is right in 1 of 2 cases (50.0 %).'
    """
    right = sum(one == other for one, other in zip(predicted, truth, strict=True))
    share = format_value(100 * right / len(truth), decimals=1)
    return f"The predictor is right in {right} of {len(truth)} cases ({share} %)."
