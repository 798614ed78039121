"""Reads a case file whose cases have pictures, texts or further parts, with the files beside it; stores nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from explainers.core.archive import archive_read, folder_read
from explainers.core.cases.manifest import CaseContent, case_set_read
from explainers.core.errors import CaseSetRefused
from studies.design.casecolumns import original_faults
from studies.design.casefile import MAXIMUM_TEXT, CaseFile, CaseSchema
from studies.design.maskfiles import masks_apart, masks_read
from studies.design.schemafaults import did_you_mean
from studies.errors import Fault, FileInvalid

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")
ID = "case_id"


def composite_file_read(
    data: bytes, *, schema: CaseSchema, files: Mapping[str, bytes], name: str = "cases.csv"
) -> CaseFile:
    """Read a manifest and the files that it names; ``FileInvalid`` says row and column of what is wrong."""
    if schema.id_column != ID:
        raise FileInvalid(
            name, [Fault(1, "the header", f"The id of cases with files stands in the column {ID}.")]
        )
    try:
        apart = [schema.truth_column, *schema.further.names]
        pictures, masks = masks_apart(data, columns=schema.further.masks, files=files)
        found = case_set_read(data, schema=schema.content, files=pictures, apart=apart)
    except CaseSetRefused as error:
        raise FileInvalid(name, [Fault(0, "", str(error))]) from error
    truth = found.apart[schema.truth_column]
    faults = [
        *_faults(found, truth, schema),
        *masks_read(found, columns=schema.further.masks, files=masks),
    ]
    if faults:
        raise FileInvalid(name, faults)
    further = {row["key"]: schema.further.read(_further(found, row["key"], schema)) for row in found.rows}
    faults += original_faults(further, lines={row["key"]: n for n, row in enumerate(found.rows, start=2)})
    if faults:
        raise FileInvalid(name, faults)
    return CaseFile(schema, found.rows, truth, further, found.pictures, tuple(found.notes))


def files_read(archive: bytes, *, name: str = "files.zip") -> dict[str, bytes]:
    """Read the files of a zip archive by name; ``FileInvalid`` says why it was not taken."""
    try:
        return archive_read(archive)
    except CaseSetRefused as error:
        raise FileInvalid(name, [Fault(0, "", str(error))]) from error


def files_beside(path: Path) -> dict[str, bytes]:
    """Read the files of a zip archive or of a folder; ``FileInvalid`` says why they were not taken."""
    try:
        return folder_read(path) if path.is_dir() else archive_read(path.read_bytes())
    except CaseSetRefused as error:
        raise FileInvalid(path.name, [Fault(0, "", str(error))]) from error
    except OSError as error:
        raise FileInvalid(path.name, [Fault(0, "", f"It cannot be read: {error.strerror}.")]) from error


def _further(found: CaseContent, key: str, schema: CaseSchema) -> dict[str, str]:
    return {column: found.apart[column][key] for column in schema.further.names}


def _faults(found: CaseContent, truth: Mapping[str, str], schema: CaseSchema) -> Iterator[Fault]:
    for number, row in enumerate(found.rows, start=1):
        key, value = row["key"], truth[row["key"]]
        if not _KEY.fullmatch(key):
            yield Fault(
                0, f"row {number}, column {ID}", f"{key!r:.50} is no id: letters, digits and . _ : - are one."
            )
        if not 0 < len(value) <= MAXIMUM_TEXT:
            yield Fault(
                0,
                f"row {number}, column {schema.truth_column}",
                "The reference answer is missing or too long.",
            )
        elif schema.options and value not in schema.options:
            yield Fault(
                0,
                f"row {number}, column {schema.truth_column}",
                f"{value!r:.50} is not one of the options.{did_you_mean(value, schema.options)}",
            )
        for column, fault in schema.further.faults(_further(found, key, schema)):
            if fault:
                yield Fault(0, f"row {number}, column {column}", fault)
