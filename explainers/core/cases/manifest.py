"""Sets of pictures and texts as labs bring them: a manifest (CSV) and files, or one .npz; all or nothing."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explainers.core.archive import npz_read
from explainers.core.cases.partfiles import files_clean, parts_read, pictures_put_in
from explainers.core.cases.parts import columns_of
from explainers.core.cases.schema import (
    check_rows,
    check_text,
    complete_schema,
    is_number,
    refuse_faults,
    schema_modality,
)
from explainers.core.digest import sha256_hex
from explainers.core.errors import CaseSetRefused
from explainers.core.pictures import MAXIMUM_PIXELS
from explainers.core.png import png_encode

MAXIMUM_BYTES = 50_000_000
MAXIMUM_COLUMNS = 1_000
MAXIMUM_ROWS = 200_000
ID, FILE, TEXT = "case_id", "file", "text"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class CaseContent:
    """
    A set of cases that passed every check.

    Parameters
    ----------
    schema : dict
        Complete.
    rows : list of dict
        `{"key", "inputs"}`, and `parts` where the schema has parts; a picture is named by its digest.
    pictures : dict
        Digest to PNG bytes without metadata.
    apart : dict
        Column to (key to value) of the columns that were asked for apart, such as the truth; never among the
        inputs.
    notes : list of str
        What was taken out of DICOM files, and what somebody has to look at, each with its row.
    """

    schema: dict[str, Any]
    rows: list[dict[str, Any]]
    pictures: dict[str, bytes] = field(default_factory=dict)
    apart: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def case_set_read(
    manifest: bytes,
    *,
    schema: Mapping[str, Any],
    files: Mapping[str, bytes] | None = None,
    apart: Sequence[str] = (),
) -> CaseContent:
    """
    Read a manifest and the files that it names.

    Parameters
    ----------
    manifest : bytes
        CSV in UTF-8 with a header: `case_id`; `file` for pictures; `text` or `file` (a .txt in UTF-8) for texts; a
        column per feature of the schema; the columns of its parts (`columns_of`); the columns of `apart`; nothing else.
    schema : Mapping
        As for `complete_schema`.
    files : Mapping or None
        Name to bytes, as `archive_read` gives them.
    apart : Sequence of str
        Columns that are returned apart from the inputs.

    Returns
    -------
    CaseContent
        The cases.

    Raises
    ------
    CaseSetRefused
        Naming row and column of up to ten faults; then nothing of the set is taken.
    """
    complete = complete_schema(schema)
    modality, files = schema_modality(complete), files or {}
    header, table = csv_read(manifest)
    columns = _columns(header, schema=complete, apart=apart)
    faults: list[str] = []
    rows = []
    parts = complete.get("parts", [])
    by_name = [dict(zip(header, record, strict=True)) for _, record in table]
    for (line, _), named in zip(table, by_name, strict=True):
        inputs, found = _numbers(named, names=[feature["name"] for feature in complete["features"]])
        if modality == "text":
            inputs[TEXT], fault = _text(named, files=files, column=columns)
            found += [fault] if fault else []
        elif modality == "image" and named[FILE] not in files:
            found.append(f"column {FILE}: there is no file {named[FILE]!r:.80}")
        faults += [f"row {line} ({named[ID][:80]}), {each}" for each in found]
        rows.append({"key": named[ID], "inputs": inputs, "line": line, FILE: named.get(FILE, "")})
    faults += parts_read(rows, by_name, parts=parts, files=files) if parts else []
    refuse_faults(faults)
    if files:
        named_files = {named.get(column, "") for named in by_name for column in _file_columns(parts)}
        surplus = sorted(set(files) - named_files)
        refuse_faults([f"the file {name!r:.80} is named by no row" for name in surplus])
    pictures, notes = _pictures(rows, files=files) if modality == "image" else ({}, [])
    more, found_notes, faults = pictures_put_in(rows, parts=parts, files=files)
    refuse_faults(faults)
    checked = check_rows(
        [{"key": row["key"], "inputs": row["inputs"]} for row in rows],
        features=complete["features"],
        modality=modality,
    )
    if parts:
        checked = [{**row, "parts": read["parts"]} for row, read in zip(checked, rows, strict=True)]
    values = {name: {named[ID]: named[name] for named in by_name} for name in apart}
    return CaseContent(complete, checked, pictures | more, values, [*notes, *found_notes])


def _file_columns(parts: Sequence[Mapping[str, Any]]) -> list[str]:
    return [FILE, *(part["name"] for part in parts if part["kind"] != "panel")]


def _pictures(
    rows: Sequence[dict[str, Any]], *, files: Mapping[str, bytes]
) -> tuple[dict[str, bytes], list[str]]:
    cleaned = files_clean(
        {name: files[name] for name in dict.fromkeys(row[FILE] for row in rows)}, windows={}
    )
    refuse_faults(
        [
            f"row {row['line']} ({row['key'][:80]}), column {FILE}, {row[FILE]!r:.80}: {cleaned[row[FILE]].problem}"
            for row in rows
            if cleaned[row[FILE]].problem
        ]
    )
    pngs = {name: picture.views[0][1] for name, picture in cleaned.items()}
    digests = {name: sha256_hex(png) for name, png in pngs.items()}
    notes = []
    for row in rows:
        row["inputs"]["image"] = digests[row[FILE]]
        notes += [
            f"row {row['line']} ({row['key'][:80]}), column {FILE}: {n}" for n in cleaned[row[FILE]].notes
        ]
    return {digests[name]: png for name, png in pngs.items()}, notes


def case_set_from_npz(data: bytes, *, schema: Mapping[str, Any]) -> CaseContent:
    """
    Read pictures that are arrays already.

    Parameters
    ----------
    data : bytes
        An .npz file with `case_id` (n texts), `images` (uint8, (n, height, width) or (n, height, width, 1 or 3)) and
        an array of n numbers per feature of the schema.
    schema : Mapping
        Of pictures, as for `complete_schema`.

    Returns
    -------
    CaseContent
        The cases.

    Raises
    ------
    CaseSetRefused
        Naming the array or the row at fault.
    """
    complete = complete_schema(schema)
    arrays = npz_read(data)
    names = [feature["name"] for feature in complete["features"]]
    if schema_modality(complete) != "image" or set(arrays) != {ID, "images", *names}:
        raise CaseSetRefused(
            f"The .npz file needs the arrays {', '.join([ID, 'images', *names])} and no other, for a set of pictures."
        )
    keys, images = arrays[ID], arrays["images"]
    if keys.ndim != 1 or keys.dtype.kind != "U" or any(len(array) != len(keys) for array in arrays.values()):
        raise CaseSetRefused(f"The array {ID} holds one text per case, and every array is as long.")
    if (
        images.dtype != np.uint8
        or images.ndim not in (3, 4)
        or (images.ndim == 4 and images.shape[3] not in (1, 3))
        or not 0 < images[:1].size <= 3 * MAXIMUM_PIXELS
    ):
        raise CaseSetRefused(
            "The array images holds 8-bit pictures (n, height, width) or (n, height, width, 1 or 3), not "
            f"{images.dtype} {images.shape}."
        )
    if any(arrays[name].ndim != 1 or arrays[name].dtype.kind not in "iuf" for name in names):
        raise CaseSetRefused("The array of a feature holds one number per case.")
    files = [png_encode(image) for image in images]
    rows = [
        {
            "key": str(key),
            "inputs": {
                **{name: float(arrays[name][place]) for name in names},
                "image": sha256_hex(files[place]),
            },
        }
        for place, key in enumerate(keys)
    ]
    checked = check_rows(rows, features=complete["features"], modality="image")
    return CaseContent(complete, checked, {sha256_hex(file): file for file in files})


def csv_read(data: bytes, *, needed: str = ID) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """
    Read a CSV file strictly.

    Parameters
    ----------
    data : bytes
        UTF-8, with or without byte order mark.
    needed : str
        A column that has to be there.

    Returns
    -------
    tuple
        The header, and (number of the row from 1, values) of every row; blank lines are left out.

    Raises
    ------
    CaseSetRefused
        If it is not UTF-8, holds NUL, is too large, or has clashing, missing or ragged columns.
    """
    if len(data) > MAXIMUM_BYTES:
        raise CaseSetRefused(f"The file has {len(data)} bytes; at most {MAXIMUM_BYTES} are taken.")
    if data.startswith(_UTF16):
        raise CaseSetRefused("The file is written in UTF-16; save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise CaseSetRefused(f"Line {line} of the file is not UTF-8; save it as UTF-8.") from error
    if "\x00" in text:
        raise CaseSetRefused(f"Line {text[: text.index(chr(0))].count(chr(10)) + 1} of the file holds a NUL.")
    try:
        records = [record for record in csv.reader(io.StringIO(text, newline=""), strict=True) if record]
    except csv.Error as error:
        raise CaseSetRefused(f"The file is not a CSV: {error}.") from error
    header = records[0] if records else []
    if needed not in header or len(set(header)) != len(header) or not all(header):
        raise CaseSetRefused(
            f"The header of the file needs the column {needed} and a name of its own for every column, not "
            f"{', '.join(header)[:200]!r}."
        )
    if len(header) > MAXIMUM_COLUMNS or len(records) - 1 > MAXIMUM_ROWS:
        raise CaseSetRefused(f"The file has more than {MAXIMUM_COLUMNS} columns or {MAXIMUM_ROWS} rows.")
    rows = list(enumerate(records[1:], start=1))
    refuse_faults(
        [
            f"row {number} has {len(record)} values, the header has {len(header)}"
            for number, record in rows
            if len(record) != len(header)
        ]
    )
    return header, rows


def _columns(header: Sequence[str], *, schema: Mapping[str, Any], apart: Sequence[str]) -> str:
    modality = schema_modality(schema)
    names = [feature["name"] for feature in schema["features"]]
    content = {"tabular": "", "image": FILE, "text": TEXT if TEXT in header else FILE}[modality]
    further = [column for part in schema.get("parts", []) for column in columns_of(part)]
    wanted = {ID, *names, *further, *apart} | ({content} if content else set())
    missing, surplus = sorted(wanted - set(header)), sorted(set(header) - wanted)
    if missing or surplus:
        raise CaseSetRefused(
            f"The columns are not those of the schema: missing {', '.join(missing)[:200] or 'none'}; "
            f"unexpected {', '.join(surplus)[:200] or 'none'}."
        )
    return content


def _numbers(named: Mapping[str, str], *, names: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    inputs: dict[str, Any] = {}
    faults = []
    for name in names:
        try:
            inputs[name] = float(named[name])
        except ValueError:
            inputs[name] = None
        if not is_number(inputs[name]) or "_" in named[name]:
            faults.append(f"column {name}: {named[name]!r:.60} is not a finite number")
    return inputs, faults


def _text(named: Mapping[str, str], *, files: Mapping[str, bytes], column: str) -> tuple[str, str]:
    value = named[column]
    if column == FILE:
        if value not in files:
            return "", f"column {FILE}: there is no file {value!r:.80}"
        try:
            value = files[value].decode("utf-8-sig")
        except UnicodeDecodeError:
            return "", f"column {FILE}, {value!r:.80}: the file is not UTF-8"
    fault = check_text(value)
    return value, f"column {column}: {fault}" if fault else ""
