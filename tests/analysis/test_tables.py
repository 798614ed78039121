"""Tables are what the schema says, or everything wrong with them is said."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.core.dataset import DatasetError, read_dataset, read_table
from analysis.core.schema import TABLES, TableInvalidError, codebook, validate
from tests.analysis.simulate import write_dataset


@pytest.mark.parametrize("name", ["trials", "participants", "scales"])
def test_simulated_tables_are_valid(name: str, tables: dict[str, Any]) -> None:
    assert validate(tables[name], name) == []


def test_every_fault_names_its_first_row(tables: dict[str, Any]) -> None:
    trials = tables["trials"].copy()
    trials["confidence"] = trials["confidence"].astype(object)
    trials.loc[trials.index[4], "confidence"] = 71
    trials["status"] = trials["status"].where(trials.index != 9, "lost")
    said = {(fault.column, fault.what, fault.first_row) for fault in validate(trials)}
    assert ("confidence", "value too high", 5) in said
    assert ("status", "value is not a level", 10) in said


def test_missing_and_unknown_columns_are_faults(tables: dict[str, Any]) -> None:
    faults = validate(tables["trials"].drop(columns="rt_ms").assign(mood="good", factor_dose="high"))
    assert {(fault.column, fault.what) for fault in faults} == {
        ("rt_ms", "column is missing"),
        ("mood", "column is unknown"),
    }


def test_a_repeated_row_is_a_fault(tables: dict[str, Any]) -> None:
    twice = pd.concat([tables["trials"], tables["trials"].iloc[[3]]], ignore_index=True)
    assert [fault.what for fault in validate(twice)] == ["row is there twice"]


def test_a_missing_value_is_a_fault_only_where_it_must_be_there(tables: dict[str, Any]) -> None:
    trials = tables["trials"].assign(case_id=None, ai_confidence=None)
    assert [fault.column for fault in validate(trials)] == ["case_id"]


def test_text_is_not_taken_for_a_number() -> None:
    table = pd.DataFrame({"rt_ms": ["350", "fast", "inf"], "is_practice": ["true", "yes", "false"]})
    said = [(fault.column, fault.got, fault.first_row) for fault in validate(table, partial=True)]
    assert ("rt_ms", "fast", 2) in said
    assert ("is_practice", "yes", 2) in said


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_reads_back_as_it_was_written(kind: str, tables: dict[str, Any], tmp_path: Path) -> None:
    folder = write_dataset(tables, tmp_path / "d", kind=kind)
    found = read_table(folder / f"trials.{kind}")
    for column in ("correct", "response", "rt_ms", "is_practice", "participant_id"):
        before, after = tables["trials"][column], found[column]
        assert [None if pd.isna(x) else x for x in after] == [None if pd.isna(x) else x for x in before]


def test_faults_of_all_tables_come_together(dataset: Path) -> None:
    for name, column in (("trials", "rt_ms"), ("scales", "value")):
        path = dataset / f"{name}.csv"
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table.loc[0, column] = "x"
        table.to_csv(path, index=False)
    with pytest.raises(TableInvalidError) as caught:
        read_dataset(dataset)
    assert {fault.table for fault in caught.value.faults} == {"trials", "scales"}


def test_a_file_that_the_manifest_does_not_know_is_refused(dataset: Path) -> None:
    (dataset / "manifest.json").write_text(json.dumps({"files": {"trials.csv": {"sha256": "0" * 64}}}))
    with pytest.raises(DatasetError, match=r"trials.csv: not the file\(s\) that manifest.json names"):
        read_dataset(dataset)


def test_siblings_are_used_when_the_table_is_named_by_its_file(dataset: Path) -> None:
    found = read_dataset(dataset / "trials.csv")
    assert found.participants is not None
    assert found.allocation is not None
    assert sorted(found.files) == ["allocation.json", "participants.csv", "scales.csv", "trials.csv"]


def test_no_table_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no table of trials"):
        read_dataset(tmp_path)


def test_the_codebook_explains_every_column() -> None:
    rows = codebook()
    assert len(rows) == sum(len(table.columns) for table in TABLES.values())
    assert all(row["meaning"] for row in rows)
    assert all(row["unit"] == "ms" for row in rows if row["column"].endswith("_ms"))
    assert all(row["unit"] == "s" for row in rows if row["column"].endswith("_s"))
