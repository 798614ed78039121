"""Patches of a retina with planted marks, and a network that has learned the marks by mistake."""

from __future__ import annotations

import yaml

from deploy.gallery.ensure import cases_once, csv_bytes, predictor_once
from explainers.core.demo_data.retina import (
    RETINA_CLASSES,
    RETINA_LICENCE,
    retina_patches,
    retina_predictor,
    retina_schema,
)
from explainers.core.png import png_encode
from explainers.models import CaseSet, Predictor
from explainers.services import predictor_admit
from studies.design.services import case_file_import

CASES, PREDICTOR = "gallery-retina", "gallery-retina-ai"
SHOWN, TRAINED_ON = 42, 400


def bring_in() -> None:
    """Bring in the patches and the network."""
    cases_once(CASES, _cases)
    predictor_once(PREDICTOR, _predictor)


def _cases() -> CaseSet:
    patches = retina_patches(count=SHOWN, part="test")
    schema = {
        **retina_schema(),
        "truth": {"options": list(RETINA_CLASSES), "source": "Drawn by the maker of the patches"},
        "columns": ["marks"],
        "licence": RETINA_LICENCE,
    }
    known = zip(patches.keys, patches.labels, patches.cues, strict=True)
    rows = [(key, f"{key}.png", RETINA_CLASSES[label], "yes" if cue else "no") for key, label, cue in known]
    return case_file_import(
        name=CASES,
        csv=csv_bytes(("case_id", "file", "ground_truth", "marks"), rows),
        schema=yaml.safe_dump(schema).encode(),
        files={
            f"{key}.png": png_encode(image) for key, image in zip(patches.keys, patches.images, strict=True)
        },
    )


def _predictor() -> Predictor:
    spec, weights = retina_predictor(retina_patches(count=TRAINED_ON, part="train"))
    return predictor_admit(name=PREDICTOR, spec=spec, weights=weights, metadata={"data": RETINA_LICENCE})
