"""A bad case file is refused with row, column and reason, and nothing of it stays."""

from __future__ import annotations

import time

import pytest

from explainers.models import Case, CaseSet
from studies.design.casefile import MAXIMUM_BYTES, case_file_read, schema_read
from studies.design.models import GroundTruth, StaffAction
from studies.design.services import case_file_import
from studies.errors import FileInvalid
from tests.design.scene import CASES, SCHEMA, case_csv

HEAD = b"case_id,size,shape,ground_truth\n"
GOOD = HEAD + b"a,1,2,benign\nb,1.5e0,-2,malignant\n"
# What is wrong: the file, line, place, part of the sentence.
BAD: dict[str, tuple[bytes, int, str, str]] = {
    "UTF-16": (GOOD.decode().encode("utf-16"), 1, "", "UTF-16"),
    "Latin-1": (HEAD + "a,1,2,béni".encode("latin-1"), 2, "", "UTF-8"),
    "a NUL": (HEAD + b"a,1,2,ben\x00ign", 2, "", "NUL"),
    "nothing": (b"", 0, "", "empty"),
    "blanks": (b"\n \n", 0, "", "empty"),
    "a header alone": (HEAD, 0, "", "no rows"),
    "semicolons": (GOOD.replace(b",", b";"), 1, "the header", "semicolons"),
    "a column twice": (b"case_id,size,size,shape,ground_truth\n", 1, "column size", "twice"),
    "a column without name": (b"case_id,size,,shape,ground_truth\n", 1, "column 3", "no name"),
    "an unknown column": (b"case_id,sise,shape,ground_truth\n", 1, "column sise", "Did you mean 'size'?"),
    "a missing column": (b"case_id,size,ground_truth\n", 1, "column shape", "lacks it"),
    "no truth": (b"case_id,size,shape\n", 1, "column ground_truth", "lacks it"),
    "a short row": (HEAD + b"a,1,2,benign\nb,1\n", 3, "row 2", "2 values, the header 4"),
    "a long row": (HEAD + b"a,1,2,benign,x\n", 2, "row 1", "5 values"),
    "an id twice": (HEAD + b"a,1,2,benign\na,1,2,benign\n", 3, "row 2, column case_id", "in row 1 already"),
    "an empty id": (HEAD + b",1,2,benign\n", 2, "row 1, column case_id", "no id"),
    "an odd id": (HEAD + b"<b>,1,2,benign\n", 2, "row 1, column case_id", "no id"),
    "a word": (HEAD + b"a,big,2,benign\n", 2, "row 1, column size", "no finite number"),
    "infinity": (HEAD + b"a,inf,2,benign\n", 2, "row 1, column size", "no finite number"),
    "not a number": (HEAD + b"a,1,NaN,benign\n", 2, "row 1, column shape", "no finite number"),
    "overflow": (HEAD + b"a,1e999,2,benign\n", 2, "row 1, column size", "too large"),
    "a decimal comma": (HEAD + b'a,"1,5",2,benign\n', 2, "row 1, column size", "a point, not a comma"),
    "hexadecimal": (HEAD + b"a,0x10,2,benign\n", 2, "row 1, column size", "no finite number"),
    "an underscore": (HEAD + b"a,1_000,2,benign\n", 2, "row 1, column size", "no finite number"),
    "Arabic digits": (HEAD + "a,\u0661,2,benign\n".encode(), 2, "row 1, column size", "no finite number"),
    "a missing value": (HEAD + b"a,,2,benign\n", 2, "row 1, column size", "missing"),
    "an unknown label": (HEAD + b"a,1,2,benine\n", 2, "row 1, column ground_truth", "Did you mean 'benign'?"),
    "a missing label": (HEAD + b"a,1,2,\n", 2, "row 1, column ground_truth", "missing"),
    "an open quote": (HEAD + b'a,"1,2,benign\n', 2, "", "no valid CSV"),
    "a formula": (HEAD + b"a,=1+1,2,benign\n", 2, "row 1, column size", "no finite number"),
    "a million columns": (b"x," * 1_000_000 + b"y\n", 1, "the header", "1,000,001 columns"),
    "too much": (b"x" * (MAXIMUM_BYTES + 1), 0, "", "larger than 50 MB"),
}


@pytest.mark.parametrize("name", BAD)
def test_it_names_row_column_and_reason_of(name: str) -> None:
    data, line, where, words = BAD[name]
    with pytest.raises(FileInvalid) as refused:
        case_file_read(data, schema=schema_read(SCHEMA))
    first = refused.value.faults[0]
    assert (first.line, first.where) == (line, where)
    assert words in first.message


@pytest.mark.django_db
@pytest.mark.parametrize("name", BAD)
def test_nothing_stays_of_a_file_with(name: str) -> None:
    with pytest.raises(FileInvalid):
        case_file_import(name="bad", csv=BAD[name][0], schema=SCHEMA)
    assert not CaseSet.objects.exists()
    assert not Case.objects.exists()
    assert not GroundTruth.objects.exists()


def test_it_collects_at_most_fifty_faults_and_stops_reading() -> None:
    data = HEAD + b"a,x,2,benign\n" * 100_000
    started = time.monotonic()
    with pytest.raises(FileInvalid) as refused:
        case_file_read(data, schema=schema_read(SCHEMA))
    assert len(refused.value.faults) == 50
    assert time.monotonic() - started < 2


def test_it_reports_every_fault_of_a_row() -> None:
    with pytest.raises(FileInvalid) as refused:
        case_file_read(HEAD + b"a,x,y,z\n", schema=schema_read(SCHEMA))
    assert [fault.where for fault in refused.value.faults] == [
        "row 1, column ground_truth",
        "row 1, column shape",
        "row 1, column size",
    ]


def test_a_quoted_line_break_does_not_shift_the_lines() -> None:
    data = HEAD + b'"a\nb",1,2,benign\nc,x,2,benign\n'
    with pytest.raises(FileInvalid) as refused:
        case_file_read(data, schema=schema_read(SCHEMA))
    assert [fault.line for fault in refused.value.faults] == [2, 4]


def test_a_byte_order_mark_and_windows_lines_are_read() -> None:
    found = case_file_read(b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n"), schema=schema_read(SCHEMA))
    assert found.rows[1] == {"key": "b", "inputs": {"size": 1.5, "shape": -2.0}}
    assert found.truth == {"a": "benign", "b": "malignant"}


BAD_SCHEMAS = {
    "no features": b"truth: {options: [a]}",
    "an unknown key": b"features: [{name: a}]\nfeatuers: 1",
    "an unknown key of the truth": b"features: [{name: a}]\ntruth: {colum: x}",
    "an unknown key of a feature": b"features: [{name: a, lable: x}]",
    "the same feature twice": b"features: [{name: a}, {name: a}]",
    "a range that is no number": b"features: [{name: a, low: cold}]",
    "a list": b"[1]",
    "an alias": b"features: [&a {name: a}, *a]",
}


@pytest.mark.parametrize("name", BAD_SCHEMAS)
def test_it_refuses_a_schema_with(name: str) -> None:
    with pytest.raises(FileInvalid):
        schema_read(BAD_SCHEMAS[name])


def test_a_schema_may_be_json() -> None:
    assert schema_read(b'{"features": [{"name": "a", "unit": "mm"}]}').features[0]["label"] == "a"


@pytest.mark.django_db
def test_inputs_and_truth_part_at_the_import() -> None:
    case_set = case_file_import(name="cells", csv=case_csv(), schema=SCHEMA)
    first = case_set.cases.get(key="c0")
    assert first.inputs == {"size": 0.0, "shape": 0.0}
    assert GroundTruth.objects.get(case=first).value == "benign"
    assert "benign" not in str([*CaseSet.objects.values(), *Case.objects.values()])


@pytest.mark.django_db
def test_the_same_file_again_changes_nothing() -> None:
    first = case_file_import(name="cells", csv=case_csv(), schema=SCHEMA)
    assert case_file_import(name="cells", csv=case_csv(), schema=SCHEMA) == first
    assert (Case.objects.count(), GroundTruth.objects.count()) == (CASES, CASES)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "other", [case_csv(CASES - 1), case_csv().replace(b"c0,0.0,0,benign", b"c0,0.0,0,malignant")]
)
def test_other_content_under_a_name_that_is_taken_is_refused(other: bytes) -> None:
    case_file_import(name="cells", csv=case_csv(), schema=SCHEMA)
    with pytest.raises(FileInvalid):
        case_file_import(name="cells", csv=other, schema=SCHEMA)
    assert GroundTruth.objects.filter(value="benign").count() == CASES // 2


@pytest.mark.django_db
def test_the_import_leaves_a_line_in_the_audit_trail() -> None:
    case_file_import(name="cells", csv=case_csv(), schema=SCHEMA)
    assert StaffAction.objects.get().detail == {"name": "cells", "rows": CASES}


def test_a_schema_says_what_may_leave_with_a_dataset() -> None:
    assert schema_read(SCHEMA, name="s").export_rule == ""
    assert schema_read(SCHEMA + b"export: results_only\n", name="s").export_rule == "results_only"
    with pytest.raises(FileInvalid, match="says nothing of what may leave"):
        schema_read(SCHEMA + b"export: [everything]\n", name="s")
    with pytest.raises(
        FileInvalid, match="'nothing' says nothing of what may leave: write everything or results_only"
    ):
        schema_read(SCHEMA + b"export: nothing\n", name="s")


@pytest.mark.django_db
def test_the_rule_of_what_may_leave_stays_with_the_case_set_and_is_part_of_its_identity() -> None:
    plain = case_file_import(name="one", csv=case_csv(), schema=SCHEMA)
    kept = case_file_import(name="two", csv=case_csv(), schema=SCHEMA + b"export: results_only\n")
    assert (plain.export_rule, kept.export_rule) == ("", "results_only")
    with pytest.raises(FileInvalid, match="another case set called"):
        case_file_import(name="one", csv=case_csv(), schema=SCHEMA + b"export: results_only\n")
