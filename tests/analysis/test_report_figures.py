"""Figures: readable by a screen reader, self-contained, without inline style, and honest about what they show."""

import re
from typing import Any

from analysis.report.figures import participants_figure
from analysis.report.figures_curves import benefit_figure, calibration_figure, learning_figure
from analysis.report.svg import clipped
from analysis.report.wording import MINUS

ROW = {"value": 0.7, "low": 0.6, "high": 0.8, "n": 9}
STEPS = [{"condition": name, "step": step, "first": 1 + 4 * step, "last": 4 + 4 * step, **ROW}
         for name in ("ai", "ig") for step in range(3)]  # fmt: skip
BENEFIT = {"treatment": "ig", "control": "ai", "label": "accuracy of the AI", "kind": "ai_correct", "observed": 0.75,
           "when_one": 0.1, "when_zero": -0.2, "break_even": 2 / 3,
           "curve": [{"at": at / 10, "value": 0.03 * at - 0.2, "low": 0.03 * at - 0.3, "high": 0.03 * at - 0.1}
                     for at in range(11)]}  # fmt: skip
POINTS = [{"condition": "ai", "confidence": stated, **ROW} for stated in (0.55, 0.75, 0.95)]


def drawings() -> dict[str, str]:
    return {
        "course": str(
            learning_figure({"steps": STEPS, "length": 12}, conditions=["ai", "ig"], name="course")
        ),
        "benefit": str(benefit_figure(BENEFIT, name="benefit")),
        "calibration": str(calibration_figure(POINTS, conditions=["ai"], name="calibration")),
    }


def strip(values: list[float]) -> dict[str, Any]:
    row = {"condition": "ai", **ROW, "n": len(values), "n_undefined": 0, "values": values}
    return {"label": "Accuracy", "unit": "proportion", "bounds": [0.0, 1.0], "conditions": [row]}


def test_every_curve_speaks_to_a_screen_reader_and_styles_nothing_in_place() -> None:
    for name, figure in drawings().items():
        assert f'<title id="{name}-title">' in figure
        assert re.search(rf'<desc id="{name}-desc">.{{20,}}</desc>', figure)
        assert " style=" not in figure
        assert "url(" not in figure


def test_the_numbers_of_a_curve_are_in_its_description() -> None:
    found = drawings()
    assert "ai: 70.0 %, 70.0 %, 70.0 %" in found["course"]
    assert f"{MINUS}20.0 points at 0 %, +10.0 points at 100 %; the study had 75.0 %" in found["benefit"]
    assert "stated 55.0 %: right 70.0 %" in found["calibration"]


def test_series_differ_in_more_than_their_colour() -> None:
    figure = drawings()["course"]
    assert figure.count('<circle class="mark series0"') == 4
    assert figure.count('<polygon class="mark series1"') == 4


def test_positions_stay_inside_the_figure() -> None:
    for figure in drawings().values():
        width, height = (float(size) for size in re.search(r'viewBox="0 0 (\S+) (\S+)"', figure).groups())  # type: ignore[union-attr]
        for pairs in re.findall(r'points="([^"]+)"', figure):
            for pair in pairs.split():
                x, y = (float(number) for number in pair.split(","))
                assert 0 <= x <= width
                assert 0 <= y <= height


def test_the_benefit_marks_break_even_and_the_study() -> None:
    figure = drawings()["benefit"]
    assert 'class="mean"' in figure
    assert "this study" in figure
    assert 'class="mean"' not in str(benefit_figure({**BENEFIT, "break_even": None}, name="b"))


def test_few_participants_are_dots_and_many_are_bars() -> None:
    few, many = (str(participants_figure(strip([at / n for at in range(n)]), name="x")) for n in (100, 5000))
    assert few.count('class="dot"') == 100
    assert many.count('class="dot"') < 120
    assert "<circle" in few


def test_long_names_are_cut_where_they_would_run_out_of_the_figure() -> None:
    assert clipped("A very long name of a condition indeed", width=100) == "A very long…"
    assert "A very long name of a condition indeed: " in str(
        participants_figure(
            {
                **strip([0.5]),
                "conditions": [
                    {**strip([0.5])["conditions"][0], "condition": "A very long name of a condition indeed"}
                ],
            },
            name="x",
        )
    )
