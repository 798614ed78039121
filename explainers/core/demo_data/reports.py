"""The demo of texts: reports made from templates and the breast-cancer data. Synthetic: no clinician wrote them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explainers.core.demo_data.tabular import CLASSES, demo_split
from explainers.core.demo_data.training import Recipe, trained_weights
from explainers.core.inputs import text_array
from explainers.core.predictor import PredictorSpec
from explainers.core.tokens import vocabulary_of

REPORT_LICENCE = "Synthetic reports from templates and Wisconsin Diagnostic Breast Cancer (UCI, CC BY 4.0)"
REPORT_LABEL = "Synthetic report (made from templates, not written by a clinician)"
LENGTH = 64
RECIPE = Recipe(epochs=12, rate=3e-3, decay=0.01, seed=5, batch=64)
COPIES = 4
OPENINGS = (
    "Smear of good quality, {stain} stain.",
    "Fine needle aspirate, {stain} stain, adequate material.",
    "Material from the {side} breast, {stain} stain.",
    "Aspirate of the {side} breast.",
)
CLOSINGS = (
    "Background with few red cells.",
    "No necrosis in the sections seen.",
    "Comparison with earlier material was not possible.",
    "Few stromal fragments.",
)
# Of each feature of the table the words at or below the lower third, in the middle, and above the upper third of
# benign samples; each phrase holds one word that decides.
PHRASES: dict[str, tuple[tuple[str, ...], ...]] = {
    "texture_mean": (
        ("Chromatin is {bland}.", "The chromatin looks {even}."),
        ("Chromatin is {ordinary}.", "The chromatin shows a {usual} pattern."),
        ("Chromatin is {clumped}.", "The chromatin looks {coarse}."),
    ),
    "smoothness_mean": (
        ("Outlines are {sharp}.", "Nuclear borders are {smooth}."),
        ("Outlines show {slight} folds.", "Nuclear borders are {regular}."),
        ("Outlines are {irregular}.", "Nuclear borders are {jagged}."),
    ),
    "symmetry_mean": (
        ("Nuclei are {round}.", "The nuclei have {balanced} halves."),
        ("Nuclei are {oval}.", "The nuclei vary {little} in form."),
        ("Nuclei are {lopsided}.", "The nuclei are {distorted}."),
    ),
    "fractal_dimension_mean": (
        ("Membranes are {thin}.", "The membranes run {straight}."),
        ("Membranes are {intact}.", "The membranes are {typical}."),
        ("Membranes are {ragged}.", "The membranes are {notched}."),
    ),
}


@dataclass(frozen=True)
class Reports:
    """
    Reports with everything that is known about them.

    Parameters
    ----------
    keys : tuple of str
        Names of the cases.
    texts : tuple of str
        The reports.
    deciding : tuple of tuple of str
        The words of each report that stand for its values; all others say nothing about the class.
    labels : numpy.ndarray
        0 benign, 1 malignant: of the sample that the report was made from.
    """

    keys: tuple[str, ...]
    texts: tuple[str, ...]
    deciding: tuple[tuple[str, ...], ...]
    labels: NDArray[np.int64]


def reports_make(*, part: str, copies: int = 1, seed: int = 17) -> Reports:
    """
    Write reports from the samples of the table demo.

    Parameters
    ----------
    part : str
        `train` or `test`: the halves of `demo_split`.
    copies : int
        Reports per sample, in other words each.
    seed : int
        Equal seeds give equal reports.

    Returns
    -------
    Reports
        In the order of the table; a sample's value decides which words can stand for it, chance which do.
    """
    data = demo_split()
    values, labels = (data.train, data.train_labels) if part == "train" else (data.test, data.test_labels)
    benign = data.train[data.train_labels == 0]
    thirds = np.percentile(benign[:, : len(PHRASES)], [100 / 3, 200 / 3], axis=0)
    rng = np.random.default_rng([seed, part == "train"])
    written = [_report(row, thirds, rng) for row in values for _ in range(copies)]
    names = data.test_keys if part == "test" else tuple(f"train-{n:03d}" for n in range(1, len(values) + 1))
    keys = [
        f"report-{name.rpartition('-')[2]}" + (f"-{n}" if copies > 1 else "")
        for name in names
        for n in range(copies)
    ]
    return Reports(
        tuple(keys),
        tuple(text for text, _ in written),
        tuple(words for _, words in written),
        np.repeat(labels, copies).astype(np.int64),
    )


def _report(
    row: NDArray[np.float64], thirds: NDArray[np.float64], rng: np.random.Generator
) -> tuple[str, tuple[str, ...]]:
    sentences, deciding = [], []
    for place, levels in enumerate(PHRASES.values()):
        level = int(np.searchsorted(thirds[:, place], row[place]))
        phrase = str(rng.choice(levels[level]))
        deciding.append(phrase[phrase.index("{") + 1 : phrase.index("}")])
        sentences.append(phrase.replace("{", "").replace("}", ""))
    order = rng.permutation(len(sentences))
    opening = str(rng.choice(OPENINGS)).format(
        stain=rng.choice(["Papanicolaou", "Giemsa"]), side=rng.choice(["left", "right"])
    )
    text = " ".join([opening, *(sentences[place] for place in order), str(rng.choice(CLOSINGS))])
    return text, tuple(deciding[place] for place in order)


def reports_schema() -> dict[str, Any]:
    """
    Describe the cases for people.

    Returns
    -------
    dict
        The schema of a set of texts; its label says that they are synthetic.
    """
    return {"modality": "text", "label": REPORT_LABEL}


def reports_rows(reports: Reports) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """
    Return reports as cases, and their truth apart from them.

    Parameters
    ----------
    reports : Reports
        The reports.

    Returns
    -------
    tuple
        Rows `{"key", "inputs"}`, and key to class.
    """
    rows = [
        {"key": key, "inputs": {"text": text}} for key, text in zip(reports.keys, reports.texts, strict=True)
    ]
    truth = {key: CLASSES[label] for key, label in zip(reports.keys, reports.labels.tolist(), strict=True)}
    return rows, truth


def reports_spec(texts: Sequence[str]) -> PredictorSpec:
    """
    Declare the demo's predictor of texts.

    Parameters
    ----------
    texts : Sequence of str
        Training texts; their words are the vocabulary.

    Returns
    -------
    PredictorSpec
        A transformer of one layer.
    """
    vocabulary = vocabulary_of(texts)
    return PredictorSpec(
        architecture="text_transformer",
        parameters={
            "vocabulary": len(vocabulary),
            "length": LENGTH,
            "width": 32,
            "heads": 2,
            "layers": 1,
            "outputs": 2,
        },
        features=["text"],
        classes=list(CLASSES),
        preprocessing={"kind": "tokens", "vocabulary": vocabulary, "lower": True},
    )


def reports_predictor(reports: Reports | None = None) -> tuple[PredictorSpec, bytes]:
    """
    Train the demo's predictor of texts in some seconds.

    Parameters
    ----------
    reports : Reports or None
        Training reports; four of each training sample if left out.

    Returns
    -------
    tuple
        Declaration and safetensors bytes.
    """
    trained = reports_make(part="train", copies=COPIES) if reports is None else reports
    spec = reports_spec(trained.texts)
    numbers = {token: number for number, token in enumerate(spec.preprocessing["vocabulary"])}
    inputs = text_array([{"text": text} for text in trained.texts], spec=spec, vocabulary=numbers)
    return spec, trained_weights(spec, inputs=inputs, labels=trained.labels, recipe=RECIPE)
