"""The treatment in the report: drawn trials from datasets that are not trusted, and words for people."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import analysis
from analysis.measures import registry
from analysis.report.bundle import Bundle
from analysis.report.drawn import cleaned, drawn_trial, instructions_html
from analysis.report.scope import scope
from analysis.report.treatment import treatment_shown
from analysis.report.treatmentwords import ai_words, pay_words
from tests.analysis.simulate import World, simulate, write_dataset

BARS = (
    '<section class="panel" id="panel-1"><table class="bars"><tbody><tr><th scope="row">Texture</th><td>'
    '<svg class="bars-svg" viewBox="-100 0 200 16"><rect class="bar-pos" x="0" y="2" width="40" height="12"/></svg>'
    "</td></tr></tbody></table></section>"
)
LOOK_AS_THEIR_SURROUNDINGS = """bars-target bars-value bars-cell bars-box map-box tint-box card-box case-box
    rationale-box flip flip-none map-layer map-halo map-line map-toggle bars-beyond card-outcome card-words map-panel"""
PLAN = {"primary": {"measure": "accuracy", "contrast": "ig - ai", "smallest_effect": 0.1}}
TREATMENT = {
    "conditions": [
        {
            "name": "ai",
            "trial": {
                "stage": "Your final answer",
                "prompt": "<p>Look again.</p>",
                "case": "<p>Radius 12</p>",
            },
        },
        {
            "name": "ig",
            "trial": {
                "stage": "Your final answer",
                "case": "<p>Radius 12</p>",
                "shown": BARS,
                "asked": "<p>Ill?</p>",
            },
        },
    ],
    "ai": {"on_the_case_sets": [{"predictor": "mlp", "case_set": "test", "cases": 200, "right": 190}]},
    "pay": {"currency": "GBP", "per_correct": 0.05},
    "instructions": "# The task\n\nDecide **twice**. <script>alert(1)</script>",
}
CODEBOOK = {
    "conditions": [
        {"name": "ai", "label": "AI alone", "advice": ["label"]},
        {
            "name": "ig",
            "label": "AI with explanation",
            "advice": ["label", "confidence"],
            "explanations": [
                {"name": "ig", "method": "integrated_gradients", "title": "Integrated Gradients"}
            ],
        },
    ]
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("treatment")
    world = World(conditions=("ai", "ig"), strata=("all",), per_stratum=16, trials=8)
    data = write_dataset(simulate(world, seed=4), folder / "data")
    (data / "treatment.json").write_text(json.dumps(TREATMENT))
    (data / "codebook.json").write_text(json.dumps(CODEBOOK))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "names", lambda: ["accuracy", "rt_ms", "s_tias"])
        found = analysis.report(data, plan=PLAN, out=folder / "out", permutations=50)
    return (folder / "out/report.html").read_text(encoding="utf-8"), found


def test_the_trial_of_each_condition_is_drawn_into_the_page(page: tuple[str, dict[str, Any]]) -> None:
    text, found = page
    assert text.count("Radius 12") == 1  # what all conditions showed stands there once
    assert text.count("Look again.") == 1  # of one condition only
    assert 'class="t-bars"' in text
    assert "Nothing beside the case." in text  # the AI's advice is not in this drawing
    drawn = {one["condition"]: one["drawn"] for one in found["treatment"]["conditions"]}
    assert set(drawn) == {"ai", "ig"}
    assert len(drawn["ig"]["sha256"]) == 64
    assert "Radius 12" not in json.dumps(found)


def test_words_are_those_of_people(page: tuple[str, dict[str, Any]]) -> None:
    text, _ = page
    for words in (
        "an explanation (Integrated Gradients)",
        "its answer and how sure it is",
        "0.05 GBP for each correct decision.",
        "is right in 95.0 %: the study shows it wrong more often than it is",
        "Decide <strong>twice</strong>",
    ):
        assert words in text
    for raw in ("integrated_gradients;", "per_correct", "currency:", "# The task", "<script"):
        assert raw not in text


def test_the_scope_names_explanations_by_their_titles() -> None:
    import pandas as pd

    from analysis.core.dataset import Dataset
    from analysis.report.sample import sample_of

    rows = {
        "participant_id": ["p1", "p2"],
        "condition": ["ai", "ig"],
        "explanations": ["", "ig"],
        "case_id": ["c", "c"],
    }
    sample = sample_of(Dataset(trials=pd.DataFrame(rows)))
    assert "(Integrated Gradients)" in scope(sample, bundle=Bundle(codebook=CODEBOOK))["sentence"]


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<svg><script>alert(1)</script><use href="https://evil.example/x.svg#y"/></svg>',
        '<svg><image href="https://evil.example/track.png"/></svg>',
        '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
        '<p style="background:url(https://evil.example)">x</p>',
        "<style>@import 'https://evil.example'</style>",
        '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
        '<form action="https://evil.example"><input name="x"></form>',
        '<meta http-equiv="refresh" content="0;url=https://evil.example">',
        '<rect fill="url(https://evil.example#x)"/>',
        "</figure></main><h1>Superior</h1>",
        "<math><mtext></p><img src=x onerror=alert(1)>",
    ],
)
def test_nothing_that_acts_or_calls_comes_into_the_page(hostile: str) -> None:
    found = str(cleaned(hostile)).lower()
    acting = "script onerror javascript evil.example style iframe <form <input <meta <h1 </main svg+xml href"
    assert [word for word in acting.split() if word in found] == []


def test_classes_that_come_in_cannot_mean_those_of_the_page() -> None:
    assert str(cleaned('<p class="answer void banner">x</p>')) == '<p class="t-answer t-void t-banner">x</p>'


def test_a_picture_comes_in_as_data_only() -> None:
    assert "base64,AAAA" in str(cleaned('<img src="data:image/png;base64,AAAA" alt="a">'))


def test_a_drawing_that_is_none_or_too_large_is_left_out() -> None:
    assert drawn_trial({"trial": "<p>x</p>"}) is None
    assert drawn_trial({"trial": {"case": ""}}) is None
    assert drawn_trial({"trial": {"case": "x" * 3_000_001}}) is None


def test_every_class_of_an_explanation_that_is_drawn_has_a_style_in_the_report() -> None:
    root = Path(analysis.__file__).parents[1]
    styles = (root / "analysis/report/templates/trial.css").read_text(encoding="utf-8")
    sources = "".join(
        (root / "explainers/core" / name).read_text(encoding="utf-8")
        for name in (
            "bars.py",
            "directions.py",
            "render/heatmap.py",
            "render/plain.py",
            "render/tints.py",
            "render/case.py",
        )
    )
    used = {one for found in re.findall(r'class="([a-z][a-z -]*)"', sources) for one in found.split()}
    bare = set(LOOK_AS_THEIR_SURROUNDINGS.split())
    missing = {one for one in used - bare if f".t-{one}" not in styles}
    assert not missing


@pytest.mark.parametrize(
    ("pay", "words"),
    [
        ("2 GBP, fixed", "2 GBP, fixed"),
        ({}, ""),
        ({"base": "2.50 GBP"}, "2.50 GBP for taking part."),
        (
            {"currency": "USD", "base": 1, "per_correct": 0.1, "maximum": 3},
            "1.00 USD for taking part and 0.10 USD",
        ),
        ({"currency": "USD", "voucher": "10"}, "voucher: 10."),
    ],
)
def test_pay_is_told_in_words(pay: Any, words: str) -> None:
    assert words in pay_words(pay)


def test_a_share_of_the_ai_that_is_shown_differently_by_condition_is_told_by_condition() -> None:
    real = [
        {"condition": "ai", "value": 0.75},
        {"condition": "ig", "value": 0.5},
        {"condition": "x", "value": None},
    ]
    (sentence,) = ai_words({"real": real, "claimed": None, "claims": {}, "sets": []}, {"ig": "Gradients"})
    assert (
        sentence
        == "In the trials that participants saw, the AI was right in 75.0 % with ai and 50.0 % with Gradients."
    )


def test_shares_that_differ_by_who_left_are_told_as_one() -> None:
    real = [{"condition": "ai", "value": 0.746}, {"condition": "ig", "value": 0.751}]
    (sentence,) = ai_words({"real": real, "claimed": None, "claims": {}, "sets": []}, {})
    assert sentence.endswith("the AI was right in 74.6 % to 75.1 %, whatever the condition.")


def test_counts_of_the_ai_that_cannot_be_are_left_out() -> None:
    sets = [{"predictor": "m", "case_set": "s", "cases": 0, "right": 0}, {"cases": 3}, "x",
            {"predictor": "m", "case_set": "s", "cases": 3, "right": 4}]  # fmt: skip
    bundle = Bundle(treatment={"ai": {"on_the_case_sets": sets}})
    assert treatment_shown(bundle, conditions=("ai",), ai_accuracy=[])["ai"]["sets"] == []


def test_markdown_of_instructions_is_shown_and_its_html_is_not() -> None:
    found = str(
        instructions_html("## A\n\n- one\n- two\n\n[link](https://evil.example) <img src=x onerror=y>")
    )
    assert "<h5>A</h5>" in found
    assert "<li>one</li>" in found
    assert "<img" not in found
    assert "href" not in found
