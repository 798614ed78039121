"""Made-up book reviews with a predictor, and reasons as an expert could write them, from how the reviews were made."""

from __future__ import annotations

from deploy.gallery.ensure import csv_bytes
from deploy.gallery.reviews import cases_bring, predictor_bring, reviews_shown
from explainers.core.demo_data.reviews import BOOKS
from explainers.models import Explanation, Prediction, Predictor
from explainers.services import BroughtFile, explanations_bring, jobs_work, predictions_request

REASONS = "book-reasons"


def bring_in() -> None:
    """Bring in the reviews and the predictor; the reasons are for what it says, so it is asked first."""
    case_set, predictor = cases_bring(BOOKS), predictor_bring(BOOKS)
    if Explanation.objects.filter(predictor=predictor, method="imported").exists():
        return
    predictions_request(predictor=predictor, case_set=case_set)
    while jobs_work(queue="cpu"):
        pass
    explanations_bring(
        name=REASONS,
        predictor=predictor,
        case_set=case_set,
        brought=BroughtFile(
            "rationales", _reasons(predictor), source="Written from the templates of the reviews"
        ),
    )


def _reasons(predictor: Predictor) -> bytes:
    said = dict(Prediction.objects.filter(predictor=predictor).values_list("case__key", "label"))
    found = reviews_shown(BOOKS)
    rows = [
        (key, said[key], _reason(text, said[key])) for key, text in zip(found.keys, found.texts, strict=True)
    ]
    return csv_bytes(("case_id", "target", "text"), rows)


def _reason(text: str, label: str) -> str:
    speaks = [word for word in BOOKS.speaks[label] if word in text]
    if not speaks:
        return f"Nothing in this review is clearly {label}; it is a guess."
    quoted = " and ".join(f"“{word}”" for word in speaks[:2])
    return f"The reviewer says {quoted}. That is {label}."
