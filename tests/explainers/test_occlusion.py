"""Occlusion against Captum."""

import pytest

from explainers.core.errors import ExplanationRefused
from explainers.methods import METHODS
from tests.explainers.referee import assert_agrees, column, log_odds
from tests.explainers.toys import SPECS, explained, rows_of, toy

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize(("window", "stride"), [(4, 4), (5, 3), (8, 4), (3, 2), (16, 1)])
def test_it_agrees_with_captum_case_by_case(window: int, stride: int) -> None:
    from captum.attr import Occlusion

    predictor, rows = toy(SPECS["image"]), rows_of("image", 3)
    for row, found in zip(
        rows, explained("occlusion", predictor, rows, window=window, stride=stride), strict=True
    ):
        values = Occlusion(log_odds(predictor)).attribute(
            predictor.tensor([row]),
            sliding_window_shapes=(3, window, window),
            strides=(3, stride, stride),
            baselines=0,
            target=column(predictor, found),
        )[0, 0]
        assert_agrees(found, values)


def test_windows_that_leave_gaps_are_refused() -> None:
    with pytest.raises(ExplanationRefused, match="stride is at most window"):
        METHODS.get("occlusion").complete({"window": 4, "stride": 5})
