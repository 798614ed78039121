"""B13: a spreadsheet shows every text of an export and carries none out; numbers and Parquet stay as they are."""

import csv
from pathlib import Path

import pyarrow.parquet as parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.core.schema import Column, Table
from studies.export.csvsafe import plain_text, safe_text
from studies.export.files import write_table

DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    " =1",
    "\u3000=1",
]
TABLE = Table(
    "sheet",
    "a table with a header as dangerous as its values",
    (
        Column("=cmd|' /C calc'!A0", "text", "", ""),
        Column("n", "number", "", ""),
        Column("i", "integer", "", ""),
    ),
    ("n",),
)
HEADER = TABLE.columns[0].name


def rows_of(folder: Path) -> list[list[str]]:
    with (folder / "sheet.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_text_that_a_spreadsheet_would_carry_out_gets_a_guard(text: str) -> None:
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["benign", "a=b", "3 - 2", "", "x@y.org", "O'Brien"])
def test_a_harmless_text_is_left_as_it_is(text: str) -> None:
    assert safe_text(text) == text


@given(st.text())
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert plain_text(safe_text(text)) == text


@given(st.text())
def test_no_safe_text_begins_as_a_formula(text: str) -> None:
    assert (
        not safe_text(text)
        .lstrip(" \u00a0\u3000\ufeff")
        .startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
    )


def test_numbers_stay_numbers_beside_guarded_text(tmp_path: Path) -> None:
    write_table(TABLE, rows=[{HEADER: "=1+1", "n": -3.0, "i": -3}], folder=tmp_path)
    assert rows_of(tmp_path) == [["'" + HEADER, "n", "i"], ["'=1+1", "-3.0", "-3"]]


def test_parquet_holds_every_text_byte_for_byte(tmp_path: Path) -> None:
    texts = [*DANGEROUS, "\u05e9\u05dc\u05d5\u05dd", "e\u0301", "\U0001f9ec", "x" * 10_000, 'a,b"c\nd']
    write_table(TABLE, rows=[{HEADER: text, "n": 0.1, "i": 1} for text in texts], folder=tmp_path)
    assert parquet.read_table(tmp_path / "sheet.parquet").column(HEADER).to_pylist() == texts
    assert [plain_text(row[0]) for row in rows_of(tmp_path)[1:]] == texts


def test_missing_is_empty_in_csv_and_null_in_parquet(tmp_path: Path) -> None:
    write_table(TABLE, rows=[{HEADER: None, "n": None, "i": None}], folder=tmp_path)
    assert rows_of(tmp_path)[1] == ["", "", ""]
    assert parquet.read_table(tmp_path / "sheet.parquet").to_pylist() == [
        {HEADER: None, "n": None, "i": None}
    ]
