"""Maps over pictures: what is drawn is what the data say, on one scale, without script, and said in words too."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image, ImageDraw

from explainers.core.errors import ExplanationRefused
from explainers.core.render.heatmap import area_shares, heatmap_html, heatmap_spec, smoothed
from explainers.core.render.outline import large_parts, outline_path
from tests.explainers.test_bars import HOSTILE, Reader

pytestmark = pytest.mark.heavy
PIXELS = np.random.default_rng(4).integers(0, 256, (30, 40, 3), dtype=np.uint8)
TAGS = {"div", "p", "strong", "figure", "figcaption", "svg", "image", "g", "path", "rect", "label", "input"}
ATTRIBUTES = {
    *(
        "class",
        "role",
        "aria-label",
        "viewbox",
        "href",
        "x",
        "y",
        "width",
        "height",
        "preserveaspectratio",
        "d",
    ),
    *(
        "fill",
        "fill-opacity",
        "stroke",
        "stroke-opacity",
        "stroke-width",
        "stroke-dasharray",
        "vector-effect",
    ),
    *("type", "checked", "autocomplete", "aria-hidden", "focusable"),
}


def blob(y: int, x: int, value: float, *, size: int = 4) -> np.ndarray:
    values = np.zeros((30, 40))
    values[y : y + size, x : x + size] = value
    return values


def draw(values: np.ndarray, *, target: str = "ill", limit: float = 1.0, **changes: object) -> str:
    spec = {**heatmap_spec([blob(0, 0, 1) - blob(9, 9, 1)], smooth=0.0), "limit": limit, **changes}
    return heatmap_html(values, pixels=PIXELS, target=target, label="Photograph", spec=spec)


def pictures(fragment: str) -> list[np.ndarray]:
    found = re.findall(r"data:image/png;base64,([^\"]+)", fragment)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


def test_the_first_panel_is_the_picture_itself_and_the_second_its_grey_copy() -> None:
    first, second, _ = pictures(draw(blob(3, 3, 1.0)))
    np.testing.assert_array_equal(first, PIXELS)
    red, green, blue = (PIXELS[:, :, channel].astype(float) for channel in range(3))
    np.testing.assert_allclose(second, 0.2126 * red + 0.7152 * green + 0.0722 * blue, atol=0.51)


def test_hue_is_the_sign_and_opacity_the_strength() -> None:
    overlay = pictures(draw(blob(3, 3, 1.0) + blob(15, 20, -0.575) + blob(24, 30, 0.1)))[2].astype(int)
    assert overlay[4, 4, 3] == round(255 * 0.8)
    assert overlay[16, 21, 3] == round(255 * 0.8 * 0.5)  # (0.575 - 0.15) / 0.85 of the way
    assert overlay[25, 31, 3] == 0  # weaker than 15 of 100: nothing
    assert overlay[4, 4, 2] > overlay[4, 4, 0]
    assert overlay[16, 21, 0] > overlay[16, 21, 2]
    assert overlay[0, 0].tolist() == [0, 0, 0, 0]


def test_one_scale_makes_a_weak_map_look_weak() -> None:
    strong, weak = (pictures(draw(blob(3, 3, 1.0), limit=limit))[2][4, 4, 3] for limit in (1.0, 2.0))
    assert weak < strong


def test_the_scale_is_the_99th_percentile_over_all_smoothed_maps() -> None:
    maps = list(np.random.default_rng(1).normal(size=(5, 30, 40)))
    pooled = np.abs(np.concatenate([smoothed(each, smooth=0.02).ravel() for each in maps]))
    assert heatmap_spec(maps)["limit"] == pytest.approx(np.quantile(pooled, 0.99), rel=1e-5)
    assert heatmap_spec([np.zeros((4, 4))])["limit"] == 1.0


def test_smoothing_is_a_gaussian_of_the_declared_width() -> None:
    point = np.zeros((41, 41))
    point[20, 20] = 1.0
    found, distance = smoothed(point, smooth=2 / 41), np.arange(41) - 20
    kernel = np.exp(-(distance**2) / 8)
    np.testing.assert_allclose(found, np.outer(kernel, kernel) / kernel.sum() ** 2, atol=1e-4)


def test_the_line_goes_round_exactly_the_strong_pixels() -> None:
    # The referee fills the loops with Pillow and gets the mask back.
    mask = np.random.default_rng(3).random((12, 15)) < 0.5
    picture = Image.new("1", (150, 120))
    for loop in outline_path(mask).split("Z")[:-1]:
        points, place = [], [0, 0]
        for command, number, second in re.findall(r"([MHV])(\d+)(?: (\d+))?", loop):
            place = [int(number), int(second)] if command == "M" else place
            place = [int(number), place[1]] if command == "H" else place
            place = [place[0], int(number)] if command == "V" else place
            points.append((place[0] * 10, place[1] * 10))
        layer = Image.new("1", picture.size)
        ImageDraw.Draw(layer).polygon(points, fill=1)
        picture = Image.fromarray(np.asarray(picture) ^ np.asarray(layer))
    np.testing.assert_array_equal(np.asarray(picture)[5::10, 5::10], mask)


def test_an_empty_mask_has_no_line_and_crumbs_have_none() -> None:
    assert outline_path(np.zeros((3, 3), dtype=bool)) == ""
    assert not large_parts(np.eye(50, dtype=bool)).any()


def test_signs_differ_in_form_as_well_as_in_hue() -> None:
    lines = re.findall(r'<path class="map-line"[^>]*>', draw(blob(3, 3, 1.0) + blob(20, 25, -1.0)))
    assert ["stroke-dasharray" in line for line in lines] == [False, True]


def test_the_sentence_says_where_the_map_is_strong() -> None:
    (text,) = Reader(draw(blob(3, 3, 0.9) + blob(22, 33, -3.0))).texts["map-text"]
    assert "Towards ill: upper left (100 of 100); at its strongest 90 of 100 of the scale." in text
    assert "Away from ill: lower right (100 of 100); at its strongest beyond the scale." in text
    (empty,) = Reader(draw(np.zeros((30, 40)))).texts["map-text"]
    assert "Towards ill: nothing strong. Away from ill: nothing strong." in empty


def test_shares_of_areas_add_up() -> None:
    values = np.random.default_rng(5).random((31, 44))
    shares = area_shares(values)
    assert sum(shares) == pytest.approx(1)
    assert shares[0] == pytest.approx(values[:11, :15].sum() / values.sum())


def test_there_is_no_script_style_or_id_and_hostile_names_come_out_as_text() -> None:
    spec = heatmap_spec([blob(0, 0, 1) - blob(9, 9, 1)])
    fragment = heatmap_html(blob(3, 3, 1.0), pixels=PIXELS, target=HOSTILE, label=HOSTILE, spec=spec)
    reader = Reader(fragment)
    assert reader.tags <= TAGS
    assert reader.attributes <= ATTRIBUTES
    assert HOSTILE in reader.texts["map-target"]


def test_a_regression_says_higher_and_lower() -> None:
    fragment = draw(blob(3, 3, 1.0), target="pressure", outcome={"unit": "mmHg"})
    assert "towards a higher pressure" in fragment
    assert "away from" not in fragment


def test_a_map_without_signs_is_drawn_in_one_hue_and_says_so() -> None:
    spec = heatmap_spec([blob(0, 0, 1)])
    assert spec["signed"] is False
    fragment = heatmap_html(blob(3, 3, 1.0), pixels=PIXELS, target="ill", label="Photograph", spec=spec)
    assert "the more the AI looked there" in fragment
    assert "dasharray" not in fragment


def test_a_control_cannot_be_told_apart_by_what_surrounds_the_map() -> None:
    one, other = (
        re.sub(r'base64,[^"]+|d="[^"]+"', "", draw(values)) for values in (blob(3, 3, 1), blob(3, 4, 1))
    )
    assert one == other
    assert not re.search("shuffl|placebo|control|gradient|random", one, re.IGNORECASE)


@pytest.mark.parametrize("changes", [{"version": "0"}, {"renderer": "bars"}, {"limit": 0.0}, {"more": 1}])
def test_a_foreign_specification_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ExplanationRefused, match="not a specification"):
        draw(blob(0, 0, 1), **changes)


def test_a_map_of_another_size_is_refused() -> None:
    with pytest.raises(ExplanationRefused, match=r"The map is \(3, 3\)"):
        draw(np.zeros((3, 3)))
