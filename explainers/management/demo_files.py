"""The demo of pictures and of texts as the files that a lab would bring: cases, schema, known cases, predictor."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explainers.core.convert import predictor_write
from explainers.core.demo_data.reports import reports_make, reports_predictor, reports_rows, reports_schema
from explainers.core.demo_data.retina import (
    RETINA_CLASSES,
    RETINA_LICENCE,
    Patches,
    retina_patches,
    retina_predictor,
    retina_schema,
)
from explainers.core.png import png_encode

DEMOS = ("retina", "reports")
MASK = {"mask": True, "source": "drawn by the maker of the patches"}
TRUTH = {"options": list(RETINA_CLASSES), "source": "drawn by the maker of the patches"}
TEST, KNOWN, CONCEPT = 120, 200, 60


def demo_write(which: str, folder: Path) -> Iterator[str]:
    """Write a demo's files and yield a line for each step; the cases are synthetic and say so."""
    folder.mkdir(parents=True, exist_ok=True)
    yield from (_retina if which == "retina" else _reports)(folder)


def _retina(folder: Path) -> Iterator[str]:
    test, train = retina_patches(count=TEST, part="test"), retina_patches(count=600, part="train")
    _write_schema(folder, retina_schema())
    masks = {"bleedings": test.lesion_masks, "bright_marks": test.cue_masks}
    about = {"licence": RETINA_LICENCE, "truth": TRUTH, "truths": dict.fromkeys(masks, MASK)}
    _write_schema(folder, {**retina_schema(), **about}, name="cases-schema")
    _write_pictures(folder, "cases", test, truth="ground_truth", masks=masks)
    yield f"{folder}/cases.csv, cases.zip, cases-schema.json: {TEST} patches, their truth, masks of what is planted"
    _write_pictures(folder, "known", train, truth="outcome", places=range(KNOWN))
    plain = np.flatnonzero(~train.cues)
    _write_pictures(folder, "bright-marks", train, places=np.flatnonzero(train.cues)[:CONCEPT].tolist())
    _write_pictures(folder, "random", train, places=plain[: 4 * CONCEPT].tolist())
    yield f"{folder}/known.*: {KNOWN} training patches; bright-marks.*, random.*: for TCAV"
    spec, weights = retina_predictor(train)
    predictor_write(folder, spec=spec, weights=weights)
    yield f"{folder}/predictor.json, weights.safetensors: trained here; it has learned the bright marks by mistake"


def _write_pictures(
    folder: Path,
    name: str,
    patches: Patches,
    *,
    truth: str = "",
    places: Sequence[int] | range | None = None,
    masks: Mapping[str, NDArray[np.bool_]] | None = None,
) -> None:
    masks = masks or {}
    header = ["case_id", "file", *([truth] if truth else []), *masks]
    rows, files = [], {}
    for place in places if places is not None else range(len(patches.labels)):
        key = patches.keys[place]
        files[f"{key}.png"] = png_encode(patches.images[place])
        label = [RETINA_CLASSES[int(patches.labels[place])]] if truth else []
        rows.append([key, f"{key}.png", *label, *(f"{key}-{kind}.png" for kind in masks)])
        for kind, mask in masks.items():
            files[f"{key}-{kind}.png"] = png_encode(np.uint8(255) * mask[place][:, :, None].astype(np.uint8))
    (folder / f"{name}.csv").write_bytes(_csv(header, rows))
    _write_zip(folder / f"{name}.zip", files)


def _reports(folder: Path) -> Iterator[str]:
    _write_schema(folder, reports_schema())
    for name, part, truth in (("cases", "test", "ground_truth"), ("known", "train", "outcome")):
        rows, labels = reports_rows(reports_make(part=part))
        lines = [[row["key"], row["inputs"]["text"], labels[row["key"]]] for row in rows]
        (folder / f"{name}.csv").write_bytes(_csv(["case_id", "text", truth], lines))
        yield f"{folder}/{name}.csv: {len(lines)} synthetic reports"
    spec, weights = reports_predictor()
    predictor_write(folder, spec=spec, weights=weights)
    yield f"{folder}/predictor.json, weights.safetensors: trained here"


def _write_schema(folder: Path, schema: Mapping[str, object], *, name: str = "schema") -> None:
    (folder / f"{name}.json").write_text(json.dumps(schema, indent=1) + "\n", encoding="utf-8")


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([header, *rows])
    return out.getvalue().encode()


def _write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), data)
