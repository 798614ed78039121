"""Texts, concepts, cards, counterfactuals, rationales and regressions: drawn from data, escaped, said in words."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explainers.core.attribution import Explanation
from explainers.core.bars import bars_html, bars_spec
from explainers.core.errors import CaseSetRefused, ExplanationRefused
from explainers.core.exhibit import Exhibit
from explainers.core.render import render_html, render_spec
from explainers.core.render.case import case_html
from explainers.core.render.plain import (
    concepts_html,
    concepts_spec,
    counterfactual_html,
    examples_html,
    rationale_html,
)
from explainers.core.render.tints import tint_step, tints_html, tints_spec
from tests.explainers.test_bars import HOSTILE, Reader, schema

TEXT = "No bleeding, no\noedema: <well>."
WORDS = ["No", "bleeding", ",", "no", "oedema", ":", "<", "well", ">", "."]
VALUES = [-0.6, 0.9, 0.0, 0.05, 0.3, 0, 0, -2.0, 0, 0]
FLAT = {"div", "p", "strong", "span", "mark", "svg", "rect", "ul", "li", "dl", "dt", "dd"}
TABLE = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
SAFE = {
    *(
        "class",
        "scope",
        "role",
        "viewbox",
        "width",
        "height",
        "preserveaspectratio",
        "aria-hidden",
        "focusable",
    ),
    *("fill", "fill-opacity", "x", "y"),
}


def tinted(**changes: Any) -> str:
    given = {"text": TEXT, "target": "ill", "label": "Report", "spec": {**tints_spec([1.0]), "limit": 1.0}}
    return tints_html(WORDS, VALUES, **{**given, **changes})


def test_words_are_tinted_by_sign_and_strength_and_the_text_stays_as_it_is() -> None:
    fragment = tinted()
    marks = re.findall(r'<mark class="tint tint-(pos|neg) tint-(\d)">([^<]*)</mark>', fragment)
    assert marks == [
        ("neg", "2", "No"),
        ("pos", "3", "bleeding"),
        ("pos", "1", "oedema"),
        ("neg", "3", "well"),
    ]
    body = re.search(r'<p class="tint-body">(.*?)</p>', fragment, re.DOTALL)
    assert body is not None
    assert re.sub("</?mark[^>]*>", "", body[1]) == "No bleeding, no\noedema: &lt;well&gt;."


def test_the_sentence_names_the_tinted_words_with_their_strength() -> None:
    (text,) = Reader(tinted()).texts["tint-text"]
    assert "Towards ill: bleeding (strong), oedema (weak)." in text
    assert "Away from ill: well (strong), No (medium)." in text


@pytest.mark.parametrize(
    ("value", "step"), [(0.16, 0), (0.17, 1), (0.49, 1), (-0.5, -2), (0.84, 3), (9, 3), (0, 0)]
)
def test_there_are_three_steps(value: float, step: int) -> None:
    assert tint_step(value, limit=1.0) == step


def test_words_that_are_not_those_of_the_text_are_refused() -> None:
    with pytest.raises(
        ExplanationRefused, match="'bleeding' of the explanation is not in the text, in its order"
    ):
        tinted(text="bleeding No")


def test_a_hostile_text_comes_out_as_text() -> None:
    spec = tints_spec([1.0])
    fragment = tints_html(["<", "script"], [1.0, 0.0], text=HOSTILE, target=HOSTILE, label=HOSTILE, spec=spec)
    reader = Reader(fragment)
    assert reader.tags <= FLAT
    assert reader.attributes <= SAFE


BARS = {
    "target": "ill",
    "bars": [
        {"label": "Dark spot", "value": 0.5, "null": [-0.1, 0.2], "significant": True, "present": 0.92},
        {"label": "Halo", "value": -0.05, "null": [-0.1, 0.1], "significant": False, "present": None},
    ],
}
SCALE = {**concepts_spec([1.0]), "limit": 1.0}


def test_concepts_are_bars_with_the_band_of_chance() -> None:
    fragment = concepts_html(BARS, spec=SCALE)
    assert re.findall(r'class="bar-null"[^>]*x="([-\d.]+)" y="0" width="([\d.]+)" height="16"', fragment) == [
        ("-10.00", "30.00"),
        ("-10.00", "20.00"),
    ]
    widths = re.findall(r'class="(bar-pos|bar-neg)"[^>]*x="([-\d.]+)" y="3" width="([\d.]+)"', fragment)
    assert widths == [("bar-pos", "0.00", "50.00"), ("bar-neg", "-5.00", "5.00")]
    reader = Reader(fragment)
    assert reader.texts["bars-words"] == ["towards ill", "away from ill (no more than chance)"]
    assert "92 %" in reader.texts["bars-value"]
    assert reader.tags <= FLAT | TABLE
    assert "Halo away from ill (no more than chance), 5 of 100" in reader.texts["bars-text"][0]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"target": "ill", "bars": []},
        {"target": "ill", "bars": [{"label": "a", "value": float("nan")}]},
        {"target": "ill", "bars": [{"label": "a", "value": 1.0, "present": 2}]},
        {"target": "ill", "bars": [{"value": 1.0}]},
        {"target": "ill", "bars": [{"label": "a", "value": 1.0}] * 33},
    ],
)
def test_faulty_concepts_are_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ExplanationRefused):
        concepts_html(data, spec=SCALE)


def test_cards_show_picture_text_or_values_with_the_outcome() -> None:
    cards = [
        {"heading": "One", "outcome": "ill", "note": "Distance 0.1", "image": "d1"},
        {"heading": "Two", "outcome": "well", "text": "No bleeding."},
        {"heading": HOSTILE, "outcome": HOSTILE, "rows": [{"label": HOSTILE, "value": HOSTILE}]},
    ]
    pictures = {"d1": np.zeros((4, 5, 3), dtype=np.uint8)}
    fragment = examples_html({"title": "Cases like this", "cards": cards}, pictures=pictures)
    assert 'width="5" height="4" alt="One: ill"' in fragment
    reader = Reader(fragment)
    assert reader.tags <= FLAT | {"img"}
    assert reader.texts["card-words"] == ["No bleeding."]
    with pytest.raises(ExplanationRefused, match="picture d1"):
        examples_html({"title": "Cases like this", "cards": cards})


def test_a_counterfactual_says_what_would_have_to_be_different() -> None:
    change = {"label": "Pulse", "unit": "per minute", "decimals": 0, "was": 98.0, "becomes": 71.6}
    data = {"now": "ill", "instead": "well", "changes": [change], "locked": ["Age"]}
    reader = Reader(counterfactual_html(data))
    assert reader.texts["flip-was"] == ["98 per minute"]
    assert reader.texts["flip-becomes"][0].strip() == "72 per minute"
    assert reader.texts["bars-range"] == ["lower"]
    assert "Not allowed to change: Age." in reader.texts["bars-legend"]
    assert "No plausible change" in counterfactual_html({"now": "ill", "instead": "well", "changes": []})
    with pytest.raises(ExplanationRefused, match="at most 3"):
        counterfactual_html({**data, "changes": [change] * 4})


def test_a_rationale_is_shown_as_it_is_written() -> None:
    assert rationale_html({"text": "One.\r\n\r\n<b>Two</b>"}) == (
        '<div class="rationale-box"><p>One.</p><p>&lt;b&gt;Two&lt;/b&gt;</p></div>'
    )
    with pytest.raises(ExplanationRefused):
        rationale_html({"text": " "})


def explanation(modality: str, **changes: Any) -> Explanation:
    content: dict[str, Any] = {
        "features": ("f0", "f1"),
        "values": (8.25, -3.0),
        "target_class": "pressure",
        "target_space": "score",
        "baseline": (0.0, 0.0),
        "output": 5.25,
        "output_at_baseline": 0.0,
        "completeness_error": 0.0,
        "modality": modality,
    }
    return Explanation(**{**content, **changes})


def test_the_pushes_of_a_regression_are_numbers_with_their_unit() -> None:
    spec = bars_spec([10.0], outcome={"unit": "mmHg", "decimals": 1}, baseline="an average patient")
    reader = Reader(
        bars_html(explanation("tabular"), inputs={"f0": 1.0, "f1": 2.0}, features=schema(2), spec=spec)
    )
    assert reader.texts["bars-words"] == ["+8.2 mmHg", "−3.0 mmHg"]  # noqa: RUF001
    assert "towards a higher pressure, +8.2 mmHg" in reader.texts["bars-text"][0]


def test_one_door_draws_every_modality() -> None:
    table = explanation("tabular")
    words = explanation("text", features=("no", "pain"), values=(1.0, -1.0), baseline=())
    picture = explanation("image", features=(), values=np.ones(12), baseline=(), shape=(3, 4))
    features = schema(2)
    label = {"label": "Report", "features": []}
    pixels = np.zeros((3, 4, 1), dtype=np.uint8)
    drawn = [
        render_html(
            table, inputs={"f0": 1, "f1": 2}, schema={"features": features}, spec=render_spec([table])
        ),
        render_html(words, inputs={"text": "no pain"}, schema=label, spec=render_spec([words])),
        render_html(picture, inputs={}, schema=label, spec=render_spec([picture]), pixels=pixels),
    ]
    names = [fragment.split('"')[1] for fragment in drawn]
    assert names == ["bars-box", "tint-box", "map-box"]
    both = render_spec([table, words])
    assert sorted(both["parts"]) == ["bars", "tints"]
    assert render_html(words, inputs={"text": "no pain"}, schema=label, spec=both) == drawn[1]
    with pytest.raises(ExplanationRefused, match="not a specification of the renderer bars"):
        render_html(table, inputs={}, schema=label, spec=render_spec([words]))
    with pytest.raises(ExplanationRefused, match="picture, which is missing"):
        render_html(picture, inputs={}, schema=label, spec=render_spec([picture]))


def test_a_method_is_drawn_on_its_own_scale_and_its_control_on_the_same() -> None:
    weak = replace(
        explanation("tabular"), recipe={"method": "grad_cam", "parameters": {}}, values=(0.01, -0.02)
    )
    strong = replace(weak, recipe={"method": "occlusion", "parameters": {}}, values=(5.0, -9.0))
    control = replace(
        weak, recipe={"method": "shuffled", "parameters": {"of": "grad_cam"}}, values=(-0.02, 0.01)
    )
    spec = render_spec([weak, strong, control])
    limits = {name: part["limit"] for name, part in spec["parts"].items()}
    assert sorted(limits) == [f"bars {name} {weak.target_space}" for name in ("grad_cam", "occlusion")]
    shown = {"inputs": {"f0": 1, "f1": 2}, "schema": {"features": schema(2)}}
    alone = render_html(weak, **shown, spec=render_spec([weak, control]))
    assert (
        render_html(weak, **shown, spec=spec)
        == alone
        != render_html(weak, **shown, spec=render_spec([strong]))
    )
    family = render_spec([weak, control])
    assert render_html(control, **shown, spec=spec) == render_html(control, **shown, spec=family)


def test_a_control_of_an_import_is_drawn_on_the_scale_of_the_import() -> None:
    real = replace(explanation("tabular"), recipe={"method": "imported", "parameters": {"name": "lab"}})
    control = replace(real, recipe={"method": "shuffled", "parameters": {"of": "imported"}})
    assert "parts" not in render_spec([real, control])


def exhibit(kind: str, content: dict[str, Any], **changes: Any) -> Exhibit:
    given: dict[str, Any] = {
        "features": (),
        "values": (),
        "target_class": "ill",
        "target_space": "score",
        "baseline": (),
        "output": 0.0,
        "output_at_baseline": 0.0,
        "completeness_error": 0.0,
        "modality": "image",
    }
    return Exhibit(**{**given, **changes}, kind=kind, content=content)


def test_exhibits_go_through_the_same_door() -> None:
    bars = [
        {"name": "halo", "low": -0.1, "high": 0.2, "found": False},
        {"name": "spot", "value": 0.5, "weight": 2.0, "bar": 1.0},
    ]
    shown = [
        exhibit("concepts", {"bars": bars}, features=("halo", "spot"), values=(0.1, 1.0)),
        exhibit("examples", {"title": "Alike", "cards": [{"heading": "A", "outcome": "ill", "image": "d1"}]}),
        exhibit("counterfactual", {"now": "ill", "instead": "well", "changes": []}),
        exhibit("rationale", {"text": "Because."}),
    ]
    spec = render_spec(shown)
    pixels = np.zeros((2, 2, 3), dtype=np.uint8)
    drawn = [
        render_html(each, inputs={}, schema={}, spec=spec, pictures=lambda digest: pixels) for each in shown
    ]
    assert Reader(drawn[0]).texts["bars-words"][1] == "towards ill (no more than chance)"
    assert "50 %" in Reader(drawn[0]).texts["bars-value"]
    assert "data:image/png" in drawn[1]
    assert "No plausible change" in drawn[2]
    assert "Because." in drawn[3]


def test_a_case_is_shown_by_itself() -> None:
    pixels = np.zeros((4, 6, 3), dtype=np.uint8)
    picture = case_html({}, schema={"modality": "image", "label": HOSTILE, "features": []}, pixels=pixels)
    assert Reader(picture).tags == {"figure", "figcaption", "img"}
    assert 'width="6" height="4"' in picture
    text = case_html({"text": HOSTILE}, schema={"modality": "text", "label": "Report", "features": []})
    assert Reader(text).texts["case-text"] == [HOSTILE]
    assert case_html({"age": 4.0}, schema={"features": []}) == ""
    with pytest.raises(CaseSetRefused, match="missing"):
        case_html({}, schema={"modality": "image", "label": "Photograph", "features": []})


def test_what_cases_are_compared_with_fits_flats_as_well_as_patients() -> None:
    assert bars_spec([1.0])["baseline"] == "a typical case"
