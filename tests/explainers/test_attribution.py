"""Law 7 at its root: what is explained is what was declared, and errors are measured as the formula says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainers.core.attribution import Explanation, check_target, completeness_error, resolve_target
from explainers.core.errors import ArtefactCorrupt, ExplanationRefused, ExplanationTargetMismatch

SCORES = {"well": 0.2, "ill": 0.7, "unclear": 0.1}
NAMES = list(SCORES)


def explanation(**changes: object) -> Explanation:
    content = {
        "features": ("age", "pulse"),
        "values": (0.25, -0.5),
        "target_class": "ill",
        "target_space": "log_odds",
        "baseline": (40.0, 70.0),
        "output": 0.75,
        "output_at_baseline": 1.0,
        "completeness_error": 0.0,
    }
    return Explanation(**{**content, **changes})


@pytest.mark.parametrize(
    ("declared", "meant"),
    [("advised", "ill"), ("rank_2", "well"), ("class: unclear", "unclear"), ("class:well", "well")],
)
def test_a_declared_target_means_one_class(declared: str, meant: str) -> None:
    assert resolve_target(declared, scores=SCORES, classes=NAMES) == meant


def test_a_tie_goes_to_the_first_class() -> None:
    assert resolve_target("advised", scores={"a": 0.5, "b": 0.5}, classes=["b", "a"]) == "b"


@pytest.mark.parametrize("declared", ["", "ADVISED", "rank_3", "class: nothing", "ill"])
def test_an_unknown_target_is_refused(declared: str) -> None:
    with pytest.raises(ExplanationRefused, match="not known"):
        resolve_target(declared, scores=SCORES, classes=NAMES)


def test_an_explanation_of_another_class_is_refused() -> None:
    with pytest.raises(ExplanationTargetMismatch, match="Case c1: the target advised means 'well'"):
        check_target(explanation(), declared="advised", expected="well", case="c1")


def test_the_completeness_error_is_relative_to_the_change() -> None:
    assert completeness_error([1.0, 1.0], output=2.5, output_at_baseline=0.5) == 0.0
    assert completeness_error([1.0, 0.98], output=2.0, output_at_baseline=0.0) == pytest.approx(0.01)


def test_a_case_like_the_baseline_does_not_divide_by_nothing() -> None:
    assert completeness_error([0.0, 0.0], output=1.0, output_at_baseline=1.0) == 0.0
    assert completeness_error([0.005], output=1.0, output_at_baseline=1.0) == pytest.approx(0.1)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2))
def test_freezing_and_reading_gives_an_equal_explanation(values: list[float]) -> None:
    frozen = explanation(values=tuple(values))
    again = Explanation.from_bytes(frozen.to_bytes())
    assert again == frozen
    assert again.to_bytes() == frozen.to_bytes()


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"\xff", b'{"format": "assay.attribution/1"}', b'{"format": "other"}', b"null"],
)
def test_other_bytes_are_no_explanation(data: bytes) -> None:
    with pytest.raises(ArtefactCorrupt):
        Explanation.from_bytes(data)


def test_the_artefact_is_canonical_json_without_truth() -> None:
    content = json.loads(explanation().to_bytes())
    assert content["target_class"] == "ill"
    assert not any("truth" in key for key in content)


@pytest.mark.parametrize(
    "changes",
    [
        {"values": (float("nan"), 1.0)},
        {"output": float("inf")},
        {"values": (1.0,)},
        {"target_space": "feeling"},
    ],
)
def test_numbers_that_cannot_be_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ExplanationRefused):
        explanation(**changes)
