"""Guided backpropagation and deconvolution against Captum, and their warning."""

import warnings

import pytest

from explainers.methods import METHODS
from tests.explainers.referee import assert_agrees, column
from tests.explainers.toys import SPECS, explained, rows_of, toy

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("name", ["guided_backprop", "deconvolution"])
def test_it_agrees_with_captum_case_by_case(name: str) -> None:
    from captum import attr

    kind = {"guided_backprop": attr.GuidedBackprop, "deconvolution": attr.Deconvolution}[name]
    predictor, rows = toy(SPECS["image"]), rows_of("image", 4)
    for row, found in zip(rows, explained(name, predictor, rows), strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            inputs = predictor.tensor([row]).requires_grad_()
            values = kind(predictor.module).attribute(inputs, column(predictor, found))[0]
        assert_agrees(found, values.detach().sum(0))


@pytest.mark.parametrize("name", ["guided_backprop", "deconvolution"])
def test_its_declaration_carries_the_warning(name: str) -> None:
    assert "Fails parameter randomisation" in METHODS.get(name).warning
