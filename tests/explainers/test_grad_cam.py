"""Grad-CAM against Captum."""

import numpy as np
import pytest

from explainers.core.errors import ExplanationRefused
from explainers.core.predictor import PredictorSpec
from tests.explainers.referee import assert_agrees, column, log_odds
from tests.explainers.toys import SIDE, SPECS, explained, rows_of, toy

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("relu", [True, False])
def test_it_agrees_with_captum_case_by_case(relu: bool) -> None:
    from captum.attr import LayerAttribution, LayerGradCam

    predictor, rows = toy(SPECS["image"]), rows_of("image", 4)
    layer = predictor.module.get_submodule(predictor.taps["cam"])
    for row, found in zip(rows, explained("grad_cam", predictor, rows, relu=relu), strict=True):
        method = LayerGradCam(log_odds(predictor), layer)
        small = method.attribute(
            predictor.tensor([row]).requires_grad_(), column(predictor, found), relu_attributions=relu
        )
        whole = LayerAttribution.interpolate(small, (SIDE, SIDE), interpolate_mode="bilinear")
        assert_agrees(found, whole.detach()[0, 0])


def test_a_network_without_convolutions_is_refused() -> None:
    predictor = toy(SPECS["image"])
    predictor.taps = {}
    with pytest.raises(ExplanationRefused, match="no tap named cam"):
        explained("grad_cam", predictor, rows_of("image", 1))


def test_a_resnet_has_maps_too() -> None:
    spec = SPECS["image"]
    resnet = PredictorSpec(
        "resnet18",
        {"outputs": 2},
        spec.features,
        ["well", "ill"],
        {**spec.preprocessing, "height": 32, "width": 32},
    )
    row = {"image": np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)}
    (found,) = explained("grad_cam", toy(resnet), [row])
    assert found.shape == (32, 32)
    assert found.recipe["details"]["layer"] == "layer4"
