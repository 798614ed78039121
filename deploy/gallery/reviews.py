"""What the two studies of reviews have in common: made-up reviews, a trained predictor of texts, known reviews."""

from __future__ import annotations

import yaml

from deploy.gallery.ensure import cases_once, csv_bytes, predictor_once
from explainers.core.demo_data.reviews import (
    REVIEW_LICENCE,
    Kind,
    Reviews,
    review_predictor,
    review_schema,
    reviews_make,
)
from explainers.models import CaseSet, Predictor
from explainers.services import case_set_import, predictor_admit, reference_keep
from studies.design.services import case_file_import

TRAINED_ON, SHOWN, KNOWN = 600, 84, 60


def reviews_shown(kind: Kind) -> Reviews:
    """Return the reviews that people judge; no predictor has seen them."""
    return reviews_make(kind, count=SHOWN, seed=9)


def cases_bring(kind: Kind) -> CaseSet:
    """Bring in the reviews that people judge."""
    found = reviews_shown(kind)
    schema = {
        **review_schema(kind),
        "truth": {
            "options": list(kind.classes),
            "source": "The class that the generator wrote the review for",
        },
        "licence": REVIEW_LICENCE,
    }
    rows = [
        (key, text, kind.classes[label])
        for key, text, label in zip(found.keys, found.texts, found.labels, strict=True)
    ]
    return cases_once(
        f"gallery-{kind.name}-reviews",
        lambda: case_file_import(
            name=f"gallery-{kind.name}-reviews",
            csv=csv_bytes(("case_id", "text", "ground_truth"), rows),
            schema=yaml.safe_dump(schema).encode(),
        ),
    )


def predictor_bring(kind: Kind) -> Predictor:
    """Train the predictor on other reviews."""

    def make() -> Predictor:
        spec, weights = review_predictor(reviews_make(kind, count=TRAINED_ON, seed=3))
        return predictor_admit(
            name=f"gallery-{kind.name}-ai", spec=spec, weights=weights, metadata={"data": REVIEW_LICENCE}
        )

    return predictor_once(f"gallery-{kind.name}-ai", make)


def known_bring(kind: Kind) -> None:
    """Keep known reviews with what they are, for examples beside a case."""
    name = f"gallery-{kind.name}-known"
    found = reviews_make(kind, count=KNOWN, seed=5)
    rows = [
        {"key": f"known-{key}", "inputs": {"text": text}}
        for key, text in zip(found.keys, found.texts, strict=True)
    ]
    case_set = cases_once(
        name,
        lambda: case_set_import(name=name, schema=review_schema(kind), rows=rows, licence=REVIEW_LICENCE),
    )
    labels = {
        f"known-{key}": kind.classes[label] for key, label in zip(found.keys, found.labels, strict=True)
    }
    reference_keep(name=name, case_set=case_set, labels=labels)
