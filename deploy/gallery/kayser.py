"""Patches of a retina, a simulated AI that is right in four of six, and its reasons in words and as maps."""

from __future__ import annotations

import yaml

from deploy.gallery.ensure import cases_once, csv_bytes, maps_brought, predictor_once
from explainers.core.demo_data.readings import Reading, retina_readings
from explainers.core.demo_data.retina import (
    RETINA_CLASSES,
    RETINA_LICENCE,
    Patches,
    retina_patches,
    retina_schema,
)
from explainers.core.png import png_encode
from explainers.models import CaseSet, Explanation, Predictor
from explainers.services import BroughtFile, explanations_bring, predictor_import
from studies.design.services import case_file_import

CASES, PREDICTOR, MAPS, WORDS = "gallery-readings", "gallery-reading-ai", "reading-maps", "reading-words"
SHOWN = 48
SOURCE = "Made with the patches: true of half of them, crossed with whether the AI is right"


def bring_in() -> None:
    """Bring in the patches, the simulated AI, its maps and its words."""
    patches = retina_patches(count=SHOWN, part="test")
    readings = retina_readings(patches)
    case_set = cases_once(CASES, lambda: _cases(patches, readings))
    predictor = predictor_once(PREDICTOR, lambda: _predictor(readings, case_set))
    if not Explanation.objects.filter(predictor=predictor).exists():
        _explanations(readings, case_set=case_set, predictor=predictor)


def _cases(patches: Patches, readings: list[Reading]) -> CaseSet:
    schema = {
        **retina_schema(),
        "truth": {"options": list(RETINA_CLASSES), "source": "Drawn by the maker of the patches"},
        "columns": ["explanation_true"],
        "licence": RETINA_LICENCE,
    }
    rows = [(each.key, f"{each.key}.png", each.truth, "yes" if each.is_true else "no") for each in readings]
    return case_file_import(
        name=CASES,
        csv=csv_bytes(("case_id", "file", "ground_truth", "explanation_true"), rows),
        schema=yaml.safe_dump(schema).encode(),
        files={
            f"{key}.png": png_encode(image) for key, image in zip(patches.keys, patches.images, strict=True)
        },
    )


def _predictor(readings: list[Reading], case_set: CaseSet) -> Predictor:
    return predictor_import(
        name=PREDICTOR,
        classes=RETINA_CLASSES,
        case_set=case_set,
        data=csv_bytes(("case_id", "label"), [(each.key, each.advised) for each in readings]),
        kind=Predictor.Kind.SCRIPTED,
        source="Right about four of every six patches of each class, by design",
    )


def _explanations(readings: list[Reading], *, case_set: CaseSet, predictor: Predictor) -> None:
    maps = {each.key: (each.advised, each.map) for each in readings}
    words = csv_bytes(
        ("case_id", "target", "text"), [(each.key, each.advised, each.text) for each in readings]
    )
    for name, brought in (
        (MAPS, maps_brought(maps, source=SOURCE)),
        (WORDS, BroughtFile("rationales", words, source=SOURCE)),
    ):
        explanations_bring(name=name, predictor=predictor, case_set=case_set, brought=brought)
