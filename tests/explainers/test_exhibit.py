"""Explanations that are no attribution are frozen, read and refused like any other."""

from typing import Any

import pytest

from explainers.core.attribution import Explanation
from explainers.core.errors import ArtefactCorrupt, ExplanationRefused
from explainers.core.exhibit import Exhibit, artefact_of
from explainers.core.reference import ReferenceSet, reference_of


def exhibit(**changes: Any) -> Exhibit:
    whole: dict[str, Any] = {
        "features": ("bleeding",),
        "values": (1.5,),
        "target_class": "ill",
        "target_space": "log_odds",
        "baseline": (),
        "output": 1.0,
        "output_at_baseline": 0.0,
        "completeness_error": 0.0,
        "kind": "concepts",
        "content": {"bars": [{"name": "bleeding", "value": 1.5}]},
    }
    return Exhibit(**{**whole, **changes})


def test_it_comes_back_as_it_went_in() -> None:
    again = artefact_of(exhibit().to_bytes())
    assert isinstance(again, Exhibit)
    assert again == exhibit()


def test_an_attribution_is_still_an_attribution() -> None:
    plain = Explanation(("a",), (1.0,), "ill", "score", (0.0,), 1.0, 0.0, 0.0)
    assert artefact_of(plain.to_bytes()) == plain
    assert type(artefact_of(plain.to_bytes())) is Explanation


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format":"assay.exhibit/1"}'])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ArtefactCorrupt):
        artefact_of(data)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "dream"},
        {"values": (float("nan"),)},
        {"values": ()},
        {"content": {"a": object()}},
        {"target_space": "x"},
    ],
)
def test_what_cannot_be_shown_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ExplanationRefused):
        exhibit(**changes)


def test_a_set_that_is_missing_empty_or_without_outcomes_is_named() -> None:
    some = ReferenceSet("some", "d", ["a"], [{}])
    none = ReferenceSet("none", "d", [], [])
    given = {"some": some, "none": none}
    assert reference_of(given, "some", what="cases") is some
    with pytest.raises(ExplanationRefused, match="no set 'other' of cases; given are: some, none"):
        reference_of(given, "other", what="cases")
    with pytest.raises(ExplanationRefused, match="is empty"):
        reference_of(given, "none", what="cases")
    with pytest.raises(ExplanationRefused, match="no outcomes"):
        reference_of(given, "some", what="cases", labelled=True)
    with pytest.raises(ExplanationRefused, match="one name"):
        ReferenceSet("odd", "d", ["a"], [{}, {}])
