"""LIME against Captum's own, given the same coalitions, kernel and ridge regression."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from explainers.core.coalitions import lime_design
from tests.explainers.referee import assert_agrees, column, log_odds
from tests.explainers.toys import TABLE, explained, rows_of, toy

pytestmark = pytest.mark.heavy


def nearness(_case: Any, _copy: Any, kept: Any, **_: Any) -> float:
    distance = 1 - float(kept.double().mean().sqrt())
    return float(np.exp(-((distance / 0.25) ** 2)))


def test_it_agrees_with_captum_on_the_same_coalitions() -> None:
    import torch
    from captum._utils.models.linear_model import SkLearnLinearModel
    from captum.attr import Lime

    predictor, rows = toy(TABLE), rows_of("tabular", 3)
    found = explained("lime", predictor, rows, samples=80, ridge=2.0)
    seed = design_of(samples=80, ridge=2.0)
    kept = torch.from_numpy(lime_design(6, samples=80, width=0.25, ridge=2.0, seed=seed).kept).long()

    def coalitions(_case: Any, **_: Any) -> Iterator[Any]:
        for row in kept:
            yield row[None]

    for row, ours in zip(rows, found, strict=True):
        method = Lime(
            log_odds(predictor),
            SkLearnLinearModel("linear_model.Ridge", alpha=2.0),
            similarity_func=nearness,
            perturb_func=coalitions,
        )
        theirs = method.attribute(
            predictor.tensor([row]), 0, column(predictor, ours), n_samples=len(kept), perturbations_per_eval=1
        )
        assert_agrees(ours, theirs[0])


def design_of(**changes: Any) -> str:
    from explainers.core.digest import digest_of
    from explainers.methods import METHODS

    parameters = METHODS.get("lime").complete(changes)
    return digest_of({"method": "lime", "parameters": parameters, "seed": 0})


def test_near_coalitions_weigh_more() -> None:
    """With a narrow kernel the whole case and its neighbours decide: the values come near to leaving one part out."""
    predictor, rows = toy(TABLE), rows_of("tabular", 4)
    narrow = explained("lime", predictor, rows, samples=4000, width=0.02, ridge=1e-6)
    left_out = explained("feature_ablation", predictor, rows)
    for one, other in zip(narrow, left_out, strict=True):
        assert np.corrcoef(one.values, other.values)[0, 1] > 0.97
