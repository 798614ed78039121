"""Integrated Gradients of words against Captum at the embedding layer."""

from typing import Any

import pytest

from tests.explainers.referee import assert_agrees, column
from tests.explainers.toys import SPECS, explained, rows_of, toy

pytestmark = pytest.mark.heavy


def test_it_agrees_with_captum_at_the_embedding_case_by_case() -> None:
    import torch
    from captum.attr import LayerIntegratedGradients

    predictor, rows = toy(SPECS["text"]), rows_of("text", 4)
    network: Any = predictor.module

    def forward(ids: Any, tokens: Any) -> Any:  # the mask comes from the text, also along the path
        p = torch.softmax(network.from_embedded(network.embedding(ids), tokens).double(), dim=1)
        return torch.log(p) - torch.log1p(-p)

    fixed = {"steps": 50, "steps_maximum": 50}
    for row, found in zip(
        rows, explained("layer_integrated_gradients", predictor, rows, **fixed), strict=True
    ):
        ids = predictor.tensor([row])
        values = LayerIntegratedGradients(forward, network.embedding).attribute(
            ids, torch.zeros_like(ids), column(predictor, found), additional_forward_args=(ids,), n_steps=50
        )
        tokens = values.detach().sum(2)[0].tolist()
        assert_agrees(found, [sum(tokens[place] for place in places) for _, places in predictor.words(row)])


def test_the_words_are_those_of_the_text() -> None:
    (found,) = explained("layer_integrated_gradients", toy(SPECS["text"]), [{"text": "No bleeding seen."}])
    assert found.features == ("No", "bleeding", "seen", ".")
