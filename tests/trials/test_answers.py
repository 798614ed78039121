"""What a form may send: typed values or a sentence. No database."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studies.errors import AnswerInvalid
from studies.protocols.fields import Field, Option
from studies.trials.answers import Clock, read_choice, read_clock, read_fields, read_items, refuse_answers

DECISION = Field("decision", "choice", "?", options=(Option("benign", "B"), Option("malignant", "M")))
CONFIDENCE = Field("confidence", "percent", "How sure?", minimum=0, maximum=100)


def test_a_choice_and_a_confidence_are_stored_typed() -> None:
    found = read_fields([DECISION, CONFIDENCE], {"decision": "benign", "confidence": "73"})
    assert found == {"decision": "benign", "confidence": 0.73}


@pytest.mark.parametrize("text", ["0", "100", "99.5", "7e1", " 50 ", "50,5"])
def test_every_confidence_on_the_scale_is_taken(text: str) -> None:
    value = read_fields([CONFIDENCE], {"confidence": text})["confidence"]
    assert value == float(text.replace(",", ".")) / 100


@pytest.mark.parametrize(
    "text", ["-1", "101", "NaN", "inf", "1e99", "0x10", "1_0", "٣", "", " ", "1e-9999999", "9" * 41, "5 0"]
)
def test_a_confidence_off_the_scale_is_refused(text: str) -> None:
    with pytest.raises(AnswerInvalid) as refused:
        read_fields([CONFIDENCE], {"confidence": text})
    assert set(refused.value.fields) == {"confidence"}


@pytest.mark.parametrize("text", ["Benign", "other", "benign ", "0", "benign\x00"])
def test_an_answer_that_was_not_offered_is_refused(text: str) -> None:
    with pytest.raises(AnswerInvalid):
        read_fields([DECISION], {"decision": text})


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(AnswerInvalid) as refused:
        read_fields([DECISION, CONFIDENCE], {"confidence": "120", "condition": "ig"})
    assert set(refused.value.fields) == {"decision", "confidence", "condition"}


def test_a_field_that_was_sent_twice_is_refused() -> None:
    with pytest.raises(AnswerInvalid):
        read_fields([DECISION], {"decision": ["benign", "malignant"]})


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("ordinal", "7", 7),
        ("numeric", "-2.5", -2.5),
        ("probability", "0.25", 0.25),
        ("text", " läuft 🙂 ", " läuft 🙂 "),
    ],
)
def test_every_kind_of_field_has_its_type(kind: Any, text: str, value: object) -> None:
    low, high = {"ordinal": (1, 7), "numeric": (-5, 5)}.get(kind, (None, None))
    found = read_fields([Field("x", kind, "?", minimum=low, maximum=high)], {"x": text})["x"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("ordinal", "8"), ("ordinal", "3.5"), ("numeric", "5.01"), ("probability", "1.1"), ("text", "a\x00b"),
     ("text", "x" * 10_001)],
)  # fmt: skip
def test_every_kind_of_field_refuses_what_it_cannot_be(kind: Any, text: str) -> None:
    low, high = {"ordinal": (1, 7), "numeric": (-5, 5)}.get(kind, (None, None))
    with pytest.raises(AnswerInvalid):
        read_fields([Field("x", kind, "?", minimum=low, maximum=high)], {"x": text})


def test_an_optional_field_may_stay_empty_and_is_then_not_stored() -> None:
    assert read_fields([Field("why", "text", "Why?", required=False)], {"why": "  "}) == {}


def test_preferring_not_to_say_is_stored_as_missing_where_it_is_offered() -> None:
    item = {"id": "age", "kind": "numeric", "minimum": 18, "maximum": 99, "prefer_not": True}
    assert read_items([item], {"age": "prefer_not"}) == {"age": None}
    with pytest.raises(AnswerInvalid):
        read_items([{**item, "prefer_not": False}], {"age": "prefer_not"})


def test_a_page_without_question_takes_no_answer() -> None:
    refuse_answers({})
    with pytest.raises(AnswerInvalid):
        refuse_answers({"anything": "1"})


def test_a_page_with_one_question_takes_one_of_its_answers() -> None:
    assert read_choice("consent", values=("given", "declined"), data={"consent": "given"}) == "given"
    with pytest.raises(AnswerInvalid):
        read_choice("consent", values=("given", "declined"), data={"consent": "maybe"})


def test_the_clock_is_read() -> None:
    text = '{"rt_ms": 812.5, "hidden_ms": 0, "explanation_visible_ms": null, "onset": "raf", "client_ms": 9}'
    assert read_clock(text) == Clock(rt_ms=812.5, hidden_ms=0.0)


@pytest.mark.parametrize(
    "value", ["-1", "NaN", "1e99", "Infinity", '"5"', "true", "[1]", "86400001", "1" + "0" * 400]
)
def test_an_impossible_time_becomes_missing_and_is_named(value: str) -> None:
    assert read_clock(f'{{"rt_ms": {value}, "hidden_ms": 3}}') == Clock(hidden_ms=3.0, faults=("rt_ms",))


@pytest.mark.parametrize("text", ["[", "[]", "7", "null", "[" * 1900, "x" * 5000])
def test_a_clock_that_cannot_be_read_is_named(text: str) -> None:
    assert read_clock(text) == Clock(faults=("clock",))


def test_no_clock_is_no_fault() -> None:
    assert read_clock("") == Clock()
    assert json.dumps(read_clock("").rt_ms) == "null"
