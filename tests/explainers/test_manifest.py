"""Sets of pictures and texts come in whole or not at all; every fault names its row and column."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explainers.core.cases import complete_schema
from explainers.core.cases.manifest import case_set_from_npz, case_set_read, csv_read
from explainers.core.digest import sha256_hex
from explainers.core.errors import CaseSetRefused
from explainers.core.png import png_decode, png_encode

PICTURES = {"modality": "image", "label": "Photograph", "features": [{"name": "age", "unit": "years"}]}
TEXTS = {"modality": "text", "label": "Report"}
ONE, TWO = (np.full((4, 5, 3), value, dtype=np.uint8) for value in (10, 200))
FILES = {"p/one.png": png_encode(ONE), "p/two.png": png_encode(TWO)}
MANIFEST = b"case_id,file,age,truth\nr1,p/one.png,40,well\nr2,p/two.png,71.5,ill\n"


@pytest.mark.heavy
def test_pictures_come_in_by_a_manifest_and_the_truth_stays_apart() -> None:
    found = case_set_read(MANIFEST, schema=PICTURES, files=FILES, apart=["truth"])
    assert [row["key"] for row in found.rows] == ["r1", "r2"]
    assert found.apart == {"truth": {"r1": "well", "r2": "ill"}}
    for row, pixels, age in zip(found.rows, (ONE, TWO), (40.0, 71.5), strict=True):
        assert set(row["inputs"]) == {"image", "age"}
        assert row["inputs"]["age"] == age
        np.testing.assert_array_equal(png_decode(found.pictures[row["inputs"]["image"]]), pixels)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("manifest", "files", "message"),
    [
        (
            b"case_id,file,age,truth\nr1,p/no.png,1,x\n",
            FILES,
            r"row 1 \(r1\), column file: there is no file 'p/no",
        ),
        (b"case_id,file,age,truth\nr1,p/one.png,old,x\n", FILES, r"row 1 \(r1\), column age: 'old' is not a"),
        (b"case_id,file,age,truth\nr1,p/one.png,nan,x\n", FILES, "'nan' is not a finite number"),
        (b"case_id,file,age,truth\nr1,p/one.png,1_0,x\n", FILES, "'1_0' is not a finite number"),
        (MANIFEST.replace(b"r2", b"r1"), FILES, "row 2: the key 'r1' is empty, too long or used twice"),
        (MANIFEST[:44], FILES, "'p/two.png' is named by no row"),
        (b"case_id,file,truth\nr1,p/one.png,x\n", FILES, "missing age; unexpected none"),
        (MANIFEST.replace(b"age", b"age,bmi", 1), FILES, "row 1 has 4 values, the header has 5"),
        (
            MANIFEST,
            {**FILES, "p/two.png": b"GIF89a"},
            r"row 2 \(r2\), column file, 'p/two.png': only PNG.* a GIF",
        ),
        (MANIFEST, {**FILES, "p/two.png": FILES["p/two.png"][:45]}, r"row 2 \(r2\).*could not be read"),
        (b"case_id,file,age,truth\n", {}, "there are no rows"),
    ],
)
def test_a_faulty_set_of_pictures_is_refused_with_row_and_column(
    manifest: bytes, files: dict[str, bytes], message: str
) -> None:
    with pytest.raises(CaseSetRefused, match=message):
        case_set_read(manifest, schema=PICTURES, files=files, apart=["truth"])


def test_texts_come_in_to_the_character() -> None:
    text = 'No  bleeding,\r\n"seen"; 🙂 e\u0301'
    quoted = text.replace('"', '""')
    found = case_set_read(f'case_id,text\nr1,"{quoted}"\n'.encode(), schema=TEXTS)
    assert found.rows == [{"key": "r1", "inputs": {"text": text}}]
    from_file = case_set_read(b"case_id,file\nr1,a.txt\n", schema=TEXTS, files={"a.txt": text.encode()})
    assert from_file.rows == found.rows


@pytest.mark.parametrize(
    ("manifest", "files", "message"),
    [
        (b"case_id,text\nr1,\n", {}, r"row 1 \(r1\), column text: there is no text"),
        (b"case_id,text\nr1,a\x07\n", {}, "character 2 is a control character"),
        (b"case_id,text\nr1," + b"a" * 20_001 + b"\n", {}, "20001 characters, at most 20000"),
        (b"case_id,file\nr1,a.txt\n", {"a.txt": b"\xff\xfea"}, "'a.txt': the file is not UTF-8"),
        (b"case_id,file\nr1,b.txt\n", {"a.txt": b"a"}, "there is no file 'b.txt'"),
    ],
)
def test_a_faulty_text_is_refused(manifest: bytes, files: dict[str, bytes], message: str) -> None:
    with pytest.raises(CaseSetRefused, match=message):
        case_set_read(manifest, schema=TEXTS, files=files)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "needs the column case_id"),
        (b"id,text\n1,a\n", "needs the column case_id"),
        (b"case_id,text,text\n1,a,b\n", "a name of its own"),
        (b"case_id,,text\n1,a,b\n", "a name of its own"),
        ("case_id,text\n1,ä\n".encode("utf-16"), "UTF-16"),
        ("case_id,text\n1,ä\n".encode("latin-1"), "Line 2 of the file is not UTF-8"),
        (b"case_id,text\n1,a\x00b\n", "Line 2 of the file holds a NUL"),
        (b'case_id,text\n1,"a\n', "not a CSV"),
        (b"case_id,text\n1\n2,a,b\n", "row 1 has 1 values.*; row 2 has 3 values"),
        (b"case_id," + b",".join(b"c%d" % n for n in range(5000)) + b"\n", "more than 1000 columns"),
    ],
)
def test_what_is_no_csv_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CaseSetRefused, match=message):
        csv_read(data)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert csv_read("\ufeffcase_id,text\n1,ä\n".encode())[1] == [(1, ["1", "ä"])]


def test_faults_are_listed_together_up_to_ten() -> None:
    manifest = "case_id,text\n" + "".join(f"r{n},\n" for n in range(12))
    with pytest.raises(CaseSetRefused) as refusal:
        case_set_read(manifest.encode(), schema=TEXTS)
    assert str(refusal.value).count("column text") == 10
    assert str(refusal.value).endswith("and 2 more.")


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def test_pictures_come_in_as_arrays() -> None:
    found = case_set_from_npz(
        npz(case_id=np.array(["r1", "r2"]), images=np.stack([ONE, TWO]), age=np.array([40, 71.5])),
        schema=PICTURES,
    )
    np.testing.assert_array_equal(png_decode(found.pictures[found.rows[1]["inputs"]["image"]]), TWO)
    assert found.rows[1]["inputs"]["age"] == 71.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": np.zeros((2, 4, 5, 3))}, "not float64"),
        ({"images": np.zeros((2, 4, 5, 2), dtype=np.uint8)}, "8-bit pictures"),
        ({"images": np.zeros((3, 4, 5), dtype=np.uint8)}, "every array is as long"),
        ({"age": np.array(["a", "b"])}, "one number per case"),
        ({"age": np.array([1, np.inf])}, r"row 2 \(r2\), feature age"),
        ({"case_id": np.array(["r1", "r1"])}, "used twice"),
        ({"more": np.zeros(2)}, "and no other"),
    ],
)
def test_faulty_arrays_are_refused(changes: dict[str, Any], message: str) -> None:
    arrays: dict[str, Any] = {
        "case_id": np.array(["r1", "r2"]),
        "images": np.stack([ONE, TWO]),
        "age": np.ones(2),
    }
    with pytest.raises(CaseSetRefused, match=message):
        case_set_from_npz(npz(**{**arrays, **changes}), schema=PICTURES)


@pytest.mark.parametrize(
    "schema",
    [
        {"modality": "audio", "label": "Heart sound"},
        {"modality": "image"},
        {"modality": "image", "label": ""},
        {"modality": "image", "label": "Photo", "size": 3},
        {"modality": "text", "label": "Report", "features": [{"name": "text"}]},
    ],
)
def test_a_faulty_schema_of_pictures_or_texts_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(CaseSetRefused):
        complete_schema(schema)


@pytest.mark.django_db
def test_a_set_of_pictures_is_frozen_with_its_pictures(store_folder: Path) -> None:
    from explainers.services import case_set_import

    digests = [sha256_hex(png) for png in FILES.values()]
    rows = [{"key": f"r{n}", "inputs": {"image": digest, "age": 4.0}} for n, digest in enumerate(digests)]
    pictures = dict(zip(digests, FILES.values(), strict=True))
    with pytest.raises(CaseSetRefused, match="name 2 pictures and 1 came"):
        case_set_import(name="photos", schema=PICTURES, rows=rows, pictures=dict([*pictures.items()][:1]))
    assert not store_folder.exists()
    found = case_set_import(name="photos", schema=PICTURES, rows=rows, pictures=pictures)
    assert found.schema["modality"] == "image"
    assert sorted(path.name for path in store_folder.glob("??/*")) == sorted(digests)
    assert case_set_import(name="photos", schema=PICTURES, rows=rows, pictures=pictures) == found
