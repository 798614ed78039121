"""Cases of several parts: what a schema may say, what a manifest must hold, how it is laid out for people."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from explainers.core.cases import complete_schema
from explainers.core.cases.display import parts_shown, series_drawing
from explainers.core.cases.manifest import CaseContent, case_set_read
from explainers.core.cases.parts import check_parts, part_faults, series_points
from explainers.core.digest import sha256_hex
from explainers.core.errors import CaseSetRefused
from explainers.core.png import png_decode

PRIOR = {"name": "prior", "kind": "picture", "label": "A year before", "optional": True}
NOTE = {"name": "note", "kind": "text", "label": "Referral"}
LABS = {
    "name": "labs",
    "kind": "panel",
    "label": "Blood",
    "features": [{"name": "crp", "unit": "mg/l", "high": 5}],
}
PULSE = {
    "name": "pulse",
    "kind": "series",
    "label": "Pulse",
    "unit": "/min",
    "low": 60,
    "high": 100,
    "decimals": 0,
}
SCHEMA = {"modality": "image", "label": "Radiograph", "parts": [PRIOR, NOTE, LABS, PULSE]}
HEADER = "case_id,file,prior,prior_alt,note,crp,pulse,truth\n"
ROWS = "c1,a.png,b.jpg,Same chest a year before,Cough for two weeks.,17.2,p.csv,yes\nc2,b.jpg,,,note.txt,3,p.csv,no\n"


def picture(kind: str, *, value: int = 90) -> bytes:
    pixels = np.full((12, 8), value, dtype=np.uint8)
    pixels[3, 2] = 255
    out = io.BytesIO()
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x010E] = "Jane Doe, born 1950"
    image.save(out, format=kind, exif=exif)
    return out.getvalue()


FILES = {
    "a.png": picture("PNG"), "b.jpg": picture("JPEG", value=120), "note.txt": b"Fieber seit gestern.",
    "p.csv": b"hour,pulse\n0,71\n1,104\n2,88\n",
}  # fmt: skip


def read(rows: str = ROWS, *, files: dict[str, bytes] | None = None, header: str = HEADER) -> CaseContent:
    return case_set_read((header + rows).encode(), schema=SCHEMA, files=files or FILES, apart=["truth"])


def test_every_part_of_a_case_is_read() -> None:
    found = read()
    first, second = (row["parts"] for row in found.rows)
    assert first["note"] == {"text": "Cough for two weeks."}
    assert second["note"] == {"text": "Fieber seit gestern."}
    assert first["labs"] == {"values": {"crp": 17.2}}
    assert first["pulse"] == {"points": [[0.0, 71.0], [1.0, 104.0], [2.0, 88.0]]}
    assert first["prior"]["alt"] == "Same chest a year before"
    assert "prior" not in second
    assert found.apart == {"truth": {"c1": "yes", "c2": "no"}}


def test_the_truth_and_the_parts_are_not_among_the_inputs_of_the_predictor() -> None:
    assert [set(row["inputs"]) for row in read().rows] == [{"image"}, {"image"}]


def test_pictures_of_parts_are_bare_pixels_by_their_digest() -> None:
    found = read()
    view = found.rows[0]["parts"]["prior"]["views"][0]
    png = found.pictures[view["digest"]]
    assert sha256_hex(png) == view["digest"]
    assert (view["width"], view["height"]) == (8, 12)
    assert png_decode(png).shape[:2] == (12, 8)
    assert not any(b"Jane" in data for data in found.pictures.values())


BAD = {
    "a file that is not there": (ROWS.replace("b.jpg,Same", "c.jpg,Same"), "(c1), column prior: there is no file"),
    "no words for a picture": (ROWS.replace("Same chest a year before", ""), "row 1 (c1), column prior_alt"),
    "a part that is missing": (ROWS.replace("note.txt", ""), "row 2 (c2), column note: the part note is missing"),
    "a text file that is not there": (ROWS.replace("note.txt", "nota.txt"), "(c2), column note: there is no file"),
    "a value that is no number": (ROWS.replace("17.2", "high"), "(c1), column crp: 'high' is not a finite number"),
    "a series that is not there": (ROWS.replace("p.csv,yes", "q.csv,yes"), "(c1), column pulse: there is no file"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_it_refuses(name: str) -> None:
    rows, words = BAD[name]
    with pytest.raises(CaseSetRefused) as refused:
        read(rows)
    assert words in str(refused.value)


def test_a_file_that_no_row_names_is_refused() -> None:
    with pytest.raises(CaseSetRefused, match=r"'stray\.png' is named by no row"):
        read(files={**FILES, "stray.png": FILES["a.png"]})


def test_a_column_of_a_part_that_is_missing_is_named() -> None:
    with pytest.raises(CaseSetRefused, match="missing prior_alt"):
        read(header=HEADER.replace("prior_alt", "alt_of_prior"))


BAD_PARTS: dict[str, tuple[Any, str]] = {
    "no list": ({}, "are a list"),
    "a kind of its own": ([{**NOTE, "kind": "sound"}], "needs a kind"),
    "a name with spaces": ([{**NOTE, "name": "the note"}], "needs a name"),
    "no label": ([{"name": "note", "kind": "text"}], "needs a label"),
    "an unknown key": ([{**NOTE, "unit": "m"}], "unknown unit"),
    "two parts in one column": ([NOTE, NOTE], "Two parts of the schema use the column note"),
    "a window without width": (
        [{**PRIOR, "windows": [{"label": "Lung", "center": 0, "width": 0}]}],
        "a window is",
    ),
}


@pytest.mark.parametrize("name", BAD_PARTS)
def test_it_refuses_a_schema_with(name: str) -> None:
    parts, words = BAD_PARTS[name]
    with pytest.raises(CaseSetRefused) as refused:
        check_parts(parts)
    assert words in str(refused.value)


def test_a_part_may_not_use_the_column_of_a_feature() -> None:
    with pytest.raises(CaseSetRefused, match="uses the column age"):
        complete_schema({"features": [{"name": "age"}], "parts": [{**NOTE, "name": "age"}]})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"t,y\n0,1\n0,2\n", "the time does not grow"),
        (b"t,y\n0,1\n", "there are 1 points"),
        (b"t,y\n0,1\n1,x\n", "row 2 is not a time and a value"),
        (b"t,y\n0,1\n1,nan\n", "row 2 is not a time and a value"),
        (b"\xff\xfe", "no CSV in UTF-8"),
    ],
)
def test_a_bad_series_is_refused_with_its_row(data: bytes, words: str) -> None:
    assert words in series_points(data)[1]


def test_parts_are_shown_after_what_the_predictor_sees() -> None:
    found = read()
    schema, row = found.schema, found.rows[0]
    shown = parts_shown(row["inputs"], row["parts"], schema=schema, size_of=lambda digest: (8, 12))
    assert [part["name"] for part in shown] == ["image", "prior", "note", "labs", "pulse"]
    assert shown[3]["rows"][0]["flag"] == "above"


def test_the_drawing_of_a_series_keeps_to_the_values() -> None:
    part = check_parts([PULSE])[0]
    drawn = series_drawing(part, [[0, 71], [1, 104], [4, 88]])
    points = [tuple(map(float, point.split(","))) for point in drawn["line"].split()]
    assert [x for x, _ in points] == [0, 25, 100]
    height = (points[0][1] - points[1][1]) / (104 - 71)
    assert (points[0][1] - points[2][1]) == pytest.approx(height * (88 - 71), abs=0.02)
    assert drawn["band"]["height"] == pytest.approx(height * 40, abs=0.02)
    assert (drawn["lowest"], drawn["highest"]) == ("71", "104")


def test_a_flat_series_has_a_drawing() -> None:
    part = check_parts([{**PULSE, "low": None, "high": None}])[0]
    assert series_drawing(part, [[0, 5], [1, 5]])["line"] == "0,50 100,50"


def test_parts_that_do_not_fit_the_schema_are_not_stored() -> None:
    parts = check_parts([NOTE, {**PRIOR, "optional": False}])
    assert part_faults({"note": {"text": "x"}, "more": {}}, parts=parts) == [
        "the schema has no part more",
        "the part prior is missing",
    ]
    assert part_faults({"note": {"html": "x"}, "prior": {"alt": "", "views": []}}, parts=parts) == [
        "the part note is no text",
        "the part prior is no picture",
    ]
