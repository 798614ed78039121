"""Saliency against Captum."""

import pytest

from tests.explainers.referee import assert_agrees, column, log_odds
from tests.explainers.toys import SPECS, explained, rows_of, toy

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("modality", ["tabular", "image"])
@pytest.mark.parametrize("absolute", [True, False])
def test_it_agrees_with_captum_case_by_case(modality: str, absolute: bool) -> None:
    from captum.attr import Saliency

    predictor, rows = toy(SPECS[modality]), rows_of(modality, 4)
    for row, found in zip(rows, explained("saliency", predictor, rows, absolute=absolute), strict=True):
        gradient = Saliency(log_odds(predictor)).attribute(
            predictor.tensor([row]).requires_grad_(), column(predictor, found), abs=absolute
        )[0]
        seen = gradient if modality == "tabular" else gradient.amax(0) if absolute else gradient.sum(0)
        assert_agrees(found, seen)
