"""Explanations computed elsewhere: every fault is named, and nothing that was not computed counts as passed."""

import io
from typing import Any

import numpy as np
import pytest

from explainers.core.errors import CaseSetRefused
from explainers.core.explanation_files import maps_read, tables_read, words_read
from explainers.core.png import png_encode

SIZES = {"a": (2, 3), "b": (2, 3)}
MANIFEST = b"case_id,target,file\nb,ill,b.png\na,well,a.png\n"
GREY = np.array([[0, 255, 51], [102, 153, 204]], dtype=np.uint8)
FILES = {"a.png": png_encode(GREY), "b.png": png_encode(255 - GREY)}


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.heavy
def test_grey_pictures_are_maps_in_the_declared_encoding() -> None:
    signed = maps_read(MANIFEST, files=FILES, sizes=SIZES, source="a paper")
    np.testing.assert_allclose(
        np.reshape(signed["a"].values, (2, 3)), [[-1, 1, -0.6], [-0.2, 0.2, 0.6]], atol=1e-6
    )
    unsigned = maps_read(MANIFEST, files=FILES, sizes=SIZES, encoding="unsigned")
    np.testing.assert_allclose(unsigned["a"].values, GREY.ravel() / 255, atol=1e-6)
    assert [each.target_class for each in signed.values()] == ["well", "ill"]
    assert signed["a"].recipe["source"] == "a paper"
    assert "completeness" in signed["a"].recipe["not_computed"]


def test_arrays_are_maps_as_they_are() -> None:
    values = np.random.default_rng(1).normal(size=(2, 2, 3)).astype(np.float32)
    manifest = b"case_id,target\na,ill\nb,ill\n"
    found = maps_read(manifest, arrays=npz(a=values[0], b=values[1]), sizes=SIZES)
    np.testing.assert_array_equal(np.reshape(found["b"].values, (2, 3)), values[1])
    assert found["b"].shape == (2, 3)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("manifest", "files", "message"),
    [
        (MANIFEST[:32], FILES, "case a: there is no row"),
        (MANIFEST + b"c,ill,a.png\n", FILES, r"row 3 \(c\): used twice, no such case"),
        (MANIFEST.replace(b"well", b""), FILES, r"row 2 \(a\).*without a target"),
        (MANIFEST, {"a.png": FILES["a.png"]}, r"row 1 \(b\), column file, 'b.png': there is no such file"),
        (MANIFEST, {**FILES, "b.png": b"GIF8"}, "'b.png': only PNG and JPEG"),
        (MANIFEST, {**FILES, "b.png": png_encode(np.zeros((2, 3, 3), np.uint8))}, "this one has colours"),
        (
            MANIFEST,
            {**FILES, "b.png": png_encode(np.zeros((3, 3), np.uint8))},
            r"the map is \(3, 3\), the picture",
        ),
        (b"case_id,target\na,ill\n", FILES, "needs the columns"),
    ],
)
def test_faulty_maps_are_refused(manifest: bytes, files: dict[str, bytes], message: str) -> None:
    with pytest.raises(CaseSetRefused, match=message):
        maps_read(manifest, files=files, sizes=SIZES)


def test_a_map_that_is_not_finite_or_missing_is_refused() -> None:
    manifest = b"case_id,target\na,ill\nb,ill\n"
    with pytest.raises(CaseSetRefused, match=r"row 1 \(a\): the map has values that are not finite"):
        maps_read(manifest, arrays=npz(a=np.full((2, 3), np.nan), b=np.zeros((2, 3))), sizes=SIZES)
    with pytest.raises(CaseSetRefused, match=r"row 2 \(b\): there is no array"):
        maps_read(manifest, arrays=npz(a=np.zeros((2, 3))), sizes=SIZES)


def test_attributions_of_a_table_are_read_in_the_order_of_the_features() -> None:
    data = b"case_id,target,pulse,age\nb,ill,2,-1\na,well,0.5,0\n"
    found = tables_read(data, keys=["a", "b"], features=["age", "pulse"])
    assert {key: each.values for key, each in found.items()} == {"a": (0.0, 0.5), "b": (-1.0, 2.0)}
    with pytest.raises(CaseSetRefused, match=r"row 1 \(b\), column age: 'x' is not a finite number"):
        tables_read(data.replace(b"-1", b"x"), keys=["a", "b"], features=["age", "pulse"])
    with pytest.raises(CaseSetRefused, match="one per feature"):
        tables_read(data, keys=["a", "b"], features=["age"])


def test_attributions_of_words_have_to_be_those_of_the_text() -> None:
    texts = {"a": "no pain", "b": "pain"}
    data = b"case_id,target,feature,value\na,ill,no,-0.5\na,ill,pain,1\nb,ill,pain,2\n"
    found = words_read(data, texts=texts, words=str.split)
    assert (found["a"].features, found["a"].values) == (("no", "pain"), (-0.5, 1.0))
    for wrong in (data.replace(b"a,ill,no", b"a,ill,yes"), data.replace(b"b,ill,pain,2\n", b"")):
        with pytest.raises(CaseSetRefused, match=r"its .* words are not the"):
            words_read(wrong, texts=texts, words=str.split)
    for wrong in (data.replace(b"a,ill,pain", b"a,well,pain"), data.replace(b"-0.5", b"inf")):
        with pytest.raises(CaseSetRefused, match="no such case, no finite number, or a second target"):
            words_read(wrong, texts=texts, words=str.split)
