"""Pictures of a set of cases, from PNG, JPEG or DICOM files to bare pixels, with what had to be taken out of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explainers.core.cases.dicom import dicom_read, is_dicom
from explainers.core.cases.parts import read_part
from explainers.core.digest import sha256_hex
from explainers.core.pictures import pictures_clean

View = tuple[str, bytes, int, int]


@dataclass(frozen=True)
class Cleaned:
    """
    A picture that was taken, or the reason why it was not.

    Parameters
    ----------
    views : tuple
        (label, PNG, height, width); a DICOM file has one for each window.
    notes : tuple of str
        What was taken out, and what somebody has to look at.
    problem : str
        In words; empty if there is none.
    """

    views: tuple[View, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""


def files_clean(
    files: Mapping[str, bytes], *, windows: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Cleaned]:
    """
    Clean pictures of any kind that is taken.

    Parameters
    ----------
    files : Mapping
        Name to bytes.
    windows : Mapping
        Name to the windows through which a DICOM file is drawn; names that are missing have none.

    Returns
    -------
    dict
        Name to `Cleaned`; a problem in one does not touch the others.

    Examples
    --------
    >>> files_clean({"a.gif": b"GIF89a"}, windows={})["a.gif"].problem
    'only PNG and JPEG pictures are taken, this is a GIF'
    """
    plain = pictures_clean({name: data for name, data in files.items() if not is_dicom(data)})
    found = {
        name: Cleaned(problem=picture.problem)
        if picture.problem
        else Cleaned((("", picture.png, picture.height, picture.width),))
        for name, picture in plain.items()
    }
    for name, data in files.items():
        if name not in found:
            dicom = dicom_read(data, windows=windows.get(name, ()))
            removed = [f"identifiers were taken out: {', '.join(dicom.removed)}"] if dicom.removed else []
            found[name] = Cleaned(dicom.views, (*removed, *dicom.warnings), dicom.problem)
    return found


def parts_read(
    rows: Sequence[dict[str, Any]],
    named: Sequence[Mapping[str, str]],
    *,
    parts: Sequence[Mapping[str, Any]],
    files: Mapping[str, bytes],
) -> list[str]:
    """
    Read the further parts of every row into `row["parts"]`; pictures are still named by their file.

    Parameters
    ----------
    rows : Sequence of dict
        With `key` and `line`.
    named : Sequence of Mapping
        Column to value of each row.
    parts : Sequence of Mapping
        As `check_parts` gives them.
    files : Mapping
        Name to bytes.

    Returns
    -------
    list of str
        Faults, each with row and column.
    """
    faults = []
    for row, values in zip(rows, named, strict=True):
        row["parts"] = {}
        for part in parts:
            found, wrong = read_part(part, values, files=files)
            faults += [f"row {row['line']} ({row['key'][:80]}), {fault}" for fault in wrong]
            if found is not None:
                row["parts"][part["name"]] = found
    return faults


def pictures_put_in(
    rows: Sequence[dict[str, Any]], *, parts: Sequence[Mapping[str, Any]], files: Mapping[str, bytes]
) -> tuple[dict[str, bytes], list[str], list[str]]:
    """
    Clean the pictures that parts name and put their views in the place of the names.

    Parameters
    ----------
    rows : Sequence of dict
        After `parts_read` without faults.
    parts : Sequence of Mapping
        As `check_parts` gives them.
    files : Mapping
        Name to bytes.

    Returns
    -------
    tuple
        Digest to PNG, notes, and faults with row and column.
    """
    pictures: dict[str, bytes] = {}
    notes: dict[str, None] = {}
    faults = []
    for part in (part for part in parts if part["kind"] == "picture"):
        having = [row for row in rows if part["name"] in row["parts"]]
        wanted = dict.fromkeys(row["parts"][part["name"]]["file"] for row in having)
        cleaned = files_clean(
            {name: files[name] for name in wanted}, windows=dict.fromkeys(wanted, part["windows"])
        )
        for row in having:
            found = row["parts"][part["name"]]
            name = found.pop("file")
            where = f"row {row['line']} ({row['key'][:80]}), column {part['name']}, {name!r:.80}"
            if cleaned[name].problem:
                faults.append(f"{where}: {cleaned[name].problem}")
            notes |= dict.fromkeys(f"{where}: {note}" for note in cleaned[name].notes)
            found["views"] = [
                {"label": label, "digest": sha256_hex(png), "width": width, "height": height}
                for label, png, height, width in cleaned[name].views
            ]
            pictures |= {sha256_hex(png): png for _, png, _, _ in cleaned[name].views}
    return pictures, list(notes), faults
