"""Cell samples with a network, known samples, and changed ones of which half change what the network says."""

from __future__ import annotations

from typing import Any

import yaml

from deploy.gallery.ensure import cases_once, csv_bytes, predictor_once
from explainers.core.demo_data import (
    CLASSES,
    LICENCE,
    DemoData,
    demo_predictor,
    demo_rows,
    demo_schema,
    demo_split,
)
from explainers.core.demo_data.features import FEATURES
from explainers.core.predictor import LoadedPredictor
from explainers.models import CaseSet, Predictor
from explainers.services import case_set_import, predictor_admit, reference_keep
from studies.design.services import case_file_import

CASES, CHANGED, KNOWN, PREDICTOR = (
    "gallery-cells",
    "gallery-cells-changed",
    "gallery-cells-known",
    "gallery-cells-ai",
)
OF_RIGHT, OF_WRONG, OF_KNOWN, OF_CHANGED = 64, 28, 60, 48
NAMES = [feature.name for feature in FEATURES]


def bring_in() -> None:
    """Bring in the network, the samples that are asked about, changed ones, and known ones."""
    if CaseSet.objects.filter(name=CHANGED).exists():
        return
    data = demo_split()
    spec, weights = demo_predictor(data)
    predictor_once(PREDICTOR, lambda: _admitted(spec, weights))
    network = LoadedPredictor(spec, weights=weights)
    rows, truth = demo_rows(data)
    said = _answers(network, rows)
    right = [row for row in rows if said[row["key"]] == truth[row["key"]]]
    wrong = [row for row in rows if said[row["key"]] != truth[row["key"]]]
    asked = [*right[:OF_RIGHT], *wrong[:OF_WRONG]]
    cases_once(CASES, lambda: _asked(data, asked, truth))
    cases_once(CHANGED, lambda: _changed(data, right[OF_RIGHT:], truth, network))
    _known(data)


def _admitted(spec: Any, weights: bytes) -> Predictor:
    return predictor_admit(name=PREDICTOR, spec=spec, weights=weights, metadata={"data": LICENCE})


def _answers(network: LoadedPredictor, rows: list[dict[str, Any]]) -> dict[str, str]:
    scores = network.probabilities([row["inputs"] for row in rows])
    return {row["key"]: max(each, key=each.__getitem__) for row, each in zip(rows, scores, strict=True)}


def _schema(data: DemoData, **more: Any) -> bytes:
    truth = {"options": list(CLASSES), "source": "Examination of the tissue"}
    return yaml.safe_dump({**demo_schema(data), "truth": truth, "licence": LICENCE, **more}).encode()


def _asked(data: DemoData, rows: list[dict[str, Any]], truth: dict[str, str]) -> CaseSet:
    table = [(row["key"], *row["inputs"].values(), truth[row["key"]]) for row in rows]
    csv = csv_bytes(("case_id", *NAMES, "ground_truth"), table)
    return case_file_import(name=CASES, csv=csv, schema=_schema(data))


def _changed(
    data: DemoData, rows: list[dict[str, Any]], truth: dict[str, str], network: LoadedPredictor
) -> CaseSet:
    """Move two measurements of each sample to the other end of their usual range; keep as many flips as stays."""
    ends = {each["name"]: (each["low"], each["high"]) for each in demo_schema(data)["features"]}
    made: dict[bool, list[tuple[dict[str, Any], dict[str, Any]]]] = {True: [], False: []}
    before = _answers(network, rows)
    for at, row in enumerate(rows):
        moved = {NAMES[at % len(NAMES)], NAMES[(at + 3) % len(NAMES)]}
        inputs = {
            name: (ends[name][1] if value < sum(ends[name]) / 2 else ends[name][0])
            if name in moved
            else value
            for name, value in row["inputs"].items()
        }
        twin: dict[str, Any] = {"key": f"{row['key']}-changed", "inputs": inputs}
        made[_answers(network, [twin])[twin["key"]] != before[row["key"]]].append((row, twin))
    few = min(OF_CHANGED // 2, *map(len, made.values()))
    table = []
    for row, twin in [*made[True][:few], *made[False][:few]]:
        table.append((row["key"], *row["inputs"].values(), truth[row["key"]], ""))
        table.append((twin["key"], *twin["inputs"].values(), truth[row["key"]], row["key"]))
    csv = csv_bytes(("case_id", *NAMES, "ground_truth", "original"), table)
    return case_file_import(name=CHANGED, csv=csv, schema=_schema(data, columns=["original"]))


def _known(data: DemoData) -> None:
    rows = [
        {"key": f"known-{at:03d}", "inputs": dict(zip(NAMES, values, strict=True))}
        for at, values in enumerate(data.train[:OF_KNOWN].tolist(), start=1)
    ]
    case_set = cases_once(
        KNOWN, lambda: case_set_import(name=KNOWN, schema=demo_schema(data), rows=rows, licence=LICENCE)
    )
    labels = {
        f"known-{at:03d}": CLASSES[label] for at, label in enumerate(data.train_labels[:OF_KNOWN], start=1)
    }
    reference_keep(name=KNOWN, case_set=case_set, labels=labels)
