"""Input x gradient against Captum."""

import pytest

from tests.explainers.referee import assert_agrees, column, log_odds
from tests.explainers.toys import SPECS, explained, rows_of, toy

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("modality", ["tabular", "image"])
def test_it_agrees_with_captum_case_by_case(modality: str) -> None:
    from captum.attr import InputXGradient

    predictor, rows = toy(SPECS[modality]), rows_of(modality, 4)
    for row, found in zip(rows, explained("input_x_gradient", predictor, rows), strict=True):
        values = (
            InputXGradient(log_odds(predictor))
            .attribute(predictor.tensor([row]).requires_grad_(), column(predictor, found))[0]
            .detach()
        )
        assert_agrees(found, values if modality == "tabular" else values.sum(0))
