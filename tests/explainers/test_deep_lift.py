"""DeepLIFT in batches against Captum alone, and what it refuses."""

import warnings

import pytest

from explainers.core.errors import ExplanationRefused
from tests.explainers.referee import assert_agrees, column
from tests.explainers.toys import SPECS, explained, rows_of, toy

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("modality", ["tabular", "image"])
def test_it_agrees_with_captum_case_by_case(modality: str) -> None:
    from captum.attr import DeepLift

    predictor, rows = toy(SPECS[modality]), rows_of(modality, 4)
    for row, found in zip(rows, explained("deep_lift", predictor, rows, target_space="score"), strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            inputs = predictor.tensor([row]).requires_grad_()
            values = DeepLift(predictor.module).attribute(inputs, inputs * 0, column(predictor, found))[0]
        values = values.detach()
        assert_agrees(found, values if modality == "tabular" else values.sum(0))


def test_log_odds_of_three_classes_are_refused() -> None:
    with pytest.raises(ExplanationRefused, match="declare target_space: score"):
        explained("deep_lift", toy(SPECS["image"]), rows_of("image", 1), target_space="log_odds")


def test_a_network_that_it_has_no_rule_for_is_refused() -> None:
    from torch import nn

    predictor = toy(SPECS["tabular"])
    predictor.module = nn.Sequential(predictor.module, nn.GELU())
    with pytest.raises(ExplanationRefused, match="no rule for GELU"):
        explained("deep_lift", predictor, rows_of("tabular", 1))


def test_no_hook_stays_in_the_network() -> None:
    predictor = toy(SPECS["image"])
    explained("deep_lift", predictor, rows_of("image", 2), target_space="score")
    for module in predictor.module.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert not module._backward_hooks
