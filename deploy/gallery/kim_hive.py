"""Noisy handwritten digits of four classes, the network that errs on them, and known digits to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import yaml
from numpy.typing import NDArray

from deploy.gallery.ensure import cases_once, csv_bytes, predictor_once
from explainers.core.demo_data.digits import (
    DIGIT_CLASSES,
    DIGIT_LICENCE,
    digit_files,
    digit_pictures,
    digit_predictor,
    digit_schema,
)
from explainers.models import CaseSet, Predictor
from explainers.services import predictor_admit, reference_keep
from studies.design.services import case_file_import

CASES, KNOWN, PREDICTOR = "gallery-digits", "gallery-digits-known", "gallery-digits-ai"
SHOWN, EXAMPLES, NOISE = 40, 80, 0.4


def bring_in() -> None:
    """Bring in the digits, the network and the known digits."""
    cases_once(CASES, _cases)
    predictor_once(PREDICTOR, _predictor)
    _known_bring()


def _cases() -> CaseSet:
    keys, pictures, classes = digit_pictures(part="test", noise=NOISE)
    return _set(CASES, keys[:SHOWN], pictures[:SHOWN], classes[:SHOWN])


def _set(name: str, keys: Sequence[str], pictures: NDArray[np.uint8], classes: Sequence[str]) -> CaseSet:
    schema = {
        **digit_schema(),
        "truth": {"options": list(DIGIT_CLASSES), "source": "The digit that people were asked to write"},
        "licence": DIGIT_LICENCE,
    }
    rows = [(key, f"{key}.png", digit) for key, digit in zip(keys, classes, strict=True)]
    return case_file_import(
        name=name,
        csv=csv_bytes(("case_id", "file", "ground_truth"), rows),
        schema=yaml.safe_dump(schema).encode(),
        files=digit_files(keys, pictures),
    )


def _predictor() -> Predictor:
    spec, weights = digit_predictor()
    return predictor_admit(name=PREDICTOR, spec=spec, weights=weights, metadata={"data": DIGIT_LICENCE})


def _known_bring() -> None:
    every, pictures, classes = digit_pictures(part="train", noise=0.0)
    keys, classes = every[:EXAMPLES], classes[:EXAMPLES]
    case_set = cases_once(KNOWN, lambda: _set(KNOWN, keys, pictures[:EXAMPLES], classes))
    reference_keep(name=KNOWN, case_set=case_set, labels=dict(zip(keys, classes, strict=True)))
