"""Every kind of field: what is taken, how it is stored, and the sentence for everything that is not taken."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.template.loader import render_to_string

from studies.errors import AnswerInvalid
from studies.protocols.fields import Field, Option
from studies.rehearsal.fills import answers_to
from studies.rehearsal.reader import filled, read_page
from studies.trials.answers import read_fields
from studies.trials.fieldview import field_shown
from studies.trials.pages import Page
from tests.trials.fields import DRUGS, EVERY_KIND

BY_NAME = {field.name: field for field in EVERY_KIND}
LIST = ["antibiotics", "diuretics"]


@pytest.mark.parametrize(
    ("name", "sent", "stored"),
    [
        ("orders", {"orders": ["diuretics", "antibiotics"]}, LIST),
        ("orders", {"orders": "steroids"}, ["steroids"]),
        ("orders", {"orders": "none"}, []),
        ("two", {"two": LIST}, LIST),
        (
            "shares",
            {"shares.antibiotics": "50", "shares.steroids": "30,5", "shares.diuretics": "19.5"},
            {"antibiotics": 0.5, "steroids": 0.305, "diuretics": 0.195},
        ),
        (
            "order",
            {"order.antibiotics": "3", "order.steroids": "1", "order.diuretics": "2"},
            ["steroids", "diuretics", "antibiotics"],
        ),
        (
            "box",
            {"box.x0": "10", "box.y0": "0", "box.x1": "50", "box.y1": "100"},
            {"x0": 0.1, "y0": 0.0, "x1": 0.5, "y1": 1.0},
        ),
        ("box", {"box.none": "none", "box.x0": ""}, {}),
        ("spot", {"spot.x": "50", "spot.y": "25"}, {"x": 0.5, "y": 0.25}),
        (
            "similar",
            {"similar.antibiotics": "1", "similar.steroids": "4", "similar.diuretics": "2"},
            {"antibiotics": 1, "steroids": 4, "diuretics": 2},
        ),
        (
            "swap",
            {"swap.remove": "steroids", "swap.put": "rest"},
            {"remove": "steroids", "put": "rest"},
        ),
    ],
)
def test_an_answer_is_stored_typed(name: str, sent: dict[str, Any], stored: Any) -> None:
    assert read_fields([BY_NAME[name]], sent) == {name: stored}


@pytest.mark.parametrize(
    ("name", "sent", "sentence"),
    [
        ("orders", {}, "at least one"),
        ("orders", {"orders": ["none", "steroids"]}, "not both"),
        ("orders", {"orders": "aspirin"}, "from the answers"),
        ("orders", {"orders": ["steroids", "steroids"]}, "from the answers"),
        ("two", {"two": "steroids"}, "exactly 2"),
        ("two", {"two": ["antibiotics", "steroids", "diuretics"]}, "exactly 2"),
        ("shares", {"shares.antibiotics": "50", "shares.steroids": "30"}, "missing for: Diuretics"),
        (
            "shares",
            {"shares.antibiotics": "50", "shares.steroids": "30", "shares.diuretics": "21"},
            "add up to 101 now",
        ),
        (
            "shares",
            {"shares.antibiotics": "50", "shares.steroids": "x", "shares.diuretics": "20"},
            "Steroids: Give a number",
        ),
        ("shares", {"shares.aspirin": "5"}, "did not ask"),
        ("shares", {"shares": "5"}, "needs an answer"),
        (
            "order",
            {"order.antibiotics": "1", "order.steroids": "1", "order.diuretics": "2"},
            "Place 1 is given to more than one",
        ),
        (
            "order",
            {"order.antibiotics": "0", "order.steroids": "1", "order.diuretics": "2"},
            "Antibiotics: Give a number from 1 to 3",
        ),
        ("box", {"box.x0": "10", "box.y0": "10", "box.x1": "20"}, "1 of them are missing"),
        ("box", {"box.x0": "50", "box.y0": "0", "box.x1": "10", "box.y1": "9"}, "left before right"),
        ("box", {"box.x0": "0", "box.y0": "0", "box.x1": "101", "box.y1": "9"}, "from 0 to 100"),
        ("box", {"box.none": "none", "box.x0": "4"}, "not both"),
        ("spot", {}, "Mark the place"),
        ("spot", {"spot.none": "none"}, "did not ask"),
        (
            "similar",
            {"similar.antibiotics": "5", "similar.steroids": "1", "similar.diuretics": "1"},
            "from 1 to 4",
        ),
        ("swap", {"swap.remove": "steroids"}, "put in its place"),
        ("swap", {"swap.put": "rest"}, "take away"),
        ("swap", {"swap.remove": "steroids", "swap.put": "steroids"}, "must differ"),
        ("swap", {"swap.remove": "rest", "swap.put": "steroids"}, "Choose one"),
        ("shares", {"shares.antibiotics": ["5", "6"]}, "one answer only"),
    ],
)
def test_what_is_not_taken_has_a_sentence(name: str, sent: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AnswerInvalid) as refused:
        read_fields([BY_NAME[name]], sent)
    assert any(sentence in said for said in refused.value.fields.values()), refused.value.fields


def test_a_field_that_need_not_be_answered_may_stay_empty() -> None:
    optional = Field("orders", "several", "Which ones?", DRUGS, required=False)
    assert read_fields([optional], {}) == {}


def test_none_is_an_answer_where_none_is_enough() -> None:
    assert read_fields([Field("orders", "several", "Which?", DRUGS, minimum=0)], {}) == {"orders": []}


@pytest.mark.parametrize("field", EVERY_KIND, ids=lambda field: field.name)
@pytest.mark.parametrize("seed", range(3))
def test_what_a_page_offers_is_taken_when_it_comes_back(field: Field, seed: int) -> None:
    page = read_page(page_of(field))
    sent = filled(page, answers_to(page.questions[0], random.Random(seed)))
    asked = {name: value for name, value in sent.items() if name.partition(".")[0] == field.name}
    assert field.name in read_fields([field], asked)


@pytest.mark.parametrize("field", EVERY_KIND, ids=lambda field: field.name)
def test_an_error_links_to_an_input_of_its_field(field: Field) -> None:
    html = page_of(field, errors={field.name: "Wrong."})
    assert f'href="#f-{field.name}"' in html
    assert html.count(f'id="f-{field.name}"') == 1


def test_the_words_of_a_study_are_never_markup() -> None:
    nasty = Field("x", "ranking", "<b>", (Option("a", "<script>"), Option("b", "</label>")))
    html = page_of(nasty)
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def page_of(field: Field, **changes: Any) -> str:
    shown = {"panel": {"title": "The case", "rows": []}, "fields": [field_shown(field)]}
    page = Page(kind="trial", title="Case 1", study_title="Study", content=shown, **changes)
    return render_to_string("trials/trial.html", {"page": page, "study_url": "/s/x/"})
