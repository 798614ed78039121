"""Made-up apartments with a price, and two linear predictors: one that uses two features, one that uses eight."""

from __future__ import annotations

from functools import partial

import yaml

from deploy.gallery.ensure import cases_once, csv_bytes, predictor_once
from explainers.core.demo_data.apartments import (
    APARTMENT_LICENCE,
    FEATURES,
    Apartments,
    apartment_predictor,
    apartment_schema,
    apartments_draw,
)
from explainers.models import CaseSet, Predictor
from explainers.services import predictor_admit
from studies.design.services import case_file_import

CASES = "gallery-apartments"
PREDICTORS = {"gallery-price-two": True, "gallery-price-eight": False}
SOLD, DRAWN, UNUSUAL = 400, 84, 12
# A floor area at the mean moves the price by nothing, and a square metre turns the bar: nothing to show to people.
AREA, FEWEST_M2 = 2, 6


def bring_in() -> None:
    """Bring in the apartments, and fit both predictors to others that were sold."""
    sold = apartments_draw(count=SOLD, seed=42)
    usual = float(sold.values[:, AREA].mean())
    cases_once(CASES, lambda: _cases(apartments_draw(count=DRAWN, unusual=UNUSUAL), usual=usual))
    for name, is_short in PREDICTORS.items():
        predictor_once(name, partial(_predictor, name, sold, is_short=is_short))


def _cases(apartments: Apartments, *, usual: float) -> CaseSet:
    schema = {
        **apartment_schema(),
        "truth": {"source": "The price that the rule of the generator and chance gave"},
        "columns": ["unusual"],
        "licence": APARTMENT_LICENCE,
    }
    rows = zip(apartments.keys, apartments.values, apartments.prices, apartments.unusual, strict=True)
    return case_file_import(
        name=CASES,
        csv=csv_bytes(
            ("case_id", *(feature[0] for feature in FEATURES), "ground_truth", "unusual"),
            [
                (key, *values, price, "yes" if unusual else "no")
                for key, values, price, unusual in rows
                if abs(values[AREA] - usual) >= FEWEST_M2
            ],
        ),
        schema=yaml.safe_dump(schema).encode(),
    )


def _predictor(name: str, sold: Apartments, *, is_short: bool) -> Predictor:
    spec, weights = apartment_predictor(sold, short=is_short)
    return predictor_admit(name=name, spec=spec, weights=weights, metadata={"data": APARTMENT_LICENCE})
