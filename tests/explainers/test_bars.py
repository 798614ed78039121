"""What people see: escaped, without script, on one scale, the same in words as in bars."""

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from explainers.core.attribution import Explanation
from explainers.core.bars import bars_html, bars_spec
from explainers.core.cases import check_schema
from explainers.core.errors import ExplanationRefused

HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>{{7*7}}"
ALLOWED_TAGS = {
    *("div", "table", "caption", "strong", "span", "thead", "tbody", "tr", "th", "td", "svg", "rect", "p"),
}
ALLOWED_ATTRIBUTES = {
    *("class", "scope", "role", "viewbox", "width", "height", "preserveaspectratio"),
    *("aria-hidden", "focusable", "fill", "x", "y"),
}


class Reader(HTMLParser):
    """Reads a fragment back: the referee of these tests knows nothing of the renderer."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.bars: list[float] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(fragment)
        assert self._open == [], "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.add(tag)
        self.attributes |= set(attributes)
        name = attributes.get("class") or tag
        self._open.append(name)
        if name in ("bar-pos", "bar-neg") and attributes["height"] == "12":
            width = float(attributes["width"] or 0)
            assert float(attributes["x"] or 0) == (0 if name == "bar-pos" else -width)
            self.bars.append(width if name == "bar-pos" else -width)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open[-1], []).append(data)


def schema(count: int, label: str = "Label") -> list[dict[str, Any]]:
    names = [f"f{number}" for number in range(count)]
    return check_schema(
        {"features": [{"name": name, "label": f"{label} {name}", "unit": "mg"} for name in names]}
    )


def explanation(values: list[float], target: str = "ill") -> Explanation:
    return Explanation(
        features=tuple(f"f{number}" for number in range(len(values))),
        values=tuple(values),
        target_class=target,
        target_space="log_odds",
        baseline=(0.0,) * len(values),
        output=sum(values),
        output_at_baseline=0.0,
        completeness_error=0.0,
    )


def draw(values: list[float], *, limit: float = 1.0, target: str = "ill", label: str = "Label") -> str:
    inputs = {f"f{number}": 10.0 + number for number in range(len(values))}
    spec = {**bars_spec([1.0]), "limit": limit}
    return bars_html(
        explanation(values, target), inputs=inputs, features=schema(len(values), label), spec=spec
    )


def test_hostile_labels_come_out_as_text() -> None:
    reader = Reader(draw([0.5, -0.2], target=HOSTILE, label=HOSTILE))
    assert reader.tags <= ALLOWED_TAGS
    assert f"{HOSTILE} f0" in reader.texts["th"]


def test_there_is_no_script_style_id_or_address() -> None:
    reader = Reader(draw([0.5, -0.2, 0.1]))
    assert reader.tags <= ALLOWED_TAGS
    assert reader.attributes <= ALLOWED_ATTRIBUTES


def test_bars_have_the_length_and_the_side_of_the_data() -> None:
    assert Reader(draw([0.5, -0.25, 0.125], limit=0.5)).bars == [100.0, -50.0, 25.0]


def test_one_scale_makes_weak_explanations_look_weak() -> None:
    assert max(map(abs, Reader(draw([0.05, -0.01])).bars)) == 5.0


def test_what_is_beyond_the_scale_says_so() -> None:
    fragment = draw([3.0, 0.5])
    assert Reader(fragment).bars == [100.0, 50.0]
    assert fragment.count("beyond the scale") == 2  # once at the bar, once in the sentence


def test_the_strongest_come_first_and_the_rest_is_added_up() -> None:
    reader = Reader(draw([0.01, 0.9, -0.8, 0.7, -0.6, 0.5, 0.02, -0.04]))
    assert reader.bars == pytest.approx([90, -80, 70, -60, 50, -1])
    assert "The other 3 features together" in reader.texts["th"]


def test_no_rest_is_made_of_a_single_feature() -> None:
    assert len(Reader(draw([0.6, 0.5, 0.4, 0.3, 0.2, 0.1])).bars) == 6


def test_the_sentence_equals_the_bars() -> None:
    values = [0.62, -0.31, 0.0, 0.125]
    reader = Reader(draw(values))
    (sentence,) = reader.texts["bars-text"]
    found = re.findall(
        r"Label (f\d) \(1\d\.00 mg\) (towards ill|away from ill|no push), (\d+) of 100", sentence
    )
    signs = {"towards ill": 1, "away from ill": -1, "no push": 0}
    assert [(name, signs[word] * int(number)) for name, word, number in found] == [
        ("f0", 62),
        ("f1", -31),
        ("f3", 12),
        ("f2", 0),
    ]


def test_direction_is_said_in_words_at_every_bar() -> None:
    assert Reader(draw([0.62, -0.31, 0.0])).texts["bars-words"] == ["towards ill", "away from ill", "no push"]


def test_the_scale_is_the_99th_percentile_of_all_attributions() -> None:
    values = np.random.default_rng(1).normal(size=5000)
    ordered = np.sort(np.abs(values))
    # Linear interpolation between order statistics, Hyndman and Fan's type 7, by hand.
    place = 0.99 * (len(ordered) - 1)
    low = int(place)
    expected = ordered[low] + (place - low) * (ordered[low + 1] - ordered[low])
    assert bars_spec(values.tolist())["limit"] == pytest.approx(expected, rel=1e-5)


def test_a_study_of_null_maps_still_has_a_scale() -> None:
    assert bars_spec([0.0, 0.0])["limit"] == 1.0
    assert Reader(draw([0.0, 0.0])).bars == [-0.0, -0.0]


def test_nothing_to_scale_is_refused() -> None:
    with pytest.raises(ExplanationRefused):
        bars_spec([])


@pytest.mark.parametrize("changes", [{"limit": 0.0}, {"version": "0"}, {"renderer": "map"}, {"extra": 1}])
def test_a_foreign_specification_is_refused(changes: dict[str, Any]) -> None:
    spec = {**bars_spec([1.0]), **changes}
    with pytest.raises(ExplanationRefused, match="not a specification"):
        bars_html(explanation([1.0]), inputs={"f0": 1.0}, features=schema(1), spec=spec)


def test_a_control_cannot_be_told_apart() -> None:
    one, other = draw([0.5, -0.25, 0.1]), draw([-0.25, 0.1, 0.5])
    assert re.sub(r"f\d|1\d\.00", "", one) == re.sub(r"f\d|1\d\.00", "", other)
    assert not re.search("shuffl|placebo|control|integrated|gradient", one, re.IGNORECASE)
