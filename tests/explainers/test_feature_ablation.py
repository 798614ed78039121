"""Feature ablation against Captum."""

import pytest

from tests.explainers.referee import assert_agrees, column, log_odds, patches
from tests.explainers.toys import SIDE, SPECS, explained, rows_of, toy

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("modality", ["tabular", "image"])
def test_it_agrees_with_captum_case_by_case(modality: str) -> None:
    from captum.attr import FeatureAblation

    predictor, rows = toy(SPECS[modality]), rows_of(modality, 4)
    for row, found in zip(rows, explained("feature_ablation", predictor, rows, patch=5), strict=True):
        mask = None if modality == "tabular" else patches(SIDE, patch=5)
        values = FeatureAblation(log_odds(predictor)).attribute(
            predictor.tensor([row]), 0, column(predictor, found), feature_mask=mask
        )[0]
        if mask is not None:  # Captum gives every pixel the whole value of its patch, we an equal share of it
            values = values[0] / mask.flatten().bincount()[mask[0, 0]]
        assert_agrees(found, values)
