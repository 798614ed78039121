"""Made-up hotel reviews, genuine and deceptive, with a predictor and known reviews."""

from __future__ import annotations

from deploy.gallery.reviews import cases_bring, known_bring, predictor_bring
from explainers.core.demo_data.reviews import HOTELS


def bring_in() -> None:
    """Bring in the reviews, the predictor and the known reviews."""
    cases_bring(HOTELS)
    predictor_bring(HOTELS)
    known_bring(HOTELS)
